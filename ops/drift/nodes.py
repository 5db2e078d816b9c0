"""The nodes of a local cluster: what k3d made, against what was asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ops.docker_cli import RUN_AGAIN
from ops.drift.difference import Difference, Repair
from ops.drift.networks import attachments
from ops.pulumi_cli import Record, Resource

CLUSTER = ":K3dCluster"
"""How the type of a local cluster ends."""
LOSS = "Kubernetes' own store was on it, so the cluster is made anew with all that stands in it"


def cluster_nodes(state: Record, nodes: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    """`nodes`: Docker's facts of them."""
    for cluster in state.resources:
        if cluster.id and cluster.type.endswith(CLUSTER):
            yield from _nodes(cluster, nodes)


def _nodes(cluster: Resource, nodes: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    inputs, what = cluster.inputs, f"cluster {cluster.id}"
    if not nodes:
        yield Difference(cluster.urn, what, "")
        return
    roles = [node["Config"]["Labels"]["k3d.role"] for node in nodes]
    for fact, role, expected, repair in (
        ("server nodes", "server", inputs["servers"], Repair.CLUSTER),
        ("agent nodes", "agent", inputs["agents"], Repair.TOLD),
        ("load balancers", "loadbalancer", 1, Repair.TOLD),
    ):
        if (count := roles.count(role)) != int(expected):
            found = f"{count}; {LOSS}" if repair is Repair.CLUSTER else str(count)
            yield Difference(cluster.urn, what, fact, str(int(expected)), found, repair)
    for node in nodes:
        yield from _node(cluster, node)


def _node(cluster: Resource, node: Mapping[str, Any]) -> Iterator[Difference]:
    name, inputs = node["Name"].lstrip("/"), cluster.inputs
    what, status = f"node {name}", node["State"]["Status"]
    if status != "running":
        # `up` starts those that are stopped.
        verb = RUN_AGAIN.get(status)
        commands = (("docker", verb, name),) if verb and verb != "start" else ()
        yield Difference(cluster.urn, what, "state", "running", status, Repair.IN_PLACE, commands)
    own = {inputs["network"]: ""}
    joined = (
        {}
        if node["Config"]["Labels"]["k3d.role"] == "loadbalancer"
        else {inputs["extra_network"]: ""}
    )
    for each in attachments(cluster.urn, what, name, {**own, **joined}, node):
        # It has another address in its own network then, which it looks up when it starts.
        again = [("docker", "restart", name)] if inputs["network"] in each.fact else []
        yield Difference(
            each.urn,
            what,
            each.fact,
            each.expected,
            each.found,
            each.repair,
            (*each.commands, *again),
        )
