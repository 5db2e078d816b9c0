"""How much memory an instance of Memorystore needs, and how it is used: pure arithmetic."""

from math import ceil

from components.cache import CacheSpec

DATA_PERCENT = 80
"""Share of an instance that data may fill: Google's guide wants a fifth free for snapshots,
fail-over, scaling and fragmentation (memory management best practices)."""
READ_REPLICAS_FROM_GB = 5
"""Memorystore for Redis has read replicas from this size of instance up."""


def capacity_gb(memory_gb: int) -> int:
    """The size of an instance, in whole GiB, of which `memory_gb` are for data."""
    return ceil(memory_gb * 100 / DATA_PERCENT)


def has_read_replicas(spec: CacheSpec) -> bool:
    return spec.highly_available and capacity_gb(spec.memory_gb) >= READ_REPLICAS_FROM_GB


def redis_configs(spec: CacheSpec) -> dict[str, str]:
    """The platform's memory policy, in the names of Memorystore's own configuration."""
    return {
        "maxmemory-gb": str(spec.memory_gb),
        "maxmemory-policy": spec.eviction_policy,
        "timeout": str(spec.idle_timeout_seconds),
        "activedefrag": "yes",
        # What is evicted or expired is freed beside the clients, not before their next command.
        "lazyfree-lazy-eviction": "yes",
        "lazyfree-lazy-expire": "yes",
    }
