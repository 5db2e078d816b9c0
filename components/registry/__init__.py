"""Registry: container images. On GCP, Artifact Registry; locally, a container
behind a gate."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field

from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.spec import Spec


class RegistrySpec(Spec):
    immutable_tags: bool = True
    """Refuse to move or delete a tag that is there: what was tested is what runs. The same image
    may be pushed again."""
    host_port: int = Field(default=5050, ge=1024, le=65535)
    """Loopback port of the registry on the host. On GCP no effect."""
    deletion_protection: bool = False
    """Refuse to delete the registry's own images until this is set to false. Locally no effect."""


@dataclass(frozen=True)
class RegistryOutputs:
    """Where images are pushed to and pulled from. The same on every target."""

    address: Output[str]
    """What an image's name begins with, for whoever pushes and whoever pulls: `<address>/<image>`.
    It has no trailing slash, and is known once the cluster's nodes may pull from it."""
    host: Output[str]
    """What `address` begins with: the name by which the cluster's nodes know the registry. A
    cluster is made with it before the registry is there, since that takes long."""
    mirror: Output[str]
    """Where the nodes really find `host`: a URL, likewise. The same place on GCP; locally the
    registry's own address, since `localhost` is another machine to each node."""
    cidr: Output[str]
    """The range in which a pod that talks to the registry itself finds it: what its way there is
    allowed by. On GCP Google's APIs; locally one address, the registry's on the nodes' network."""
    port: Output[int]
    """The port there."""
    image_platform: Output[str]
    """What the images are to run on, as `os/architecture`: the cluster's nodes, not the machine
    that builds. Locally empty: the two are the same."""


RegistryBuilder = Callable[
    [str, RegistrySpec, FoundationOutputs, NetworkOutputs, ResourceOptions], RegistryOutputs
]


class Registry(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs."""

    def __init__(
        self,
        name: str,
        spec: RegistrySpec,
        foundation: FoundationOutputs,
        network: NetworkOutputs,
        build: RegistryBuilder,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("alphintra:index:Registry", name, spec.inputs(), opts)
        self.outputs = build(name, spec, foundation, network, ResourceOptions(parent=self))
        self.register_outputs(vars(self.outputs))
