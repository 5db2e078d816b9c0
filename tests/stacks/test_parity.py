"""The same platform on both targets: tree, outputs, types, secrets, exports."""

from typing import Any

import pytest

from tests.graph import Graph, holds_secret, plain
from tests.programs import deploy

SECRET_EXPORTS = {"kubeconfig", "database_passwords", "cache_password", "cache_passwords"}


@pytest.fixture(scope="module")
def local() -> Graph:
    return deploy("dev")


@pytest.fixture(scope="module")
def gcp() -> Graph:
    return deploy("dev", target="gcp")


def outputs(graph: Graph) -> dict[str, dict[str, tuple[str, bool]]]:
    """Component → output → its type and whether it is secret."""
    return {
        urn.rsplit("$", 1)[-1]: {
            name: (type(plain(value)).__name__, holds_secret(value))
            for name, value in values.items()
        }
        for urn, values in graph.outputs.items()
        if "alphintra:index:" in urn.rsplit("::", 2)[1].rsplit("$", 1)[-1]
    }


def test_the_upper_tree_is_the_same(local: Graph, gcp: Graph):
    tree = local.tree("alphintra:")
    assert tree == gcp.tree("alphintra:")
    assert tree.count("\n") == 13


def test_every_component_has_the_same_outputs(local: Graph, gcp: Graph):
    assert outputs(local) == outputs(gcp)
    assert len(outputs(local)) == 13


def test_the_stack_exports_the_same_names_and_types(local: Graph, gcp: Graph):
    def types(result: dict[str, Any]) -> dict[str, str]:
        return {name: type(value).__name__ for name, value in result.items()}

    assert types(local.result) == types(gcp.result)
    assert local.result["database_passwords"].keys() == gcp.result["database_passwords"].keys()


@pytest.mark.parametrize("target", ["local", "gcp"])
def test_credentials_are_secret_and_nothing_else_is(target: str, request: pytest.FixtureRequest):
    graph: Graph = request.getfixturevalue(target)
    (platform,) = [v for urn, v in graph.outputs.items() if "index:Platform::" in urn]
    assert {name for name, value in platform.items() if holds_secret(value)} == SECRET_EXPORTS


@pytest.mark.parametrize("target", ["local", "gcp"])
def test_a_preview_knows_the_same_tree(target: str, request: pytest.FixtureRequest):
    """Provider-computed values are unknown then; no builder may hang on one to go on."""
    graph: Graph = request.getfixturevalue(target)
    preview = deploy("dev", preview=True, target=target)
    assert preview.tree() == graph.tree()


@pytest.mark.parametrize("target", ["local", "gcp"])
def test_no_secret_is_in_a_component_input(target: str, request: pytest.FixtureRequest):
    """What a component is given is stored in the state as it stands."""
    graph: Graph = request.getfixturevalue(target)
    components = [n for n in graph.nodes.values() if n.type.startswith("alphintra:")]
    assert components and not any(node.secrets for node in components)


@pytest.mark.parametrize("target", ["local", "gcp"])
def test_every_resource_is_in_a_component(target: str, request: pytest.FixtureRequest):
    graph: Graph = request.getfixturevalue(target)
    outside = [n for n in graph.nodes.values() if "alphintra:index:" not in n.parent]
    assert [n.type for n in outside if n.type != "pulumi:pulumi:Stack"] == [
        "alphintra:index:Platform"
    ]
