"""The cache on Google Cloud: Memorystore for Redis with AUTH, on a private address."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import redis

from components.cache import CacheOutputs, CacheSpec
from components.foundation import FoundationOutputs
from components.network import NetworkOutputs

READ_REPLICAS_FROM_GB = 5
"""Memorystore for Redis has read replicas from this size up."""


def memorystore(
    name: str,
    spec: CacheSpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> CacheOutputs:
    read_replicas = spec.highly_available and spec.memory_gb >= READ_REPLICAS_FROM_GB
    instance = redis.Instance(
        name,
        tier="STANDARD_HA" if spec.highly_available else "BASIC",
        redis_version=f"REDIS_{spec.version.replace('.', '_')}",
        memory_size_gb=spec.memory_gb,
        replica_count=1 if read_replicas else None,
        read_replicas_mode="READ_REPLICAS_ENABLED" if read_replicas else None,
        authorized_network=network.managed_services,
        connect_mode="PRIVATE_SERVICE_ACCESS",
        auth_enabled=True,
        redis_configs={
            "maxmemory-policy": spec.eviction_policy,
            "timeout": str(spec.idle_timeout_seconds),
        },
        persistence_config=redis.InstancePersistenceConfigArgs(
            persistence_mode="RDB", rdb_snapshot_period="ONE_HOUR"
        ),
        opts=opts,
    )
    return CacheOutputs(
        host=instance.host,
        port=instance.port,
        reader_host=instance.read_endpoint if read_replicas else instance.host,
        reader_port=instance.read_endpoint_port if read_replicas else instance.port,
        password=Output.secret(instance.auth_string),
        ca_certificate=Output.from_input(""),
        host_address=Output.format("{0}:{1}", instance.host, instance.port),
    )
