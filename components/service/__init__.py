"""Service: what one service of the platform has to itself in the cluster. One builder for both
targets; only the cloud identity of its pods is made by the target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pydantic import AfterValidator, Field

from components.baseline import BaselineOutputs
from components.cache import CacheOutputs
from components.database import ADMIN, REPLICATOR, DatabaseName, DatabaseOutputs
from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.registry import RegistryOutputs
from components.spec import Spec, refuse

RESERVED = (
    "connectivity-check",
    "default",
    "nodes",
    "none",
    ADMIN,
    "public",
    "publisher",
    REPLICATOR,
)
"""Names that something else has: the platform's own check, Kubernetes' namespace and Redis' user,
Google accounts of the platform, roles of PostgreSQL."""
RESERVED_PREFIXES = ("kube-", "gke-", "gmp-", "pg-", "cloudsql")
"""What Kubernetes' and Google's own namespaces, and PostgreSQL's and Cloud SQL's roles, begin
with."""
AUTHORITIES = "/etc/platform"
"""Where a pod is to mount the authorities: the Secret's variables name files there."""


def _free(name: str) -> str:
    if name in RESERVED or name.startswith(RESERVED_PREFIXES):
        prefixes = ", ".join(f"{prefix}…" for prefix in RESERVED_PREFIXES)
        raise refuse(f"given {name}, a reserved name", f"none of {', '.join(RESERVED)}, {prefixes}")
    return name


ServiceName = Annotated[
    str, Field(pattern=r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"), AfterValidator(_free)
]
"""A name that is good for a namespace, a database role, a Redis user and a Google account."""


def account_name(service: str) -> str:
    """What a service is called in the database and in the cache."""
    return service.replace("-", "_")


class ServiceSpec(Spec):
    """What a service may reach and use: what is not said here is closed to it.

    It has a namespace of its own, named after it, so that nothing else can use its credentials:
    they are in that namespace's Secret `platform`, under the same names on every target.
    """

    database: DatabaseName | None = None
    """The database that this service alone owns, under a role named after it; made if it is not
    there. Empty: it reaches no database."""
    cache: bool = False
    """May use the cache, with a user of its own where the cache has users."""
    registry: bool = False
    """Its pods may talk to the container registry themselves. (Nodes pull images for it anyway.)"""
    internet: bool = False
    """Its pods may reach HTTPS outside private space: an exchange's API."""
    calls: tuple[ServiceName, ...] = ()
    """The services whose pods its pods may call. It must name itself if its pods talk to each
    other."""
    exposed: bool = False
    """Takes requests from outside the cluster: may have one load balancer, or two node ports."""
    cpus: int = Field(default=2, ge=1, le=1000)
    """Processors that its pods may ask for, together."""
    memory_gb: int = Field(default=4, ge=1, le=8000)
    """Memory that its pods may ask for and fill, together, in GiB."""
    pods: int = Field(default=20, ge=1, le=5000)
    """Pods that it may have at one time, those of an update in progress included."""
    volumes_gb: int = Field(default=0, ge=0, le=65536)
    """Size of the volumes that it may claim, together, in GiB."""


@dataclass(frozen=True)
class ServiceOutputs:
    """What a workload of the service names. The same on every target; known once all that the
    service has is there."""

    namespace: Output[str]
    """Where its pods run."""
    account: Output[str]
    """The Kubernetes service account that they run as."""
    credentials: Output[str]
    """The Secret with their environment."""
    authorities: Output[str]
    """The ConfigMap that is to be mounted at AUTHORITIES."""
    fingerprint: Output[str]
    """Changes with any of the two, and gives none of it away: an annotation of a pod's template, so
    that its pods are made anew when they would have something else in their environment."""


@dataclass(frozen=True)
class Surroundings:
    """What a service is given a part of."""

    foundation: FoundationOutputs
    network: NetworkOutputs
    registry: RegistryOutputs
    database: DatabaseOutputs
    cache: CacheOutputs
    baseline: BaselineOutputs


@dataclass(frozen=True)
class Identity:
    """Whom a service's pods are to the target's own APIs."""

    annotations: Mapping[str, Input[str]]
    """What the Kubernetes service account is bound with; known once it is bound."""
    reaches: Sequence[tuple[str, int]]
    """The addresses (range, port) that it takes to use it."""


IdentityBuilder = Callable[[str, Output[str], FoundationOutputs, ResourceOptions], Identity]
"""From the service, the namespace that its pods run in, and what the target has."""
ServiceBuilder = Callable[
    [str, ServiceSpec, Sequence[str], Surroundings, IdentityBuilder, ResourceOptions],
    ServiceOutputs,
]


class Service(ComponentResource):
    """A node named `name`, after the service; `build` makes its children and its outputs.

    `callers` are the services that may call it. `opts` must bring a Kubernetes provider, and may
    say what all of it goes with.
    """

    def __init__(
        self,
        name: str,
        spec: ServiceSpec,
        callers: Sequence[str],
        around: Surroundings,
        identity: IdentityBuilder,
        build: ServiceBuilder,
        opts: ResourceOptions,
    ) -> None:
        super().__init__("alphintra:index:Service", name, spec.inputs(), opts)
        here = ResourceOptions(parent=self, deleted_with=opts.deleted_with)
        self.outputs = build(name, spec, callers, around, identity, here)
        self.register_outputs(vars(self.outputs))
