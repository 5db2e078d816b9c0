"""What the cluster has before any service."""

from typing import Any

import pytest

from components.baseline import BaselineSpec
from components.baseline.admission import SYSTEM
from components.baseline.roles import CLUSTER_OPERATOR, DEVELOPER, OPERATOR
from components.namespaces import LABEL
from tests.graph import Graph
from tests.programs import TARGETS, build, deploy

GUARDS = {
    "networkpolicies",
    "resourcequotas",
    "limitranges",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
    "namespaces",
}
CHANGES = {"create", "update", "patch", "delete", "deletecollection", "bind", "escalate", "*"}
ROLES: dict[str, Any] = {
    "developer who looks": DEVELOPER["look"],
    "developer who deploys": DEVELOPER["deploy"],
    "operator": OPERATOR,
    "cluster operator": CLUSTER_OPERATOR,
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build("baseline", "local")


def may(rules: Any, verb: str, resource: str) -> bool:
    return any(verb in rule["verbs"] and resource in rule["resources"] for rule in rules)


def test_it_goes_with_the_cluster():
    """The provider can miss that an object is gone, and would wait for it."""
    whole = deploy("dev")
    inside = [node for urn, node in whole.nodes.items() if "index:Baseline$" in urn]
    assert len(inside) == 12
    assert all(one.request.deletedWith.endswith("Cluster::cluster") for one in inside)


def test_both_targets_have_the_same():
    first, second = (build("baseline", target).tree() for target in TARGETS)
    assert first == second


@pytest.mark.parametrize("role", ROLES)
def test_nobody_changes_what_guards_a_service(role: str):
    for guard in GUARDS:
        assert not any(may(ROLES[role], verb, guard) for verb in CHANGES), guard
    named = {name for rule in ROLES[role] for name in (*rule["resources"], *rule["api_groups"])}
    assert "*" not in named


@pytest.mark.parametrize("role", [role for role in ROLES if role != "operator"])
def test_nobody_but_operators_in_services_namespaces_reads_secrets(role: str):
    assert not any("secrets" in rule["resources"] for rule in ROLES[role])
    assert may(OPERATOR, "get", "secrets")


@pytest.mark.parametrize(
    ("verb", "resource", "looking", "deploying"),
    [
        ("list", "pods", True, True),
        ("get", "pods/log", True, True),
        ("get", "networkpolicies", True, True),
        ("create", "deployments", False, True),
        ("create", "pods/portforward", False, True),
        ("create", "pods/exec", False, True),
        ("delete", "pods", False, True),
    ],
)
def test_what_developers_may(verb: str, resource: str, looking: bool, deploying: bool):
    assert may(DEVELOPER["look"], verb, resource) is looking
    assert may(DEVELOPER["deploy"], verb, resource) is deploying


def test_the_setting_decides_what_developers_may():
    rules = {
        way: build("baseline", "local", BaselineSpec(developers_may=way)).only(
            ":ClusterRole", "baseline-developer"
        )
        for way in ("look", "deploy")
    }
    assert rules["look"].inputs["rules"] != rules["deploy"].inputs["rules"]


def test_operators_empty_nodes_and_look_everywhere(graph: Graph):
    assert may(CLUSTER_OPERATOR, "patch", "nodes")
    assert may(CLUSTER_OPERATOR, "create", "pods/eviction")
    assert may(CLUSTER_OPERATOR, "list", "pods")
    binding = graph.only(":ClusterRoleBinding").inputs
    assert binding["roleRef"]["name"] == "alphintra-cluster-operator"
    assert [subject["name"] for subject in binding["subjects"]] == ["operators"]


def test_priorities_are_in_order_and_one_is_the_default(graph: Graph):
    classes = {node.inputs["metadata"]["name"]: node.inputs for node in graph.of(":PriorityClass")}
    ranked = sorted(classes, key=lambda name: -classes[name]["value"])
    assert ranked == ["platform", "trading", "standard", "batch"]
    assert [name for name in ranked if classes[name]["globalDefault"]] == ["standard"]
    assert classes["batch"]["preemptionPolicy"] == "Never"
    # A billion and more is Kubernetes' own; below -10 GKE's autoscaler adds no node.
    assert all(-10 <= one["value"] < 1_000_000_000 for one in classes.values())


def test_the_default_namespace_is_closed(graph: Graph):
    patch = graph.only(":NamespacePatch").inputs["metadata"]
    policy = graph.only(":NetworkPolicy").inputs
    assert patch["name"] == policy["metadata"]["namespace"] == "default"
    assert patch["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert LABEL not in patch["labels"]
    assert policy["metadata"]["name"] == "default-deny"
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_namespace_that_nobody_declared_is_refused(graph: Graph):
    policy = graph.only(":ValidatingAdmissionPolicy").inputs
    binding = graph.only(":ValidatingAdmissionPolicyBinding").inputs["spec"]
    assert binding == {"policyName": policy["metadata"]["name"], "validationActions": ["Deny"]}
    spec = policy["spec"]
    assert spec["failurePolicy"] == "Fail"
    (rule,) = spec["matchConstraints"]["resourceRules"]
    assert (rule["resources"], rule["operations"]) == (["namespaces"], ["CREATE"])
    (validation,), (exempt,) = spec["validations"], spec["matchConditions"]
    assert LABEL in validation["expression"]
    assert "alphintra:services" in validation["message"]
    assert all(f'"{prefix}"' in exempt["expression"] for prefix in SYSTEM)
