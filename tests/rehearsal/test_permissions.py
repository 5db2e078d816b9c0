"""The deployer's roles against the calls that rehearsals made, and the table of methods itself."""

import json
from pathlib import Path

import pytest

from ops.bootstrap.deployer import BILLING, ROLES
from rehearsal import facts, permissions
from rehearsal.facts import Facts, kinds_in_cluster, recorded
from rehearsal.permissions import TABLE, every, holds, missing, needed, of_kind, of_method, spared
from tests.cloud_tables import graph

STACKS = ["staging", "prod"]
GRANTED = [role.name for role in (*ROLES, BILLING)]


@pytest.mark.parametrize(
    ("method", "needs"),
    {
        "compute.networks.insert": {"compute.networks.create"},
        "redis.projects.locations.instances.patch": {"redis.instances.update"},
        "sql.users.insert": {"cloudsql.users.create"},
        "billingbudgets.billingAccounts.budgets.get": {"billing.budgets.get"},
        "cloudresourcemanager.projects.setIamPolicy": {"resourcemanager.projects.setIamPolicy"},
        "container.projects.locations.clusters.nodePools.create": {"container.clusters.update"},
        "compute.networkFirewallPolicies.getRule": {"compute.firewallPolicies.get"},
        "secretmanager.projects.secrets.versions.enable": {"secretmanager.versions.enable"},
        "container.projects.locations.operations.get": set[str](),
    }.items(),
)
def test_what_a_method_takes(method: str, needs: set[str]):
    assert of_method(method) == needs


@pytest.mark.parametrize(
    ("kind", "one"),
    {
        "core/v1:Namespace": "container.namespaces.create",
        "networking.k8s.io/v1:NetworkPolicy": "container.networkPolicies.delete",
        "scheduling.k8s.io/v1:PriorityClass": "container.priorityClasses.update",
        "batch/v1:Job": "container.pods.getLogs",
        "rbac.authorization.k8s.io/v1:ClusterRole": "container.clusterRoles.escalate",
    }.items(),
)
def test_what_is_made_in_the_cluster_takes(kind: str, one: str):
    assert one in of_kind(f"kubernetes:{kind}")


def test_what_google_asks_for_besides_and_while_it_lasts():
    called = Facts(
        frozenset({"container.projects.locations.clusters.create", "compute.subnetworks.insert"}),
        frozenset(),
    )
    assert needed(called) == {
        "container.clusters.create",
        "iam.serviceAccounts.actAs",
        "container.operations.get",
        "compute.subnetworks.create",
        "compute.networks.updatePolicy",
        "compute.globalOperations.get",
        "compute.regionOperations.get",
    }


def test_each_row_names_a_source_and_why():
    sources = set(TABLE["source"])
    for what in ("method", "besides", "kind"):
        for name, row in TABLE[what].items():
            assert row["source"] in sources and row["why"], name
    assert {row["source"] for row in TABLE["waiting"].values()} <= sources


@pytest.mark.parametrize("stack", STACKS)
def test_the_deployer_may_do_all_that_the_stack_called_for(stack: str):
    assert missing(needed(recorded()[stack]), GRANTED) == set()


def test_what_the_deployer_may_do_beyond_is_named():
    """A role that the calls could spare is granted for a reason that is written down."""
    beyond = TABLE["beyond"]
    assert set(spared(every(), GRANTED)) <= set(beyond) <= set(GRANTED)
    for role, row in beyond.items():
        assert row["why"] and set(row["needs"]) <= holds(role), role


def test_without_a_role_something_is_missing():
    left = [role for role in GRANTED if role != "roles/compute.securityAdmin"]
    assert "compute.firewallPolicies.create" in missing(every(), left)


@pytest.mark.parametrize("stack", STACKS)
def test_the_calls_are_of_what_the_program_makes(stack: str):
    """What is new in the cluster, or of an API that was not called, needs a new rehearsal."""
    types = {node.type for node in graph(stack).nodes.values()}
    kept = recorded()[stack]
    assert kept.kinds == kinds_in_cluster(types)
    modules = {one.split(":")[1].split("/")[0] for one in types if one.startswith("gcp:")}
    called = {method.partition(".")[0] for method in kept.methods}
    apis = {
        "projects": "serviceusage",
        "serviceaccount": "iam",
        "kms": "cloudkms",
        "billing": "billingbudgets",
    }
    assert {apis.get(module, module) for module in modules} <= called


def ran(folder: Path, *methods: str) -> Path:
    """What a rehearsal that called `methods` leaves behind."""
    lines = [json.dumps({"id": method}) for method in ("", *methods)]
    (folder / "calls.jsonl").write_text("\n".join(lines) + "\n")
    made = [{"type": "kubernetes:core/v1:Secret"}, {"type": "gcp:redis/instance:Instance"}]
    (folder / "state.json").write_text(json.dumps({"deployment": {"resources": made}}))
    return folder


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "calls.toml"
    file.write_text(facts.CALLS.read_text())
    monkeypatch.setattr(facts, "CALLS", file)
    monkeypatch.setattr(permissions, "CALLS", file)
    recorded.cache_clear()
    return file


def test_other_calls_than_those_that_are_kept_are_told(tmp_path: Path, kept: Path):
    before = kept.read_text()
    said = "\n".join(permissions.report(ran(tmp_path, "redis.a.instances.create"), "staging"))
    recorded.cache_clear()
    assert "new: redis.a.instances.create" in said
    assert "no more: artifactregistry." in said and "ACCEPT=1" in said
    assert kept.read_text() == before


def test_accepted_calls_are_kept(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACCEPT", "1")
    (line,) = permissions.report(ran(tmp_path, "redis.a.instances.create"), "staging")
    now = recorded()
    recorded.cache_clear()
    assert line.startswith("1 methods were called")
    assert now["staging"] == Facts(
        frozenset({"redis.a.instances.create"}), frozenset({"kubernetes:core/v1:Secret"})
    )
    assert len(now["prod"].methods) > 50, "the other stack's are left as they were"


def test_the_kept_calls_are_as_they_are_written():
    assert facts.written(recorded()) == facts.CALLS.read_text()
