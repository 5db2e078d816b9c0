"""Kubernetes, as a service in it and as people find it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.allowances import allowances_asked_for, allowances_there, declared, policies
from tests.contract.commands import Answer, eventually
from tests.contract.expect import Expect, configured
from tests.contract.platform import CHECK, LABEL, Platform
from tests.contract.pods import (
    AUTHORITIES,
    CREDENTIALS,
    Pod,
    pod_spec,
    reading,
    restricted,
)
from tests.contract.rights import DEVELOPER, OPERATOR, allowed

PRIORITIES = ("platform", "trading", "standard", "batch")
"""From what goes first."""
LISTEN = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 9,"
    " ReuseAddr => 1) or die; while (my $c = $s->accept) { close $c }"
)
PORT = 8080
POLICY_WITHIN_SECONDS = 30
"""A policy takes a moment to reach the nodes."""
VOLUME_SECONDS = 150
"""On Google Cloud a disk is made, and moves from node to node."""
KUBELET = 10250
METADATA = "169.254.169.254"
RESOURCES = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}}


def a_pod(image: str, namespace: str, **container: Any) -> dict[str, Any]:
    """A pod of a service that is never made: what admission says of it counts."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "contract-never", "namespace": namespace, "labels": {LABEL: "never"}},
        "spec": pod_spec(restricted(image, **container)),
    }


def every_pod(inside: Pod, namespaces: list[str], **container: Any) -> Answer:
    """What admission says of such a pod in each of `namespaces`."""
    image = inside.container["image"]
    pods = [a_pod(image, namespace, **container) for namespace in namespaces]
    return inside.platform.create(*pods, dry_run=True)


@pytest.fixture
def listening(inside: Pod) -> None:
    """Something in the allowed pod takes connections on PORT, and that can be shown from within."""
    started = inside.run(
        f"opens 127.0.0.1 {PORT} || {{ perl -e '{LISTEN}' > /tmp/listen 2>&1 & }}; "
        f"until opens 127.0.0.1 {PORT}; do sleep 0.1; done; echo listens",
        timeout=20,
    )
    assert started.ok, started.words


@pytest.fixture
def way_out(platform: Platform, outside: Pod) -> Iterator[Answer]:
    """For a moment, the pod in `default` may go out wherever it likes; how it found that."""
    policy: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "contract-way-out",
            "namespace": outside.namespace,
            "labels": {LABEL: "way-out"},
        },
        "spec": {
            "podSelector": {"matchLabels": {LABEL: "outside"}},
            "policyTypes": ["Egress"],
            "egress": [{}],
        },
    }
    made = platform.create(policy)
    assert made.ok, made.words
    try:
        yield eventually(lambda: outside.run(NAMES), True, POLICY_WITHIN_SECONDS)
    finally:
        platform.kubectl("delete", "networkpolicy", "contract-way-out", "--namespace=default")


NAMES = "timeout 3 getent hosts kubernetes.default.svc.cluster.local"


def test_service_name_resolves(inside: Pod, expect: Expect):
    names = "for name in kubernetes.default kubernetes.default.svc.cluster.local; do getent hosts"
    answer = inside.run(f'{names} "$name" || exit 1; done')
    expect.answer(answer, r"(?s)\d+\..*kubernetes\.default.*\n\d+\.")


