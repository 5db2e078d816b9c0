"""Network: separate subnets for what faces the outside, for the cluster and for data."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import AfterValidator, Field

from components.foundation import FoundationOutputs
from components.network.plan import LARGEST_PREFIX, RFC_1918, SMALLEST_PREFIX, address_plan
from components.spec import Spec, refuse

PODS_RANGE = "pods"
"""Name of the private subnet's secondary range for pods, where a target names ranges."""
SERVICES_RANGE = "services"
"""Name of the private subnet's secondary range for Services, likewise."""
DOCKER_BRIDGE = IPv4Network("172.17.0.0/16")
"""Docker's own range: on a machine it is taken, and what Google's managed services are given in it
is unreachable (https://cloud.google.com/sql/docs/postgres/configure-private-ip)."""


def _plannable(block: IPv4Network) -> IPv4Network:
    if not any(block.subnet_of(private) for private in RFC_1918):
        raise ValueError("a private block (RFC 1918), such as 10.60.0.0/16")
    if block.overlaps(DOCKER_BRIDGE):
        given = f"given {block}, which overlaps {DOCKER_BRIDGE}, Docker's own range"
        raise refuse(given, "another private block")
    address_plan(block)
    return block


class NetworkSpec(Spec):
    cidr: Annotated[IPv4Network, AfterValidator(_plannable)] = Field(
        json_schema_extra={"allowed": f"a private block, /{SMALLEST_PREFIX} to /{LARGEST_PREFIX}"}
    )
    """The private IPv4 block of the whole stack, a /12 to a /20. All its ranges (subnets, pods,
    Services, managed services, control plane) are cut from it, so stacks that share a machine or
    are peered need blocks of their own. Locally it must not overlap a network of the host."""


@dataclass(frozen=True)
class NetworkOutputs:
    """What the other capabilities attach to. The same on every target."""

    id: Output[str]
    """The network as a whole: the VPC; locally the private Docker network, where the nodes live."""
    public_subnet: Output[str]
    """The subnet of what faces the outside."""
    private_subnet: Output[str]
    """The subnet of the cluster's nodes."""
    database_subnet: Output[str]
    """The subnet of databases and caches that the platform runs itself."""
    managed_services: Output[str]
    """The network that a managed database or cache attaches to, known only once it can: on GCP
    the VPC after private service access is up; locally the database network."""
    egress_addresses: Output[list[str]]
    """The public addresses that workloads reach the Internet from, to be given to exchanges that
    ask for them. Locally empty: they are the host's."""
    private_cidr: Output[str]
    """The range of the private subnet."""
    database_cidr: Output[str]
    """The range of the database subnet."""
    pods_cidr: Output[str]
    """The range for pods."""
    services_cidr: Output[str]
    """The range for Services."""
    control_plane_cidr: Output[str]
    """The range for a private control plane."""
    managed_services_cidr: Output[str]
    """The range in which managed databases and caches have their addresses: what a workload's way
    to them is allowed by. Locally the database subnet's."""


NetworkBuilder = Callable[[str, NetworkSpec, FoundationOutputs, ResourceOptions], NetworkOutputs]


class Network(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs."""

    def __init__(
        self,
        name: str,
        spec: NetworkSpec,
        foundation: FoundationOutputs,
        build: NetworkBuilder,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("alphintra:index:Network", name, spec.inputs(), opts)
        self.outputs = build(name, spec, foundation, ResourceOptions(parent=self))
        self.register_outputs(vars(self.outputs))
