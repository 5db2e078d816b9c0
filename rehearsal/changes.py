"""What the rehearsal's update changes: settings that Google changes in place, each by a little.

A replacement anywhere in that step is a surprise.
"""

from collections.abc import Callable, Mapping
from typing import Any

from stacks.config import Settings, parse

Override = dict[str, Any]
CHANGES: Mapping[str, Callable[[Settings], Override]] = {
    "labels of everything that carries labels": lambda _: {
        "gcp:defaultLabels": {"team": "platform"}
    },
    "budget, logs, and whom alerts warn": lambda now: {
        "alphintra:foundation": {
            "monthly_budget": now.foundation.monthly_budget + 500,
            "log_retention_days": now.foundation.log_retention_days + 30,
            "alert_email": "operations@alphintra.example",
        }
    },
    "Cloud SQL: disk, a flag, backups": lambda now: {
        "alphintra:database": {
            "disk_gb": now.database.disk_gb + 20,
            "disk_limit_gb": now.database.disk_limit_gb + 100,
            "work_mem_mb": now.database.work_mem_mb * 2,
            "backups_kept": now.database.backups_kept + 5,
        }
    },
    "Memorystore: size": lambda now: {"alphintra:cache": {"memory_gb": now.cache.memory_gb + 1}},
    "GKE: nodes of each pool, days without upgrades, backups": lambda now: {
        "alphintra:cluster": {
            "pools": {
                name: {**pool.model_dump(mode="json"), "max_nodes": pool.max_nodes + 1}
                for name, pool in now.cluster.pools.items()
            },
            "change_freezes": {
                **{k: v.model_dump(mode="json") for k, v in now.cluster.change_freezes.items()},
                "midsummer": {"first_day": "2027-06-19", "last_day": "2027-06-27"},
            },
            "backup_retention_days": now.cluster.backup_retention_days + 1,
        }
    },
    "Artifact Registry: tags may move": lambda _: {"alphintra:registry": {"immutable_tags": False}},
    "a service more: account, database, namespace": lambda _: {
        "alphintra:services": {"rehearsed": {"database": "rehearsed", "cache": True}}
    },
}
"""What is changed → the settings, from those of now."""
PROTECTED = ("foundation", "cluster", "database", "cache", "registry")
"""What docs/deploying-to-gcp.md, section 7, lifts the protection of before a stack is destroyed."""


def update(config: Mapping[str, Any], stack: str) -> list[Override]:
    """All of CHANGES, for a stack with this configuration."""
    now = parse(config, f"Pulumi.{stack}.yaml")
    return [change(now) for change in CHANGES.values()]


def unprotected() -> Override:
    return {f"alphintra:{name}": {"deletion_protection": False} for name in PROTECTED}
