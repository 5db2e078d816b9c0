"""The database on one machine: a PostgreSQL container with TLS on the database network, and a
replica of it.

How the replica follows, and when it copies anew: docs/decisions/2026-11-21-local-database.md.
"""

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.certificates import ServerCertificate
from components.containers import LOOPBACK, host_address
from components.database import ADMIN, PORT, REPLICATOR, DatabaseOutputs, DatabaseSpec
from components.database.postgres import PostgresDatabase, PostgresRole
from components.database.server_files import changeable, server_files
from components.database.server_settings import PostgresSettings
from components.database.servers import Common, primary_server, replica_server
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.naming import physical_name
from components.network import NetworkOutputs
from components.network.plan import fixed_address
from components.outputs import after
from components.password import Password
from components.proxy import way_in


def postgres_container(
    name: str,
    spec: DatabaseSpec,
    foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> DatabaseOutputs:
    copy = f"{name}-replica"
    address = {server: fixed_address(server, network.database_cidr) for server in (name, copy)}
    certificate = ServerCertificate(
        f"{name}-certificate",
        name,
        addresses=[*address.values(), LOOPBACK],
        names=["localhost"],
        authority_certificate=foundation.authority_certificate,
        authority_key=foundation.authority_key,
        opts=opts,
    )
    common = Common(
        component=name,
        spec=spec,
        image=LocalImage(f"{name}-image", "postgres", opts),
        network=network.managed_services,
        files=server_files(
            foundation.authority_certificate, certificate.certificate, certificate.key
        ),
        opts=opts,
    )

    admin = Password(f"{name}-{ADMIN}", opts).value
    primary = primary_server(name, common, address[name], admin)
    told = PostgresSettings(
        f"{name}-settings", physical_name(name), changeable(spec), primary, opts
    )
    # A server that finds its data there has the administrator's password of then.
    owner = PostgresRole(
        f"{name}-{ADMIN}", physical_name(name), ADMIN, admin, primary, opts, may_replicate=True
    )
    passwords, made = roles_and_databases(name, spec, primary, opts)
    servers = {spec.host_port: address[name]}
    host = reader_host = after(address[name], primary.id)
    if spec.read_replica or spec.highly_available:
        password = Password(f"{name}-{REPLICATOR}", opts).value
        role = PostgresRole(
            f"{name}-{REPLICATOR}",
            physical_name(name),
            REPLICATOR,
            password,
            primary,
            opts,
            may_replicate=True,
        )
        replica = replica_server(copy, common, address[copy], address[name], password, role)
        servers[spec.replica_host_port] = address[copy]
        PostgresSettings(f"{copy}-settings", physical_name(copy), changeable(spec), replica, opts)
        reader_host = after(address[copy], replica.id)
    reached = {port: Output.format("{0}:{1}", server, PORT) for port, server in servers.items()}
    published = way_in(name, name, reached, network, opts)

    return DatabaseOutputs(
        host=host,
        reader_host=reader_host,
        port=Output.from_input(PORT),
        passwords=Output.secret(
            after(Output.all(**{ADMIN: admin}, **passwords), told.container, owner.role, *made)
        ),
        ca_certificate=foundation.authority_certificate,
        host_address=after(host_address(spec.host_port), host, published.id),
    )


def roles_and_databases(
    name: str, spec: DatabaseSpec, server: docker.Container, opts: ResourceOptions
) -> tuple[dict[str, Output[str]], list[Output[str]]]:
    """Role → password, and what must be made before one can be used."""
    container = physical_name(name)
    passwords = {role: Password(f"{name}-{role}", opts).value for role in spec.roles}
    roles = {
        role: PostgresRole(f"{name}-{role}", container, role, password, server, opts)
        for role, password in passwords.items()
    }
    databases = [
        PostgresDatabase(f"{name}-{database}", container, database, roles[owner].role, server, opts)
        for database, owner in spec.databases.items()
    ]
    return passwords, [*(role.id for role in roles.values()), *(one.id for one in databases)]
