"""A stack on both targets, and what its graphs say of what is in the cluster."""

from dataclasses import dataclass
from typing import Any

import pytest

from stacks.config import Settings, parse
from tests.graph import Graph, Node
from tests.programs import STACKS, deploy, stack_config


@dataclass(frozen=True)
class Pair:
    """One stack on both targets."""

    settings: Settings
    local: Graph
    gcp: Graph


@pytest.fixture(name="pair", scope="module", params=STACKS)
def pair_fixture(request: pytest.FixtureRequest) -> Pair:
    stack: str = request.param
    settings = parse(stack_config(stack, target="gcp"), f"Pulumi.{stack}.yaml")
    return Pair(settings, deploy(stack, target="local"), deploy(stack, target="gcp"))


def objects(graph: Graph, kind: str) -> dict[tuple[str, str], Node]:
    """(namespace, name) → each Kubernetes object of `kind`."""
    found: dict[tuple[str, str], Node] = {}
    for node in graph.nodes.values():
        if node.type.startswith("kubernetes:") and node.type.endswith(f":{kind}"):
            metadata: dict[str, Any] = node.inputs["metadata"]
            found[metadata.get("namespace", ""), metadata["name"]] = node
    return found


def environment(graph: Graph, service: str) -> dict[str, str]:
    return objects(graph, "Secret")[service, "platform"].inputs["stringData"]


def authorities(graph: Graph, service: str) -> dict[str, str]:
    return objects(graph, "ConfigMap")[service, "platform-authorities"].inputs["data"]


def masked(spec: Any) -> Any:
    """A policy without the ranges and ports that are the target's own."""
    if isinstance(spec, dict):
        return {key: "…" if key in ("cidr", "port") else masked(v) for key, v in spec.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(spec, list):
        return [masked(one) for one in spec]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return spec


def same_on_both(pair: Pair, kind: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The objects of `kind`, by name: the same on both targets, whatever is in them."""
    local, gcp = objects(pair.local, kind), objects(pair.gcp, kind)
    assert local.keys() == gcp.keys()
    inputs = {name: node.inputs for name, node in gcp.items()}
    assert {name: node.inputs for name, node in local.items()} == inputs
    return inputs


def ways(graph: Graph, service: str, policy: str) -> tuple[list[str], list[int]]:
    """The ranges and ports that a service's policy lets it go out to."""
    spec = objects(graph, "NetworkPolicy")[service, policy].inputs["spec"]
    (rule,) = spec["egress"]
    return [to["ipBlock"]["cidr"] for to in rule["to"]], [int(p["port"]) for p in rule["ports"]]


def managed_range(graph: Graph) -> str:
    """Where Cloud SQL and Memorystore have their addresses."""
    address = graph.only(":GlobalAddress").inputs
    return f"{address['address']}/{int(address['prefixLength'])}"


def instances(graph: Graph) -> list[dict[str, Any]]:
    return [node.inputs for node in graph.of("sql/databaseInstance:DatabaseInstance")]


def with_a_way(graph: Graph, policy: str) -> set[str]:
    return {namespace for namespace, name in objects(graph, "NetworkPolicy") if name == policy}
