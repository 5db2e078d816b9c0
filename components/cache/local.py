"""The cache on one machine: Redis containers, a primary and, if asked for, its replica."""

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.cache import CacheOutputs, CacheSpec
from components.cache.config import PORT, configuration
from components.containers import host_address, service_container
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.network import NetworkOutputs
from components.network.plan import fixed_address
from components.outputs import after
from components.password import Password

CONFIG_FILE, PASSWORD_FILE = "/etc/redis/redis.conf", "/etc/redis/password"
CLI = f'REDISCLI_AUTH="$(cat {PASSWORD_FILE})" redis-cli'
PRIMARY_IS_HEALTHY = f"{CLI} ping | grep --quiet PONG"
REPLICA_IS_HEALTHY = f"{CLI} info replication | grep --quiet master_link_status:up"


def redis_containers(
    name: str,
    spec: CacheSpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> CacheOutputs:
    image = LocalImage(f"{name}-image", "redis", opts)
    password = Password(f"{name}-password", opts).value
    passwords = {
        user: Password(f"{name}-user-{user}", opts).value for user in dict.fromkeys(spec.users)
    }

    def node(role: str, host_port: int, health: str, primary: Output[str] | None):
        address = fixed_address(role, network.database_cidr)
        container = service_container(
            role,
            name,
            image,
            data_path="/data",
            command=["redis-server", CONFIG_FILE],
            files={
                CONFIG_FILE: Output.all(password, primary).apply(
                    lambda values: configuration(spec, values[0], values[1])
                ),
                PASSWORD_FILE: password,
            },
            health_command=health,
            ports={PORT: host_port},
            networks=[
                docker.ContainerNetworksAdvancedArgs(
                    name=network.managed_services, ipv4_address=address
                ),
                docker.ContainerNetworksAdvancedArgs(name=network.private_subnet),
            ],
            opts=opts,
        )
        return after(address, container.id)

    primary = node(name, spec.host_port, PRIMARY_IS_HEALTHY, None)
    reader = primary
    if spec.highly_available:
        reader = node(f"{name}-replica", spec.host_port + 1, REPLICA_IS_HEALTHY, primary)
    return CacheOutputs(
        host=primary,
        port=Output.from_input(PORT),
        reader_host=reader,
        reader_port=Output.from_input(PORT),
        password=Output.secret(password),
        usernames=Output.from_input({user: user for user in passwords}),
        passwords=Output.secret(Output.all(*passwords.values())).apply(
            lambda values: dict(zip(passwords, values, strict=True))
        ),
        ca_certificate=Output.from_input(""),
        host_address=host_address(spec.host_port),
    )
