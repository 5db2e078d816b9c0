"""What somebody changed by hand in the servers and in the cluster."""

import json
from typing import Any

import pytest

from ops import drift
from ops.drift.difference import Repair
from ops.drift.repair import repair
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import CLUSTER, KUBECONFIG, NOWHERE
from tests.scram import ANOTHERS_VERIFIER, PASSWORD, VERIFIER

K3D = "pulumi-python:local:K3dCluster"
DEV = Stack("dev", "local", folder=NOWHERE)


def said(host: FakeHost) -> list[str]:
    return [str(one) for one in drift.differences(host, host.stack)]


ROLE: dict[str, Any] = {"container": "db", "role": "auth", "password": PASSWORD}
OWNED: dict[str, Any] = {"container": "db", "database": "users", "owner": "auth"}
SETTINGS: dict[str, Any] = {"container": "db", "settings": {"work_mem": "4096"}}
REDIS: dict[str, Any] = {"container": "redis", "settings": {"maxmemory": "1"}}
ACL = ["user auth on #abc", "user default on #d"]
SAID: dict[str, Any] = {
    "roles": {"auth": [True, False, False, VERIFIER]},
    "databases": {"users": ["auth", False]},
    "settings": {"work_mem": "4096", "log_statement": "all"},
    "altered": ["work_mem"],
}
SERVERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"roles": {}}, ["role auth in db: gone"]),
    ({"databases": {}}, ["database users in db: gone"]),
    (
        {"roles": {"auth": [True, False, True, VERIFIER]}},
        ["role auth in db: may log in, replicate, do everything: yes, no, no → yes, no, yes"],
    ),
    (
        {"roles": {"auth": [True, False, False, ANOTHERS_VERIFIER]}},
        ["role auth in db: password: the stack's → another"],
    ),
    ({"databases": {"users": ["x", False]}}, ["database users in db: owner: auth → x"]),
    (
        {"databases": {"users": ["auth", True]}},
        ["database users in db: who may connect: its owner → everybody"],
    ),
    (
        {"settings": {"work_mem": "64"}},
        ["server db: setting work_mem: 4096 → 64"],
    ),
    (
        {"altered": ["work_mem", "log_statement"]},
        ["server db: setting log_statement: none → all"],
    ),
]


@pytest.mark.parametrize(("changes", "lines"), SERVERS)
def test_what_is_in_postgresql_is_compared(changes: dict[str, Any], lines: list[str]):
    host = FakeHost(DEV)
    host.server_says = {"db": json.dumps({**SAID, **changes})}
    host.asked_for = {
        "auth": (ROLE, {}),
        "users": (OWNED, {}),
        "db": (SETTINGS, {}),
    }
    host.record(
        ("dynamic/alphintra:PostgresRole", "auth"),
        ("dynamic/alphintra:PostgresDatabase", "users"),
        ("dynamic/alphintra:PostgresSettings", "db"),
    )
    assert said(host) == lines
    assert all(one.repair is Repair.TOLD for one in drift.differences(host, host.stack))


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (["maxmemory", "1", *ACL], []),
        (["maxmemory", "1", "user default #d on", "user auth #abc on"], []),  # as after a start
        (["maxmemory", "2", *ACL], ["server redis: setting maxmemory: 1 → 2"]),
        (
            ["maxmemory", "1", *ACL, "user mine on nopass"],
            ["server redis: users: the stack's → auth, default, mine, changed"],
        ),
        (
            ["maxmemory", "1", "user auth on nopass", ACL[1]],
            ["server redis: users: the stack's → auth, default, changed"],
        ),
        (["NOAUTH"], []),  # it does not answer: its row shows that
    ],
)
def test_what_is_in_redis_is_compared(answer: list[str], lines: list[str]):
    host = FakeHost(DEV)
    host.server_says = {"redis": "\n".join(answer)}
    host.asked_for = {"redis": (REDIS, {"access_list": ACL})}
    host.record(("dynamic/alphintra:RedisSettings", "redis"))
    assert said(host) == lines


POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "allow-dns", "namespace": "auth"},
    "spec": {"egress": [{"ports": [{"port": 53.0}]}], "podSelector": {}},
}
TYPE, OBJECT = "kubernetes:networking.k8s.io/v1:NetworkPolicy", "auth/allow-dns"


@pytest.fixture
def in_cluster() -> FakeHost:
    host = FakeHost(DEV).up()
    labelled = {**POLICY, "metadata": {**POLICY["metadata"], "labels": {"a": "b"}}}
    host.asked_for = {
        OBJECT: (labelled, {**labelled, "__fieldManager": "pulumi-1", "status": None}),
        host.stack.cluster: (CLUSTER, {"kubeconfig": KUBECONFIG}),
    }
    host.record(*host.made, (K3D, host.stack.cluster), (TYPE, OBJECT))
    host.objects = [json.loads(json.dumps(labelled))]
    host.objects[0]["metadata"]["labels"]["added"] = "by somebody"
    return host


def test_an_object_of_the_cluster_that_is_gone_is_told(in_cluster: FakeHost):
    assert said(in_cluster) == []
    in_cluster.objects = []
    assert said(in_cluster) == ["NetworkPolicy auth/allow-dns: gone"]
    repair(context(in_cluster))
    assert in_cluster.shown[0][-1] == f"--target=urn:x::{TYPE}::{OBJECT}"


@pytest.mark.parametrize("where", ["spec", "metadata.labels.a"])
def test_an_object_that_was_edited_is_applied_again(in_cluster: FakeHost, where: str):
    """In Pulumi's name, which would not take a field back from whoever changed it by hand."""
    first, *path = where.split(".")
    (there,) = in_cluster.objects
    if path:
        there[first]["labels"]["a"] = "c"
    else:
        there[first] = {"egress": [{}], "podSelector": {}}
    expected = [f"NetworkPolicy auth/allow-dns: {where}: the stack's → another"]
    assert said(in_cluster) == expected
    repair(context(in_cluster))
    (command,) = [line for line in in_cluster.asked if "apply" in line]
    assert "--force-conflicts" in command and "--field-manager=pulumi-1" in command
    applied = json.loads(in_cluster.typed[in_cluster.asked.index(command)] or "")
    assert applied["spec"] == POLICY["spec"]
    assert in_cluster.shown == []
