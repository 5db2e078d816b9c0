"""The contract (`tests/contract/`) on Google Cloud, as far as a graph shows it without credentials.

Each test stands for the one of its name in `tests/contract/test_<capability>.py`: it holds what the
behaviour rests on. What no graph can show is in NOT_IN_A_GRAPH, with the reason.
"""

import ast
from collections.abc import Iterator
from typing import Any

from components.connectivity import NAME as CHECK
from tests.contract.expected import EXPECTED
from tests.contract.test_cluster import PRIORITIES
from tests.graph import Graph, holds_secret
from tests.programs import ROOT
from tests.stacks import test_contract_graph_servers as servers
from tests.stacks.pair import (
    Pair,
    authorities,
    environment,
    masked,
    objects,
    pair_fixture,
    same_on_both,
)

__all__ = ["pair_fixture"]

NOT_IN_A_GRAPH = {
    "cluster::test_service_name_resolves": "Google runs the cluster's DNS",
    "cluster::test_volume_survives_pod": "Google's driver makes the disk when it is claimed",
    "database::test_data_survives_restart": "Google keeps the disk apart from the machine",
}
"""Test of the suite → why only a running stack shows it."""
OURS = "registry"
"""The repository of the platform's own images."""


class TestOutputs:
    def test_every_name_type_and_secretness_is_the_local_ones(self, pair: Pair):
        def kinds(graph: Graph) -> dict[str, tuple[str, bool]]:
            (outputs,) = [v for urn, v in graph.outputs.items() if "index:Platform::" in urn]
            return {
                name: (type(graph.result[name]).__name__, holds_secret(value))
                for name, value in outputs.items()
                if name != "promises"  # no output, but what the next `up` is held to
            }

        assert kinds(pair.gcp) == kinds(pair.local)
        for name in ("database_passwords", "cache_passwords"):
            assert pair.gcp.result[name].keys() == pair.local.result[name].keys()
        assert pair.gcp.result["services"] == pair.local.result["services"]


class TestRegistry:
    def test_push_and_pull_by_digest(self, pair: Pair):
        repository = pair.gcp.only("artifactregistry/repository:Repository", OURS).inputs
        assert repository["format"] == "DOCKER"
        published = pair.gcp.only("alphintra:PublishedImage").inputs
        assert published["registry"] == pair.gcp.result["registry_address"]

    def test_tag_is_immutable(self, pair: Pair):
        repository = pair.gcp.only("artifactregistry/repository:Repository", OURS).inputs
        said = repository["dockerConfig"]["immutableTags"]
        assert said is pair.settings.registry.immutable_tags is True

    def test_cluster_pulls_by_digest(self, pair: Pair):
        job = objects(pair.gcp, "Job")[CHECK, CHECK].inputs["spec"]["template"]["spec"]
        (container,) = job["containers"]
        assert container["image"].startswith(f"{pair.gcp.result['registry_address']}/")
        assert "@sha256:" in container["image"]


