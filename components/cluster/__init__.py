"""Cluster: Kubernetes. On GCP, a private GKE cluster; locally, k3d."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field, model_validator

from components.cluster.specs import ChangeFreeze, PoolSpec
from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.registry import RegistryOutputs
from components.spec import Spec, refuse

Port = Annotated[int, Field(ge=1, le=65535)]
NodePort = Annotated[int, Field(ge=30000, le=32767)]
Name = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
PoolName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$")]
"""GKE allows 40 characters, of which the component's name and Pulumi's suffix take the rest."""
KeyVersion = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]
PublicKey = Annotated[
    str,
    Field(
        pattern=r"^-----BEGIN PUBLIC KEY-----\s+[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$",
        json_schema_extra={"allowed": "a public key as PEM, from -----BEGIN PUBLIC KEY----- on"},
    ),
]

PODS_PER_NODE = 64
"""GKE gives each node a range for twice as many pods: a /25, half of what its own default (110)
takes. Google's golden path has 48, from a /25 as well."""
MOST_BACKUPS = 360
"""Backup for GKE keeps a backup for at most so many intervals."""


class ClusterSpec(Spec):
    servers: Literal[1, 3] = 1
    """Control-plane nodes. On GCP no effect: Google runs them, one in each zone of the region.
    Locally 3 needs the official node image; the stand-in has one server."""
    agents: int = Field(default=1, ge=0, le=100)
    """Worker nodes of this machine; with 0, the server runs the workloads. On GCP no effect: there
    `pools` says which nodes there are."""
    pools: dict[PoolName, PoolSpec] = Field(default_factory=lambda: {"general": PoolSpec()})
    """Name → size and purpose of a set of nodes. In at least one there must always be a node for
    all: neither reserved nor spot. Locally no effect: the nodes share the machine, and none is
    reserved."""
    confidential_nodes: bool = False
    """Encrypt the nodes' memory while they run (AMD SEV), at an extra charge. It decides the
    machine family and can't be changed without making the cluster anew. Locally no effect."""
    release_channel: Literal["regular", "stable"] = "regular"
    """How soon new versions of Kubernetes arrive by themselves; `stable` has them months after
    `regular`, so that one environment tries them for another. Locally no effect: the version is
    pinned in `images/catalog.toml`."""
    change_freezes: dict[Name, ChangeFreeze] = Field(default_factory=dict[str, ChangeFreeze])
    """Name → days without upgrades, on top of the weekly window that they are held to (weekend
    nights, when most markets are shut). Locally no effect."""
    security_group: str = Field(default="", pattern=r"^(gke-security-groups@[a-z0-9.-]{1,253})?$")
    """The Google group `gke-security-groups@<domain>`, whose member groups RBAC can then name;
    empty: RBAC names people and accounts only. Locally no effect."""
    signing_keys: dict[KeyVersion, PublicKey] = Field(default_factory=dict[str, str])
    """Version of the cluster's image-signing key → its public half (PEM), as `gcloud kms keys
    versions get-public-key` prints it. An image runs only if one of them verifies its attestation.
    Empty: only Google's system images and `unsigned_images` run. Locally no effect."""
    unsigned_images: tuple[Name, ...] = ("connectivity-check",)
    """Images of the platform's own registry that run without an attestation, by digest only: what
    `up` itself builds and pushes. Locally no effect: every image runs."""
    backup_interval_hours: Literal[1, 6, 24] = 24
    """Time between backups of all namespaces, with their secrets and volumes; what may be lost.
    Locally no effect."""
    backup_retention_days: int = Field(default=7, ge=1, le=365)
    """How long a backup is kept: at most 360 intervals. Locally no effect."""
    backup_lock_days: int = Field(default=0, ge=0, le=90)
    """How long nobody can delete a backup, not even an owner of the project; the cluster's backups
    can't be destroyed for as long either. Locally no effect."""
    published_ports: dict[Port, NodePort] = Field(default_factory=dict[int, int])
    """Loopback port of the host → NodePort of the cluster. On GCP no effect: there, traffic comes
    in through a load balancer."""
    api_port: int = Field(default=6550, ge=1024, le=65535)
    """Loopback port of the Kubernetes API on the host. On GCP no effect."""
    deletion_protection: bool = False
    """Refuse to delete the cluster and its signing key until this is set to false. Locally no
    effect."""

    @property
    def max_nodes(self) -> int:
        """The most nodes that there ever are on GCP, those of an upgrade included: the network's
        ranges must hold them, each with PODS_PER_NODE pods."""
        return sum(pool.nodes_while_upgrading for pool in self.pools.values())

    @model_validator(mode="after")
    def _one_pool_for_all(self) -> Self:
        """Kubernetes' own pods need a node to be on."""
        if not any(
            pool.min_nodes and not (pool.reserved_for or pool.spot) for pool in self.pools.values()
        ):
            raise refuse(
                f"given {', '.join(self.pools) or 'none'} as pools",
                "at least one pool with min_nodes from 1 that is neither reserved nor spot",
            )
        return self

    @model_validator(mode="after")
    def _backups_can_be_kept(self) -> Self:
        longest = MOST_BACKUPS * self.backup_interval_hours // 24
        if not self.backup_lock_days <= self.backup_retention_days <= longest:
            raise refuse(
                f"given backup_retention_days {self.backup_retention_days} with "
                f"backup_lock_days {self.backup_lock_days} and "
                f"backup_interval_hours {self.backup_interval_hours}",
                f"backup_retention_days from {self.backup_lock_days} to {longest}",
            )
        return self


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
