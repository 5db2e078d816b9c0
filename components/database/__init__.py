"""Database: PostgreSQL 15. On GCP, Cloud SQL; locally, a container."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import AfterValidator, Field, model_validator

from components.database.limits import SMALLEST_GB, Edition, conflicts
from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.spec import Spec, refuse

PORT = 5432
"""Where PostgreSQL listens, on every target."""
ADMIN = "postgres"
"""The administrator's role, on every target."""
REPLICATOR = "replicator"
"""The role that a local replica follows the primary as; it can use no database."""

TAKEN = {
    "role": (ADMIN, REPLICATOR, "none", "public"),
    "database": ("postgres", "template0", "template1", "cloudsqladmin"),
}
"""What is in every server, or means something else to PostgreSQL or Cloud SQL."""
TAKEN_PREFIXES: dict[str, tuple[str, ...]] = {"role": ("pg_", "cloudsql"), "database": ()}
"""What PostgreSQL's and Cloud SQL's own roles begin with; the former refuses `pg_` to all others
(https://www.postgresql.org/docs/15/sql-createrole.html)."""


def _free(kind: str) -> AfterValidator:
    def check(name: str) -> str:
        if name in TAKEN[kind] or name.startswith(TAKEN_PREFIXES[kind]):
            others = (*TAKEN[kind], *(f"{prefix}…" for prefix in TAKEN_PREFIXES[kind]))
            raise refuse(
                f"given {name!r} as a {kind}", f"one of its own, none of {', '.join(others)}"
            )
        return name

    return AfterValidator(check)


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Part of a URL as it stands, and no longer than PostgreSQL keeps a name. It may be a word of
SQL."""
DatabaseName = Annotated[Name, _free("database")]
RoleName = Annotated[Name, _free("role")]
ServiceAccount = Annotated[str, Field(pattern=r"^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$")]
"""The email of a Google service account."""


class DatabaseSpec(Spec):
    """One PostgreSQL server and what is in it.

    Cloud SQL has no TimescaleDB. Time series stand there on native partitions: pg_partman makes and
    drops them, and pg_cron, which is switched on, runs its maintenance.
    """

    version: Literal["15"] = "15"
    """Major version of PostgreSQL."""
    edition: Edition = "enterprise"
    """Edition of Cloud SQL. `enterprise-plus` is for what must not stop: maintenance takes less
    than a second, logs for recovery are kept up to 35 days, a local SSD caches data; its prices are
    1.3 times as high and its machines have 8 GiB for each processor. Locally no effect."""
    cpus: int = Field(default=2, ge=2, le=128, multiple_of=2)
    """Processors: up to 96; in edition enterprise-plus 2, 4, 8, 16, 32, 48, 64, 80, 96 or 128.
    Locally no effect: the container shares the machine's."""
    memory_gb: int = Field(default=4, ge=SMALLEST_GB, le=864)
    """Memory of the server, in GiB: 0.9 to 6.5 for each processor; in edition enterprise-plus at
    least so much, since its machines have 8 for each. Locally the container's limit."""
    disk_gb: int = Field(default=20, ge=10, le=65536)
    """Size of the disk at first, in GiB; on GCP it grows. Locally no effect: a Docker volume has
    no size."""
    disk_limit_gb: int = Field(default=100, ge=10, le=65536)
    """Size up to which the disk grows by itself, in GiB. It never shrinks, and is paid for.
    Locally no effect."""
    highly_available: bool = False
    """Keep a standby in a second zone, which takes over when the server is lost. Locally nothing
    takes over: a replica, made for this too, answers reads while the server is away, writes wait,
    and Docker starts the server again with its data."""
    read_replica: bool = False
    """Keep a second server for reads, of the same size, a moment behind."""
    databases: dict[DatabaseName, RoleName] = Field(default_factory=dict[str, str])
    """Name of each database → the role that owns it, which is none of the platform's own. A role
    may own several; each role gets a generated password. Whoever takes a name out deletes that
    database. On GCP the owner is Cloud SQL's `cloudsqlsuperuser`, which every role is a member of:
    there roles don't keep each other out."""
    iam_users: list[ServiceAccount] = Field(default_factory=list[str])
    """Google service accounts that log in as themselves, by a token of theirs, without a password.
    Locally no effect."""
    max_connections: int = Field(default=200, ge=14, le=262143)
    """Connections at one time."""
    shared_buffers_mb: int = Field(default=256, ge=128, le=262144)
    """Memory of the buffer cache that all sessions share, in MiB, up to 60 % of the server's. On
    GCP at least 10 %: Cloud SQL's rule."""
    effective_cache_size_mb: int = Field(default=1024, ge=128, le=524288)
    """What the planner assumes is cached in all, in MiB, up to 70 % of the server's memory;
    allocates nothing. On GCP at least 10 %: Cloud SQL's rule."""
    work_mem_mb: int = Field(default=4, ge=1, le=2048)
    """Memory of one sort or hash before it spills to disk, in MiB."""
    maintenance_work_mem_mb: int = Field(default=64, ge=1, le=8192)
    """Memory of VACUUM and CREATE INDEX, in MiB."""
    checkpoint_completion_target: float = Field(default=0.9, ge=0.0, le=1.0)
    """Share of the time between checkpoints over which one is spread."""
    host_port: int = Field(default=5432, ge=1024, le=65535)
    """Loopback port of the server on the host. On GCP no effect."""
    replica_host_port: int = Field(default=5434, ge=1024, le=65535)
    """Loopback port of the replica on the host, if there is one. On GCP no effect."""
    recovery_days: int = Field(default=7, ge=1, le=35)
    """How far back any moment can be restored, in days: up to 7; in edition enterprise-plus 35.
    Locally no effect."""
    backups_kept: int = Field(default=8, ge=2, le=365)
    """How many daily backups are kept; more than the days of recovery. Locally no effect."""
    early_updates: bool = True
    """Take maintenance a week after it is announced, so that trouble shows where it hurts least;
    otherwise two weeks after. Locally no effect."""
    deletion_protection: bool = False
    """Refuse to delete or replace the server, its replica, databases and stored passwords until
    this is set to false. Locally no effect."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for given, allowed in conflicts(self):
            raise refuse(f"given {given}", allowed)
        return self

    @property
    def roles(self) -> list[str]:
        """The roles that own a database, each once, in order."""
        return sorted(set(self.databases.values()))


@dataclass(frozen=True)
class DatabaseOutputs:
    """How a workload in the cluster reaches the databases. The same on every target."""

    host: Output[str]
    """Where the server is reached, and the name in its certificate if it has one; known once it
    takes connections. On GCP a DNS name of the private network; locally an address."""
    reader_host: Output[str]
    """Where reads go that may be a moment behind: the replica, or the server if there is none."""
    port: Output[int]
    passwords: Output[dict[str, str]]
    """Role → password, secret; known once all roles and databases are there. `postgres` is the
    administrator."""
    ca_certificate: Output[str]
    """The authorities (PEM, one or several) that a client checks the server's certificate against,
    with `sslmode=verify-full`. Locally the stack's own."""
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