class TestCluster:
    def test_restricted_pods_only(self, pair: Pair):
        guarded = {**same_on_both(pair, "Namespace"), **same_on_both(pair, "NamespacePatch")}
        assert {name for _, name in guarded} == {*pair.settings.every_service, "default"}
        for namespace in guarded.values():
            labels = namespace["metadata"]["labels"]
            for mode in ("enforce", "warn", "audit"):
                assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"

    def test_default_deny(self, pair: Pair):
        policies = objects(pair.gcp, "NetworkPolicy")
        for namespace in (*pair.settings.every_service, "default"):
            spec = policies[namespace, "default-deny"].inputs["spec"]
            assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        cluster = pair.gcp.only("container/cluster:Cluster").inputs
        assert cluster["datapathProvider"] == "ADVANCED_DATAPATH"  # which enforces them

    def test_allowances_are_the_only_way(self, pair: Pair):
        """The same policies, but for ranges and ports; more only where the target's own API is."""

        def policies(graph: Graph) -> dict[tuple[str, str], Any]:
            found = objects(graph, "NetworkPolicy")
            return {name: masked(node.inputs) for name, node in found.items()}

        local, gcp = policies(pair.local), policies(pair.gcp)
        more = {(name, "allow-google") for name in pair.settings.every_service}
        assert gcp.keys() - local.keys() == more
        assert {name: gcp[name] for name in local} == local

    def test_quota_is_enforced(self, pair: Pair):
        quotas = same_on_both(pair, "ResourceQuota")
        assert {namespace for namespace, _ in quotas} == {*pair.settings.every_service}
        for (namespace, _), quota in quotas.items():
            wanted = pair.settings.every_service[namespace]
            assert quota["spec"]["hard"]["requests.cpu"] == str(wanted.cpus)
            assert quota["spec"]["hard"]["pods"] == str(wanted.pods)

    def test_default_limits(self, pair: Pair):
        limits = same_on_both(pair, "LimitRange")
        assert {namespace for namespace, _ in limits} == {*pair.settings.every_service}
        for one in limits.values():
            (container,) = one["spec"]["limits"]
            assert {"cpu", "memory"} == set(container["defaultRequest"])
            assert "memory" in container["default"]

    def test_priority_classes(self, pair: Pair):
        classes = {name: one for (_, name), one in same_on_both(pair, "PriorityClass").items()}
        values = [classes[name]["value"] for name in PRIORITIES]
        assert values == sorted(values, reverse=True) and len(set(values)) == len(PRIORITIES)
        assert [name for name, one in classes.items() if one["globalDefault"]] == ["standard"]

    def test_developer_rights(self, pair: Pair):
        self.bound(pair, "developers", pair.settings.baseline.developers)
        rules = same_on_both(pair, "ClusterRole")["", "alphintra-developer"]["rules"]
        assert not [rule for rule in rules if "secrets" in rule["resources"]]

    def test_operator_rights(self, pair: Pair):
        self.bound(pair, "operators", pair.settings.baseline.operators)
        rules = same_on_both(pair, "ClusterRole")["", "alphintra-operator"]["rules"]
        assert [rule for rule in rules if "secrets" in rule["resources"]]
        (everywhere,) = same_on_both(pair, "ClusterRoleBinding").values()
        assert everywhere["subjects"][0]["name"] == pair.settings.baseline.operators

    def bound(self, pair: Pair, role: str, group: str) -> None:
        bindings = same_on_both(pair, "RoleBinding")
        for namespace in pair.settings.every_service:
            (subject,) = bindings[namespace, role]["subjects"]
            assert (subject["kind"], subject["name"]) == ("Group", group)

    def test_undeclared_namespace_refused(self, pair: Pair):
        (policy,) = same_on_both(pair, "ValidatingAdmissionPolicy").values()
        (binding,) = same_on_both(pair, "ValidatingAdmissionPolicyBinding").values()
        assert binding["spec"]["policyName"] == policy["metadata"]["name"]
        assert binding["spec"]["validationActions"] == ["Deny"]
        assert policy["spec"]["failurePolicy"] == "Fail"

    def test_service_account_and_secret(self, pair: Pair):
        for kind in ("ServiceAccount", "Secret", "ConfigMap"):
            assert objects(pair.local, kind).keys() == objects(pair.gcp, kind).keys()
        passwords: list[str] = []
        for name, service in pair.settings.every_service.items():
            account = objects(pair.gcp, "ServiceAccount")[name, name].inputs
            assert account["automountServiceAccountToken"] is False
            known = environment(pair.gcp, name)
            assert known.keys() == environment(pair.local, name).keys()
            assert authorities(pair.gcp, name).keys() == authorities(pair.local, name).keys()
            passwords += [known["PGPASSWORD"]] if service.database else []
        assert passwords and len(set(passwords)) == len(passwords)


def found_in(source: str) -> Iterator[str]:
    """`<capability>::<test>` of each test of a file of the suite."""
    path = ROOT / source
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield f"{path.stem.removeprefix('test_')}::{node.name}"


def test_every_test_of_the_suite_has_its_like_here():
    suite = {
        test
        for path in (ROOT / "tests/contract").glob("test_*.py")
        for test in found_in(f"tests/contract/{path.name}")
    }
    here = {
        f"{capability}::{test}"
        for capability, shown in {
            "database": servers.TestDatabase,
            "cache": servers.TestCache,
            "registry": TestRegistry,
            "cluster": TestCluster,
        }.items()
        for test in vars(shown)
        if test.startswith("test_")
    }
    otherwise = {test.removeprefix("test_").replace(".py::", "::") for test in EXPECTED["gcp"]}
    assert suite == here | NOT_IN_A_GRAPH.keys() | otherwise
    assert not here & (NOT_IN_A_GRAPH.keys() | otherwise)
