"""Cache: Redis 7.0. On GCP, Memorystore; locally, a primary and a replica container."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import AfterValidator, Field

from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.spec import Spec, refuse

DEFAULT_USER = "default"
"""The user that every Redis has; who signs in with a password alone is this one."""
MOST_SECONDS = 2**31 - 1
"""The largest `timeout` of Redis: INT_MAX, in its src/config.c."""
LARGEST_MEMORY_GB = 240
"""Four fifths of 300 GiB, the largest instance of Memorystore."""


def _not_the_default(user: str) -> str:
    if user == DEFAULT_USER:
        raise refuse(f"given {user!r}, which is always there", "another name")
    return user


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$"), AfterValidator(_not_the_default)]
"""The name of a user, as roles of the database are named."""


class CacheSpec(Spec):
    """One Redis and its copies.

    What was acknowledged is there after a stop. Locally a crash of the machine costs up to a second
    of writes (append-only file, synced each second); on GCP the loss of all nodes at once costs up
    to an hour (snapshots).
    """

    version: Literal["7.0"] = "7.0"
    """Minor version of Redis."""
    memory_gb: int = Field(default=1, ge=1, le=LARGEST_MEMORY_GB)
    """Memory that the data may fill, in GiB: Redis' `maxmemory`. On GCP the instance is a quarter
    larger, so that snapshots, fail-over and maintenance have room."""
    eviction_policy: Literal[
        "noeviction",
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ] = "allkeys-lru"
    """What is dropped when the memory is full: Redis' `maxmemory-policy`."""
    idle_timeout_seconds: int = Field(default=300, ge=0, le=MOST_SECONDS)
    """Close a connection that was idle for so long, up to 2,147,483,647; 0 never."""
    highly_available: bool = True
    """Keep a second node with a copy of the data. On GCP it is in another zone, takes over when the
    first fails, and serves reads from 4 GiB up (Memorystore has read replicas only in instances of
    5 GiB and more). Locally it serves reads, also while the first is down: Docker starts that again
    with its data, and writes wait until then."""
    read_replicas: int = Field(default=1, ge=1, le=5)
    """How many nodes have a copy of the data and serve reads, where they do; two outlast the loss
    of a zone without one less. Locally no effect: one machine needs but one."""
    users: list[Name] = Field(default_factory=list[str])
    """Users besides `default`, each with a password of its own. On GCP they are names only: all of
    them sign in as `default`, since Memorystore for Redis has one user and one password."""
    host_port: int = Field(default=6379, ge=1024, le=65534)
    """Loopback port of the primary on the host; the replica has the next. On GCP no effect."""
    deletion_protection: bool = False
    """Refuse to delete the cache until this is set to false. Locally no effect."""


@dataclass(frozen=True)
class CacheOutputs:
    """How a workload in the cluster reaches the cache. The same on every target."""

    host: Output[str]
    """Private address for writes and reads, known once the server answers."""
    port: Output[int]
    reader_host: Output[str]
    """Private address for reads that may be a little old: a replica where one serves reads, else
    the same as `host`."""
    reader_port: Output[int]
    password: Output[str]
    """Of the user `default`, secret; the same on all nodes."""
    usernames: Output[dict[str, str]]
    """User that was asked for → the name that it signs in with: locally its own, on GCP
    `default`."""
    passwords: Output[dict[str, str]]
    """User that was asked for → its password, secret."""
    ca_certificate: Output[str]
    """The authorities (PEM, one or several) that a client checks the server's certificate against.
    It speaks nothing but TLS, and asks clients for no certificate."""
    host_address: Output[str]
    """`host:port` for a person: on GCP the private address, which takes a tunnel or a machine in
    the network; locally a loopback port of the host."""


CacheBuilder = Callable[
    [str, CacheSpec, FoundationOutputs, NetworkOutputs, ResourceOptions], CacheOutputs
]


class Cache(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs."""

    def __init__(
        self,
        name: str,
        spec: CacheSpec,
        foundation: FoundationOutputs,
        network: NetworkOutputs,
        build: CacheBuilder,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("alphintra:index:Cache", name, spec.inputs(), opts)
        self.outputs = build(name, spec, foundation, network, ResourceOptions(parent=self))
        self.register_outputs(vars(self.outputs))
