"""The cache on one machine: Redis containers, a primary and, if asked for, its replica."""

from pathlib import Path

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.cache import DEFAULT_USER, CacheOutputs, CacheSpec
from components.cache.config import (
    ADMIN,
    AUTHORITY,
    CERTIFICATE,
    FOLDER,
    KEY,
    PASSWORD_FILE,
    PORT,
    changeable,
    configuration,
    rules,
)
from components.cache.server_settings import CLI, RedisSettings
from components.certificates import ServerCertificate
from components.containers import LOOPBACK, host_address, service_container
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.naming import physical_name
from components.network import NetworkOutputs
from components.network.plan import fixed_address
from components.outputs import after
from components.password import Password
from components.proxy import way_in

CONFIG_FILE, START = f"{FOLDER}/redis.conf", f"{FOLDER}/start-server"
SCRIPT = (Path(__file__).parent / "scripts" / "start-server").read_text()
PRIMARY_IS_HEALTHY = f"{CLI} ping | grep --quiet PONG"
REPLICA_IS_HEALTHY = f"{CLI} info replication | grep --quiet master_link_status:up"


def redis_containers(
    name: str,
    spec: CacheSpec,
    foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> CacheOutputs:
    primary, replica = name, f"{name}-replica"
    address = {role: fixed_address(role, network.database_cidr) for role in (primary, replica)}
    image = LocalImage(f"{name}-image", "redis", opts)
    default = Password(f"{name}-password", opts).value
    admin = Password(f"{name}-admin", opts).value
    users = {user: Password(f"{name}-user-{user}", opts).value for user in sorted(set(spec.users))}
    passwords = Output.all(**{ADMIN: admin, DEFAULT_USER: default})
    access = Output.all(*users.values()).apply(
        lambda known: {one: rules(one, its) for one, its in zip(users, known, strict=True)}
    )
    certificate = ServerCertificate(
        f"{name}-certificate",
        name,
        addresses=[*address.values(), LOOPBACK],
        names=["localhost"],
        authority_certificate=foundation.authority_certificate,
        authority_key=foundation.authority_key,
        opts=opts,
    )

    def node(role: str, health: str, follows: Output[str] | None = None) -> Output[str]:
        """A server's address, known once it answers and has its users."""
        container = service_container(
            role,
            name,
            image,
            data_path="/data",
            entry_point=["sh", START],
            command=["redis-server", CONFIG_FILE],
            files={
                START: SCRIPT,
                CONFIG_FILE: Output.all(passwords, follows).apply(
                    lambda values: configuration(*values)
                ),
                PASSWORD_FILE: admin,
                AUTHORITY: foundation.authority_certificate,
                CERTIFICATE: certificate.certificate,
                KEY: certificate.key,
            },
            health_command=health,
            networks=[
                docker.ContainerNetworksAdvancedArgs(
                    name=network.managed_services, ipv4_address=address[role]
                )
            ],
            opts=opts,
        )
        told = RedisSettings(
            f"{role}-settings", physical_name(role), changeable(spec), access, container, opts
        )
        return after(address[role], container.id, told.container)

    host = reader_host = node(primary, PRIMARY_IS_HEALTHY)
    ports = {spec.host_port: address[primary]}
    if spec.highly_available:
        reader_host = node(replica, REPLICA_IS_HEALTHY, follows=address[primary])
        ports[spec.host_port + 1] = address[replica]
    servers = {port: Output.format("{0}:{1}", at, PORT) for port, at in ports.items()}
    published = way_in(name, name, servers, network, opts)
    return CacheOutputs(
        host=host,
        port=Output.from_input(PORT),
        reader_host=reader_host,
        reader_port=Output.from_input(PORT),
        password=Output.secret(default),
        usernames=Output.from_input({user: user for user in users}),
        passwords=Output.secret(Output.all(*users.values())).apply(
            lambda values: dict(zip(users, values, strict=True))
        ),
        ca_certificate=foundation.authority_certificate,
        host_address=after(host_address(spec.host_port), host, published.id),
    )
