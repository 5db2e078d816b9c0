"""What a preview shows where a stack stands and something is added to it.

It knows no id of what is yet to be made. An input that waits for one is unknown, and where the
provider can't change it in place, the preview says *replaced*: of a database, too, and in vain. So
what merely has to be there first is waited for by what is known of it: see `components.outputs`.
"""

from typing import Any, cast

import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from tests.graph import Graph
from tests.programs import deploy

STANDING = {
    "gcp:artifactregistry/repository:Repository",
    "gcp:compute/network:Network",
    "gcp:compute/subnetwork:Subnetwork",
    "gcp:container/cluster:Cluster",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:kms/keyRing:KeyRing",
    "gcp:pubsub/topic:Topic",
    "gcp:redis/instance:Instance",
    "gcp:serviceaccount/account:Account",
    "gcp:sql/databaseInstance:DatabaseInstance",
    "pulumi-python:dynamic/alphintra:Password",
    "pulumi-python:dynamic/alphintra:PublishedImage",
}
"""What others are made with: a new one is another value, and does replace them."""
LASTING = STANDING | {
    "gcp:container/nodePool:NodePool",
    "gcp:secretmanager/secret:Secret",
    "kubernetes:batch/v1:Job",
    "pulumi:providers:kubernetes",
}
"""What must not seem to be replaced; the provider, because all in the cluster is made by it."""


def unknown(value: Any) -> bool:
    """Whether anything in `value` is unknown."""
    if isinstance(value, dict):
        return any(unknown(v) for v in cast(dict[str, Any], value).values())
    if isinstance(value, list):
        return any(unknown(v) for v in cast(list[Any], value))
    return isinstance(value, Unknown) or value == rpc.UNKNOWN


def unknown_inputs(graph: Graph) -> list[str]:
    lasting = [node for node in graph.nodes.values() if node.type in LASTING]
    assert {node.type for node in lasting} == LASTING
    return [
        f"{node.type} {node.name}: {key}"
        for node in lasting
        for key, value in node.inputs.items()
        if unknown(value)
    ]


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_nothing_seems_to_be_replaced_by_what_is_added(stack: str):
    """All else is new at once: each grant, rule, route, record, service, user …"""
    assert unknown_inputs(deploy(stack, preview=True, standing=frozenset(STANDING))) == []


def test_a_preview_of_a_new_stack_knows_none_of_it():
    """So the test above would see it."""
    shown = unknown_inputs(deploy("prod", preview=True))
    assert "gcp:sql/databaseInstance:DatabaseInstance database: settings" in shown
    assert "gcp:container/cluster:Cluster cluster: subnetwork" in shown
