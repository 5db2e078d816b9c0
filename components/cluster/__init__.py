"""Cluster: Kubernetes. On GCP, a private GKE cluster; locally, k3d."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field

from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.registry import RegistryOutputs
from components.spec import Spec

Port = Annotated[int, Field(ge=1, le=65535)]
NodePort = Annotated[int, Field(ge=30000, le=32767)]


class ClusterSpec(Spec):
    kubernetes_version: Literal["1.31"] = "1.31"
    """Minor version of Kubernetes. On GCP the release channel picks the patch; locally it is
    pinned in `images/catalog.toml`."""
    servers: Literal[1, 3] = 1
    """Control-plane nodes. On GCP no effect: Google runs them, one in each zone of the region.
    Locally 3 needs the official node image; the stand-in has one server."""
    agents: int = Field(default=1, ge=0, le=100)
    """Worker nodes; on GCP in each zone of the region, at least 1. Locally, with 0, the server
    runs the workloads."""
    node_cpus: Literal[2, 4, 8, 16] = 2
    """Processors of a worker node; a node has 4 GiB of memory for each. Locally no effect: the
    nodes share the machine."""
    published_ports: dict[Port, NodePort] = Field(default_factory=dict[int, int])
    """Loopback port of the host → NodePort of the cluster. On GCP no effect: there, traffic comes
    in through a load balancer."""
    api_port: int = Field(default=6550, ge=1024, le=65535)
    """Loopback port of the Kubernetes API on the host. On GCP no effect."""
    deletion_protection: bool = False
    """Refuse to delete the cluster until this is set to false. Locally no effect."""


@dataclass(frozen=True)
class ClusterOutputs:
    """How a person or a program reaches the cluster. The same on every target."""

    name: Output[str]
    kubeconfig: Output[str]
    """A whole kubeconfig file, secret; known once the nodes are ready."""
    disposable: Output[bool]
    """Whether a cluster that can't be reached counts as gone, with all that stood in it. Locally
    yes: it may be made anew. On GCP never: a lost connection must drop nothing from the state."""


ClusterBuilder = Callable[
    [str, ClusterSpec, FoundationOutputs, NetworkOutputs, RegistryOutputs, ResourceOptions],
    ClusterOutputs,
]


class Cluster(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs."""

    def __init__(
        self,
        name: str,
        spec: ClusterSpec,
        foundation: FoundationOutputs,
        network: NetworkOutputs,
        registry: RegistryOutputs,
        build: ClusterBuilder,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("alphintra:index:Cluster", name, spec.inputs(), opts)
        self.outputs = build(
            name, spec, foundation, network, registry, ResourceOptions(parent=self)
        )
        self.register_outputs(vars(self.outputs))
