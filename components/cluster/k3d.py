"""A k3d cluster as a Pulumi resource."""

from typing import Any

from pulumi import Inputs, Output, ResourceOptions
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.cluster import k3d_cli as k3d
from components.cluster.k3d_balancer import make_balancer

REMAKING = (
    "name",
    "servers",
    "image_id",
    "network",
    "extra_network",
    "pods_cidr",
    "services_cidr",
    "dns_address",
    "registry",
    "registry_mirror",
    "api_port",
    "labels",
)
"""What k3d can't change in a running cluster: it is made anew for it."""


class K3dProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the cluster. What an interrupted run left under its name is removed first."""
        name = props["name"]
        k3d.delete(name)
        try:
            k3d.create(props)
        except BaseException:
            k3d.delete(name)
            raise
        return CreateResult(name, self._outs(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = k3d.find(id_)
        if found is None:
            return ReadResult(None, {})
        outs = {**self._outs(props), "agents": len(k3d.nodes(found, "agent"))}
        if not k3d.nodes(found, "server"):
            return ReadResult(None, {})  # what Kubernetes knew was there
        if not k3d.nodes(found, "loadbalancer"):
            outs["published_ports"] = {}
        return ReadResult(id_, outs)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Never a replacement, though `update` may make the cluster anew: the engine would close
        the Kubernetes provider that it then needs to delete what stood in the old cluster, and
        every later `up` would fail ("the client connection is closing")."""
        changed = any(_olds[key] != _news[key] for key in (*REMAKING, "agents", "published_ports"))
        return DiffResult(changes=changed)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        old_ports, new_ports = _olds["published_ports"], _news["published_ports"]
        remade = any(_olds[key] != _news[key] for key in REMAKING)
        if remade or not old_ports.items() <= new_ports.items():  # k3d takes no port away
            return UpdateResult(self.create(_news).outs)
        k3d.scale_agents(_news)
        if not make_balancer(_news):
            added = {port: node for port, node in new_ports.items() if port not in old_ports}
            k3d.add_ports(_id, added)
        k3d.wait_ready(_news)
        return UpdateResult(self._outs(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        k3d.delete(_id)

    def _outs(self, props: dict[str, Any]) -> dict[str, Any]:
        name = props["name"]
        return {**props, "cluster_name": name, "kubeconfig": k3d.kubeconfig(name)}


class K3dCluster(Resource, module="alphintra", name="K3dCluster"):
    """A cluster whose nodes are all ready. Inputs: see `k3d_cli.create`."""

    cluster_name: Output[str]
    kubeconfig: Output[str]

    def __init__(self, name: str, props: Inputs, opts: ResourceOptions) -> None:
        super().__init__(
            K3dProvider(),
            name,
            {**props, "cluster_name": None, "kubeconfig": None},
            ResourceOptions(
                parent=opts.parent,
                additional_secret_outputs=["kubeconfig"],
            ),
        )
