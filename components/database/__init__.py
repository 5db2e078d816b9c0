"""Database: PostgreSQL 15. On GCP, Cloud SQL; locally, a container."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field

from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.spec import Spec

PORT = 5432
"""Where PostgreSQL listens, on every target."""
ADMIN = "postgres"
"""The administrator's role, on every target."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name that PostgreSQL takes without quotes."""


class DatabaseSpec(Spec):
    version: Literal["15"] = "15"
    """Major version of PostgreSQL."""
    cpus: int = Field(default=2, ge=2, le=96, multiple_of=2)
    """Processors. Locally no effect: the container shares the machine's."""
    memory_gb: int = Field(default=4, ge=4, le=624)
    """Memory of the server, in GiB. Locally the container's limit."""
    disk_gb: int = Field(default=20, ge=10, le=65536)
    """Size of the disk at first, in GiB; on GCP it grows. Locally no effect: a Docker volume has
    no size."""
    highly_available: bool = False
    """Keep a standby in a second zone. Locally no effect: there is one machine."""
    databases: dict[Name, Name] = Field(default_factory=dict[str, str])
    """Name of each database → the role that owns it. A role may own several; each role gets a
    generated password. Whoever takes a name out deletes that database."""
    max_connections: int = Field(default=200, ge=14, le=262143)
    """Connections at one time."""
    shared_buffers_mb: int = Field(default=256, ge=128, le=262144)
    """Memory of the buffer cache that all sessions share, in MiB."""
    effective_cache_size_mb: int = Field(default=1024, ge=128, le=524288)
    """What the planner assumes is cached in all, in MiB; allocates nothing."""
    work_mem_mb: int = Field(default=4, ge=1, le=2048)
    """Memory of one sort or hash before it spills to disk, in MiB."""
    maintenance_work_mem_mb: int = Field(default=64, ge=1, le=8192)
    """Memory of VACUUM and CREATE INDEX, in MiB."""
    checkpoint_completion_target: float = Field(default=0.9, ge=0.0, le=1.0)
    """Share of the time between checkpoints over which one is spread."""
    host_port: int = Field(default=5432, ge=1024, le=65535)
    """Loopback port of the server on the host. On GCP no effect."""
    deletion_protection: bool = False
    """Refuse to delete the server until this is set to false. Locally no effect."""

    @property
    def roles(self) -> list[str]:
        """The roles that own a database, each once, in order."""
        return sorted(set(self.databases.values()))

    def including(self, name: str) -> "DatabaseSpec":
        """The same, and a database `name` owned by a role of that name."""
        return self.model_copy(update={"databases": {**self.databases, name: name}})


@dataclass(frozen=True)
class DatabaseOutputs:
    """How a workload in the cluster reaches the databases. The same on every target."""

    host: Output[str]
    """Private address, known once the server takes connections."""
    port: Output[int]
    passwords: Output[dict[str, str]]
    """Role → password, secret; known once all roles and databases are there. `postgres` is the
    administrator."""
    ca_certificate: Output[str]
    """The authority (PEM) that a client checks the server's certificate against. Locally empty: the
    server speaks no TLS there."""
    host_address: Output[str]
    """`host:port` for a person: on GCP the private address, which takes a tunnel or a machine in
    the network; locally a loopback port of the host."""


DatabaseBuilder = Callable[
    [str, DatabaseSpec, FoundationOutputs, NetworkOutputs, ResourceOptions], DatabaseOutputs
]


class Database(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs."""

    def __init__(
        self,
        name: str,
        spec: DatabaseSpec,
        foundation: FoundationOutputs,
        network: NetworkOutputs,
        build: DatabaseBuilder,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("alphintra:index:Database", name, spec.inputs(), opts)
        self.outputs = build(name, spec, foundation, network, ResourceOptions(parent=self))
        self.register_outputs(vars(self.outputs))