def test_volume_survives_pod(platform: Platform, inside: Pod, expect: Expect):
    """What is made goes with all that bears the suite's label."""
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "contract", "namespace": CHECK, "labels": {LABEL: "volume"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    made = platform.create(claim)
    assert made.ok, made.words
    expect.answer(with_the_volume(inside, "contract-writes", "echo kept > /data/word && sync"))
    expect.answer(with_the_volume(inside, "contract-reads", "cat /data/word"), "^kept$")


def with_the_volume(inside: Pod, name: str, command: str) -> Answer:
    """What another pod that has the volume said, once it is over."""
    where, platform = f"--namespace={CHECK}", inside.platform
    pod = a_pod(
        inside.container["image"],
        CHECK,
        command=["bash", "-c", command],
        resources=RESOURCES,
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
    )
    pod["metadata"] |= {"name": name, "labels": {LABEL: "volume"}}
    pod["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "contract"}}]
    made = platform.create(pod)
    assert made.ok, made.words
    succeeded = "--for=jsonpath={.status.phase}=Succeeded"
    over = platform.kubectl(
        *("wait", where, f"pod/{name}", succeeded, f"--timeout={VOLUME_SECONDS}s"),
        timeout=VOLUME_SECONDS + 10,
    )
    said = platform.kubectl("logs", where, name)
    return Answer(over.ok, said.out, "" if over.ok else f"{over.words} {said.err}")


def test_restricted_pods_only(platform: Platform, inside: Pod, expect: Expect):
    namespaces = [*declared(platform), "default"]
    root = every_pod(inside, namespaces, resources=RESOURCES, securityContext={"privileged": True})
    expect.refusal(root, 'violates PodSecurity "restricted')
    assert root.err.count('violates PodSecurity "restricted') == len(namespaces), root.err
    within = every_pod(inside, namespaces, resources=RESOURCES)
    assert within.ok, within.words


@pytest.mark.usefixtures("listening")
def test_default_deny(
    platform: Platform, inside: Pod, outside: Pod, request: pytest.FixtureRequest, expect: Expect
):
    """What nothing allows passes neither in nor out; what something allows does."""
    denied = outside.run(NAMES)
    found = policies(platform)
    way_out: Answer = request.getfixturevalue("way_out")
    came_in = outside.run(f"opens {inside.address} {PORT}")
    assert not denied.ok, f"{outside.namespace} reaches DNS: {denied.words}"
    assert way_out.ok, f"no way out though a policy allows it: {way_out.words}"
    assert not came_in.ok, f"{inside.namespace} takes connections that nothing allows"
    for namespace in [*declared(platform), "default"]:
        policy = found.get(namespace, {}).get("default-deny")
        assert policy, f"{namespace} has no policy default-deny"
        assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, policy
    expect.said(f"in: no answer from {inside.address}:{PORT}; out: no answer from DNS")


def test_allowances_are_the_only_way(platform: Platform, inside: Pod, outside: Pod, expect: Expect):
    # What answers services that have an account of Google's is GKE's own, and gives them that one's
    # tokens alone.
    identity = "allow-google" in policies(platform).get(inside.namespace, {})
    ways = {
        "database": ('"$PGHOST" "$PGPORT"', True),
        "cache": ('"$CACHE_HOST" "$CACHE_PORT"', True),
        "names": ("\"$(awk '/^nameserver/ {print $2; exit}' /etc/resolv.conf)\" 53", True),
        "the API server": ("kubernetes.default.svc.cluster.local 443", False),
        "a node's kubelet": (f"{node_address(platform)} {KUBELET}", False),
        "a pod elsewhere": (f"{outside.address} {PORT}", False),
        "the machine's metadata": (f"{METADATA} 80", identity),
        "SSH of the database's server": ('"$PGHOST" 22', False),
    }
    each = "".join(
        f'(opens {there} 2> /dev/null && echo "{name}: open" || echo "{name}: closed") &\n'
        for name, (there, _) in ways.items()
    )
    said = expect.answer(inside.run(f"{each}wait"))
    found = dict(line.split(": ") for line in said.splitlines())
    wanted = {name: "open" if way else "closed" for name, (_, way) in ways.items()}
    wrong = {name: state for name, state in found.items() if state != wanted[name]}
    assert not wrong, f"not as wanted: {wrong}"
    assert allowances_there(platform) == allowances_asked_for(platform)


def node_address(platform: Platform) -> str:
    (first, *_) = platform.items("nodes")
    return next(a["address"] for a in first["status"]["addresses"] if a["type"] == "InternalIP")


def test_quota_is_enforced(platform: Platform, inside: Pod, expect: Expect):
    namespaces = declared(platform)
    greedy = {"requests": {"cpu": "2000", "memory": "1Mi"}, "limits": {"memory": "1Mi"}}
    answer = every_pod(inside, namespaces, resources=greedy)
    expect.refusal(answer, "exceeded quota")
    assert answer.err.count("exceeded quota") == len(namespaces), answer.err


def test_default_limits(platform: Platform, inside: Pod, expect: Expect):
    """A container that says nothing has a share all the same."""
    namespaces = declared(platform)
    answer = every_pod(inside, namespaces)
    made = reading(answer)
    assert len(made) == len(namespaces), answer.words
    for pod in made:
        resources = pod["spec"]["containers"][0]["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}, pod["metadata"]["namespace"]
        assert "memory" in resources["limits"], pod["metadata"]["namespace"]
        expect.said(json.dumps(resources))


def test_priority_classes(platform: Platform, inside: Pod, expect: Expect):
    there = {one["metadata"]["name"]: one for one in platform.items("priorityclasses")}
    assert set(PRIORITIES) <= set(there), sorted(there)
    values: list[int] = [there[name]["value"] for name in PRIORITIES]
    assert values == sorted(values, reverse=True), values
    assert [name for name, one in there.items() if one.get("globalDefault")] == ["standard"]
    pod = platform.get(f"--namespace={CHECK}", "pod", inside.name)
    expect.said(f"a pod that says nothing is {pod['spec']['priorityClassName']}")
    assert pod["spec"]["priorityClassName"] == "standard"


def test_developer_rights(platform: Platform, expect: Expect):
    group = platform.settings.baseline.developers
    deploys = platform.settings.baseline.developers_may == "deploy"
    wanted = {right: deploys if may is None else may for right, may in DEVELOPER.items()}
    found = allowed(platform, group, wanted, declared(platform))
    assert found == {(n, *right): may for n in declared(platform) for right, may in wanted.items()}
    expect.said(f"{group}: {sum(found.values())} of {len(found)} allowed, as wanted")


def test_operator_rights(platform: Platform, expect: Expect):
    group = platform.settings.baseline.operators
    found = allowed(platform, group, OPERATOR, declared(platform))
    assert found == {
        (n, *right): may for n in declared(platform) for right, may in OPERATOR.items()
    }
    elsewhere = allowed(platform, group, {("get", "secrets"): False}, ["kube-system", "default"])
    assert not any(elsewhere.values()), elsewhere
    expect.said(f"{group}: {sum(found.values())} of {len(found)} allowed, as wanted")


def test_undeclared_namespace_refused(platform: Platform, expect: Expect):
    name = f"contract-{int(time.time())}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    expect.refusal(platform.create(namespace, dry_run=True), "alphintra:services")


def test_service_account_and_secret(platform: Platform, expect: Expect):
    services = platform.settings.every_service
    assert sorted(platform.outputs["services"]) == sorted(services)
    accounts = everywhere(platform, "serviceaccounts")
    secrets = everywhere(platform, "secrets", f"--field-selector=metadata.name={CREDENTIALS}")
    files = everywhere(platform, "configmaps", f"--field-selector=metadata.name={AUTHORITIES}")
    passwords: list[str] = []
    for name, service in services.items():
        assert accounts[name, name]["automountServiceAccountToken"] is False, name
        secret: dict[str, str] = secrets[name, CREDENTIALS].get("data", {})
        wanted = [*(DATABASE if service.database else ()), *(CACHE if service.cache else ())]
        assert sorted(secret) == sorted(wanted), name
        passwords += [secret[key] for key in ("PGPASSWORD",) if key in secret]
        for file, pem in files[name, AUTHORITIES].get("data", {}).items():
            output = f"{file.removesuffix('-ca.pem')}_ca_certificate"
            assert pem == platform.outputs[output], f"{name}: {file}"
    configured(passwords, "no service has a database")
    assert len(set(passwords)) == len(passwords), "two services have one password"
    expect.said(f"{len(services)} services, each with an account and a Secret of its own")


def everywhere(platform: Platform, *kind: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(namespace, name) → all objects of a kind."""
    found = platform.items(*kind, "--all-namespaces")
    return {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in found}


DATABASE = (
    *("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT"),
    *("PGREADERHOST", "DATABASE_URL", "DATABASE_READER_URL"),
)
CACHE = (
    *("CACHE_HOST", "CACHE_PORT", "CACHE_READER_HOST", "CACHE_READER_PORT", "CACHE_USERNAME"),
    *("CACHE_PASSWORD", "CACHE_CA_FILE", "CACHE_URL", "CACHE_READER_URL"),
)
"""What a service finds in its environment."""
