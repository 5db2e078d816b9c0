"""Redis' configuration file for the local target."""

from components.cache import CacheSpec

PORT = 6379

SETTINGS = {
    "save": "900 1 300 10 60 10000",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "tcp-keepalive": "60",
}
"""Persistence and connection settings of every node (the platform's systems table)."""


def configuration(spec: CacheSpec, password: str, primary: str | None = None) -> str:
    """The text of `redis.conf`; with `primary` (a host name), for its replica."""
    lines = {
        **SETTINGS,
        "maxmemory": f"{spec.memory_gb}gb",
        "maxmemory-policy": spec.eviction_policy,
        "timeout": str(spec.idle_timeout_seconds),
        "requirepass": password,
        "masterauth": password,
    }
    if primary:
        lines["replicaof"] = f"{primary} {PORT}"
    return "".join(f"{key} {value}\n" for key, value in lines.items())
