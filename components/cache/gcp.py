"""The cache on Google Cloud: Memorystore for Redis, encrypted, on a private address.

What is recommended, what is set and what is left out: docs/cloud/cache.md.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, redis, secretmanager

from components.cache import DEFAULT_USER, CacheOutputs, CacheSpec
from components.cache.memory import capacity_gb, has_read_replicas, redis_configs
from components.foundation import FoundationOutputs
from components.naming import cloud_labels, physical_name
from components.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi_gcp.redis import outputs

SNAPSHOT_START = "2026-01-01T00:30:00Z"
"""The hourly snapshots are aligned to it: half an hour off the start of maintenance."""
MAINTENANCE_DAY, MAINTENANCE_HOUR_UTC = "SUNDAY", 3
"""When exchanges are closed. The window lasts one hour: Memorystore's rule."""
REGRET = f"{7 * 24 * 60 * 60}s"
"""How long a version of the password that is to be destroyed can still be restored."""


def memorystore(
    name: str,
    spec: CacheSpec,
    foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> CacheOutputs:
    key = foundation.key("cache")
    # Protected twice: Pulumi refuses in the preview already, the provider when it is told to.
    guarded = ResourceOptions(parent=opts.parent, protect=spec.deletion_protection)
    instance = redis_instance(name, spec, key, network.managed_services, guarded)
    password = Output.secret(instance.auth_string)
    keep_password(name, spec, key, password, guarded)
    reads_apart = has_read_replicas(spec)
    return CacheOutputs(
        host=instance.host,
        port=instance.port,
        reader_host=instance.read_endpoint if reads_apart else instance.host,
        reader_port=instance.read_endpoint_port if reads_apart else instance.port,
        password=password,
        usernames=Output.from_input(dict.fromkeys(spec.users, DEFAULT_USER)),
        passwords=password.apply(lambda one: dict.fromkeys(spec.users, one)),
        ca_certificate=instance.server_ca_certs.apply(bundle),
        host_address=Output.format("{0}:{1}", instance.host, instance.port),
    )


def redis_instance(
    name: str, spec: CacheSpec, key: Output[str], network: Output[str], opts: ResourceOptions
) -> "redis.Instance":
    """The instance; its zones are Memorystore's choice, always two when it is highly available."""
    reads_apart = has_read_replicas(spec)
    return redis.Instance(
        name,
        display_name=physical_name(name),
        labels=cloud_labels(name),
        region=config.region,
        tier="STANDARD_HA" if spec.highly_available else "BASIC",
        redis_version=f"REDIS_{spec.version.replace('.', '_')}",
        memory_size_gb=capacity_gb(spec.memory_gb),
        replica_count=spec.read_replicas if reads_apart else None,
        read_replicas_mode="READ_REPLICAS_ENABLED" if reads_apart else "READ_REPLICAS_DISABLED",
        authorized_network=network,
        connect_mode="PRIVATE_SERVICE_ACCESS",
        auth_enabled=True,
        transit_encryption_mode="SERVER_AUTHENTICATION",
        customer_managed_key=key,
        redis_configs=redis_configs(spec),
        persistence_config={
            "persistence_mode": "RDB",
            "rdb_snapshot_period": "ONE_HOUR",
            "rdb_snapshot_start_time": SNAPSHOT_START,
        },
        maintenance_policy={
            "description": "Sunday night, when exchanges are closed.",
            "weekly_maintenance_windows": [
                {
                    "day": MAINTENANCE_DAY,
                    "start_time": {
                        "hours": MAINTENANCE_HOUR_UTC,
                        "minutes": 0,
                        "seconds": 0,
                        "nanos": 0,
                    },
                }
            ],
        },
        deletion_protection=spec.deletion_protection,
        opts=opts,
    )


def keep_password(
    name: str, spec: CacheSpec, key: Output[str], password: Output[str], opts: ResourceOptions
) -> None:
    """The password in Secret Manager, for whom Kubernetes' Secrets don't reach: in the instance's
    region only, encrypted with the same key as the data."""
    secret = secretmanager.Secret(
        f"{name}-password",
        secret_id=physical_name(f"{name}-password"),
        labels=cloud_labels(name),
        replication={
            "user_managed": {
                "replicas": [
                    {
                        "location": config.region or "",
                        "customer_managed_encryption": {"kms_key_name": key},
                    }
                ]
            }
        },
        version_destroy_ttl=REGRET,
        deletion_protection=spec.deletion_protection,
        opts=ResourceOptions(parent=opts.parent, protect=opts.protect, delete_before_replace=True),
    )
    secretmanager.SecretVersion(
        f"{name}-password",
        secret=secret.id,
        secret_data=password,
        opts=ResourceOptions(parent=opts.parent),
    )


def bundle(authorities: "Sequence[outputs.InstanceServerCaCert]") -> str:
    """All authorities in one text: during a rotation the old and the new are both trusted."""
    return "".join(f"{(authority.cert or '').strip()}\n" for authority in authorities)
