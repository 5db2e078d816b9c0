"""What each environment gets unless its stack file says otherwise: data, not code.

Sizes are the platform's systems table: dev is as small as the parts allow, prod is sized for the
tuning that the table names.
"""

from typing import Any

SERVICES = {
    "trading-api": {"database": "trading", "cache": True},
    "strategy-engine": {"database": "strategies", "cache": True},
    "auth": {"database": "users", "cache": True},
}


def sized(**size: int) -> dict[str, dict[str, Any]]:
    """The services, each with a share of the cluster."""
    return {name: {**service, **size} for name, service in SERVICES.items()}


DEFAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "dev": {
        "foundation": {},
        "network": {"cidr": "10.60.0.0/16"},
        "cluster": {"agents": 1, "published_ports": {"8080": 30080}},
        "database": {"memory_gb": 4, "read_replica": True},
        "cache": {"memory_gb": 1},
        "registry": {},
        "baseline": {},
        "services": sized(),
    },
    "staging": {
        "foundation": {
            "deletion_protection": True,
            "audit_log_retention_days": 90,
            "monthly_budget": 1200,
        },
        "network": {"cidr": "10.70.0.0/16"},
        "cluster": {
            "agents": 1,
            # What prod runs, in small: the same kinds of pools, and a release channel ahead.
            "pools": {
                "system": {"cpus": 4, "memory_gb": 16, "min_nodes": 1, "max_nodes": 4},
                "trading": {
                    "cpus": 4,
                    "memory_gb": 16,
                    "min_nodes": 1,
                    "max_nodes": 4,
                    "reserved_for": "trading",
                    "upgrade": "blue_green",
                },
            },
            "confidential_nodes": True,
            "deletion_protection": True,
        },
        "database": {
            "cpus": 2,
            "memory_gb": 8,
            "disk_gb": 50,
            "disk_limit_gb": 200,
            # A quarter and a half of the memory, as PostgreSQL's manual advises for a server.
            "shared_buffers_mb": 2048,
            "effective_cache_size_mb": 4096,
            "deletion_protection": True,
        },
        "cache": {"memory_gb": 4, "deletion_protection": True},
        "registry": {"deletion_protection": True},
        "baseline": {},
        "services": sized(cpus=4, memory_gb=16, pods=30),
    },
    "prod": {
        "foundation": {
            "deletion_protection": True,
            "hardware_keys": True,
            "log_retention_days": 90,
            "audit_log_retention_days": 400,
            "lock_audit_logs": True,
            "monthly_budget": 4500,
        },
        "network": {"cidr": "10.80.0.0/16"},
        "cluster": {
            "agents": 2,
            "servers": 3,
            "pools": {
                # A node in each zone at least, so that the loss of one stops nothing.
                "system": {"cpus": 4, "memory_gb": 16, "min_nodes": 3, "max_nodes": 6},
                "trading": {
                    "cpus": 8,
                    "memory_gb": 32,
                    "min_nodes": 3,
                    "max_nodes": 12,
                    "reserved_for": "trading",
                    "upgrade": "blue_green",
                },
                "analytics": {
                    "cpus": 8,
                    "memory_gb": 64,
                    "min_nodes": 0,
                    "max_nodes": 10,
                    "disk_gb": 200,
                    "spot": True,
                    "reserved_for": "analytics",
                },
            },
            "confidential_nodes": True,
            "release_channel": "stable",
            # Thin markets, and few people to look after an upgrade.
            "change_freezes": {
                "year-end-2026": {"first_day": "2026-12-19", "last_day": "2027-01-03"}
            },
            "backup_interval_hours": 6,
            "backup_retention_days": 35,
            "backup_lock_days": 14,
            "deletion_protection": True,
        },
        "database": {
            "edition": "enterprise-plus",
            "cpus": 4,
            "memory_gb": 32,
            "disk_gb": 200,
            "disk_limit_gb": 1000,
            "highly_available": True,
            "read_replica": True,
            "shared_buffers_mb": 8192,
            "effective_cache_size_mb": 16384,
            "recovery_days": 35,
            "backups_kept": 90,
            "early_updates": False,
            "deletion_protection": True,
        },
        "cache": {"memory_gb": 4, "read_replicas": 2, "deletion_protection": True},
        "registry": {"deletion_protection": True},
        "baseline": {},
        "services": sized(cpus=16, memory_gb=64, pods=60),
    },
}
"""Environment → capability → settings that differ from the spec's own defaults."""
