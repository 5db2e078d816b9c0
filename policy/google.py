"""Facts of Google Cloud, from `data/google_cloud.toml`, which says what each was checked with."""

import re
import tomllib
from pathlib import Path
from typing import Any

_DATA: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "data" / "google_cloud.toml").read_text()
)

REGIONS: dict[str, tuple[str, ...]] = {
    region: tuple(f"{region}-{letter}" for letter in letters)
    for region, letters in _DATA["regions"]["zones"].items()
}
"""Region → its zones."""
PLACES = frozenset(
    [*REGIONS, *(zone for zones in REGIONS.values() for zone in zones), *_DATA["regions"]["wider"]]
)
"""All that a region, zone or location may be."""
MACHINE_TYPES = frozenset(
    f"{family}-{cpus}"
    for family, sizes in _DATA["machine_types"]["families"].items()
    for cpus in sizes
)
SQL_VERSIONS = frozenset(_DATA["sql"]["versions"])
SQL_PLUS_CPUS: dict[str, list[int]] = _DATA["sql"]["plus_cpus"]
REDIS_VERSIONS = frozenset(_DATA["redis"]["versions"])
REDIS_GB: tuple[int, int] = tuple(_DATA["redis"]["memory_gb"])
REGISTRY_FORMATS = frozenset(_DATA["registry"]["formats"])
CLEANUP_ACTIONS = frozenset(_DATA["registry"]["cleanup_actions"])
BUCKET_ACTIONS = frozenset(_DATA["storage"]["lifecycle_actions"])
PROJECT_ID = re.compile(_DATA["project"]["id"])


def is_sql_tier(tier: str) -> bool:
    """Whether Cloud SQL for PostgreSQL has machines of that size."""
    custom = re.fullmatch(r"db-custom-(\d+)-(\d+)", tier)
    if custom:
        return is_custom_size(int(custom[1]), int(custom[2]))
    plus = re.fullmatch(r"db-(.+)-(\d+)", tier)
    return plus is not None and int(plus[2]) in SQL_PLUS_CPUS.get(plus[1], ())


def is_custom_size(cpus: int, memory_mb: int) -> bool:
    """Whether an Enterprise machine can have so many CPUs with so much memory."""
    limits = _DATA["sql"]["custom"]
    return (
        (cpus == 1 or cpus % 2 == 0)
        and 1 <= cpus <= limits["cpus"]
        and memory_mb % limits["memory_step_mb"] == 0
        and memory_mb >= limits["memory_mb"]
        and limits["gb_a_cpu"][0] * 1024 * cpus <= memory_mb <= limits["gb_a_cpu"][1] * 1024 * cpus
    )
