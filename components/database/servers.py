"""PostgreSQL servers as containers: a primary and its replica."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_docker as docker
from pulumi import Input, Output, Resource, ResourceOptions

from components.containers import service_container
from components.database import ADMIN, DatabaseSpec
from components.database.server_files import (
    PASSWORD,
    REPLICA_HEALTH,
    START,
    START_REPLICA,
    replica_environment,
    replica_files,
    settings,
)
from components.images import LocalImage

DATA = "/var/lib/postgresql/data"
"""Where both images keep their data."""
MB_PER_GB = 1024
COPY_MINUTES = 15
"""How long a replica's first copy of the data may take."""


@dataclass(frozen=True)
class Common:
    """What both servers of a database have."""

    component: str
    spec: DatabaseSpec
    image: LocalImage
    network: Output[str]
    files: Mapping[str, Input[str]]
    opts: ResourceOptions


def primary_server(
    name: str, common: Common, address: Output[str], password: Output[str]
) -> docker.Container:
    """`password` is the administrator's."""
    return service_container(
        name,
        common.component,
        common.image,
        data_path=DATA,
        entry_point=["bash", START],
        command=settings(common.spec),
        envs=[
            f"POSTGRES_PASSWORD_FILE={PASSWORD}",
            "POSTGRES_INITDB_ARGS=--data-checksums --auth-host=scram-sha-256",
        ],
        files={**common.files, PASSWORD: password},
        # Over TCP: while the image sets up a new data folder, the server has only its socket.
        health_command=f"pg_isready --quiet --host=127.0.0.1 --username={ADMIN}",
        networks=[at(address, common)],
        memory_mb=common.spec.memory_gb * MB_PER_GB,
        opts=common.opts,
    )


def replica_server(
    name: str,
    common: Common,
    address: Output[str],
    primary: Output[str],
    password: Output[str],
    role: Resource,
) -> docker.Container:
    """A server that follows the one at `primary` as `role`, whose `password` it is given.

    It is not replaced with the primary, or with the role: it goes on with what it has.
    """
    return service_container(
        name,
        common.component,
        common.image,
        data_path=DATA,
        entry_point=["bash", START_REPLICA],
        command=settings(common.spec),
        envs=replica_environment(primary),
        files={**common.files, **replica_files(password)},
        health_command=f"bash {REPLICA_HEALTH}",
        networks=[at(address, common)],
        memory_mb=common.spec.memory_gb * MB_PER_GB,
        start_minutes=COPY_MINUTES,
        opts=ResourceOptions(parent=common.opts.parent, depends_on=[role]),
    )


def at(address: Output[str], common: Common) -> docker.ContainerNetworksAdvancedArgs:
    """On the internal network alone: such a server has no way out."""
    return docker.ContainerNetworksAdvancedArgs(name=common.network, ipv4_address=address)
