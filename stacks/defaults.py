"""What each environment gets unless its stack file says otherwise: data, not code.

Sizes are the platform's systems table: dev is as small as the parts allow, prod is sized for the
tuning that the table names.
"""

from typing import Any

DATABASES = {"trading": "trading", "strategies": "strategies", "users": "users"}

DEFAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "dev": {
        "foundation": {},
        "network": {"cidr": "10.60.0.0/16"},
        "cluster": {"agents": 1, "published_ports": {"8080": 30080}},
        "database": {"memory_gb": 4, "databases": DATABASES},
        "cache": {"memory_gb": 1},
        "registry": {},
    },
    "staging": {
        "foundation": {"deletion_protection": True, "monthly_budget": 1000},
        "network": {"cidr": "10.70.0.0/16"},
        "cluster": {"agents": 1, "node_cpus": 4, "deletion_protection": True},
        "database": {
            "cpus": 2,
            "memory_gb": 8,
            "disk_gb": 50,
            "databases": DATABASES,
            "deletion_protection": True,
        },
        "cache": {"memory_gb": 4, "deletion_protection": True},
        "registry": {"deletion_protection": True},
    },
    "prod": {
        "foundation": {
            "deletion_protection": True,
            "hardware_keys": True,
            "monthly_budget": 4000,
        },
        "network": {"cidr": "10.80.0.0/16"},
        "cluster": {"agents": 2, "servers": 3, "node_cpus": 8, "deletion_protection": True},
        "database": {
            "cpus": 4,
            "memory_gb": 16,
            "disk_gb": 200,
            "highly_available": True,
            "databases": DATABASES,
            "deletion_protection": True,
        },
        "cache": {"memory_gb": 4, "read_replicas": 2, "deletion_protection": True},
        "registry": {"deletion_protection": True},
    },
}
"""Environment → capability → settings that differ from the spec's own defaults."""
