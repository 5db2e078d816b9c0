"""The database on one machine: a PostgreSQL container on the database network."""

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.containers import host_address, service_container
from components.database import ADMIN, PORT, DatabaseOutputs, DatabaseSpec
from components.database.postgres import PostgresDatabase, PostgresRole
from components.database.tuning import parameters
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.network import NetworkOutputs
from components.network.plan import fixed_address
from components.outputs import after
from components.password import Password

MB_PER_GB = 1024
PASSWORD_FILE = "/run/secrets/postgres-password"


def postgres_container(
    name: str,
    spec: DatabaseSpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> DatabaseOutputs:
    admin = Password(f"{name}-{ADMIN}", opts)
    address = fixed_address(name, network.database_cidr)
    server = service_container(
        name,
        name,
        LocalImage(f"{name}-image", "postgres", opts),
        data_path="/var/lib/postgresql/data",
        command=["postgres", *(f"-c{key}={value}" for key, value in parameters(spec).items())],
        envs=[
            f"POSTGRES_PASSWORD_FILE={PASSWORD_FILE}",
            "POSTGRES_INITDB_ARGS=--data-checksums --auth-host=scram-sha-256",
        ],
        files={PASSWORD_FILE: admin.value},
        # Over TCP: while the image sets up a new data folder, the server has only its socket.
        health_command=f"pg_isready --quiet --host=127.0.0.1 --username={ADMIN}",
        ports={PORT: spec.host_port},
        networks=[
            docker.ContainerNetworksAdvancedArgs(
                name=network.managed_services, ipv4_address=address
            ),
            docker.ContainerNetworksAdvancedArgs(name=network.private_subnet),
        ],
        memory_mb=spec.memory_gb * MB_PER_GB,
        opts=opts,
    )

    container = after(server.name, server.id)
    passwords: dict[str, Output[str]] = {ADMIN: admin.value}
    roles: dict[str, PostgresRole] = {}
    for role in spec.roles:
        password = Password(f"{name}-{role}", opts)
        roles[role] = PostgresRole(f"{name}-{role}", container, role, password.value, server, opts)
        passwords[role] = password.value
    databases = [
        PostgresDatabase(f"{name}-{database}", container, database, roles[owner].role, server, opts)
        for database, owner in spec.databases.items()
    ]
    made = [server.id, *(role.id for role in roles.values()), *(one.id for one in databases)]
    host = after(address, server.id)
    return DatabaseOutputs(
        host=host,
        reader_host=host,
        port=Output.from_input(PORT),
        passwords=Output.secret(after(Output.all(**passwords), *made)),
        ca_certificate=Output.from_input(""),
        host_address=host_address(spec.host_port),
    )
