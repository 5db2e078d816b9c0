"""What Cloud SQL takes: which settings go together, and the platform's tuning in its units."""

import json
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.database import DatabaseSpec
from components.database.cloud_sql_flags import flags
from components.database.limits import ENTERPRISE_PLUS_GB, memory_mb, tier
from stacks.config import parse

PLUS = "enterprise-plus"
DEV = {"alphintra:target": "local", "alphintra:environment": "dev"}

CONFLICTS: dict[str, tuple[dict[str, Any], str]] = {
    "too much memory for the processors": (
        {"cpus": 2, "memory_gb": 16},
        "given memory_gb 16 with cpus 2; allowed: "
        "memory_gb from 4 to 13 for 2 processors in edition enterprise",
    ),
    "too little memory for the processors": (
        {"cpus": 16, "memory_gb": 8},
        "given memory_gb 8 with cpus 16; allowed: "
        "memory_gb from 15 to 104 for 16 processors in edition enterprise",
    ),
    "more processors than a custom machine has": (
        {"cpus": 128, "memory_gb": 624},
        "given cpus 128 in edition enterprise; allowed: up to 96",
    ),
    "a machine that Enterprise Plus has not": (
        {"edition": PLUS, "cpus": 6, "memory_gb": 48},
        "given cpus 6 in edition enterprise-plus; allowed: "
        "one of 2, 4, 8, 16, 32, 48, 64, 80, 96, 128",
    ),
    "more memory than Enterprise Plus has": (
        {"edition": PLUS, "cpus": 4, "memory_gb": 64},
        "given memory_gb 64 with cpus 4; allowed: up to 32 in enterprise-plus",
    ),
    "more days of recovery than the edition keeps": (
        {"recovery_days": 8, "backups_kept": 30},
        "given recovery_days 8 in edition enterprise; allowed: up to 7",
    ),
    "recovery without a backup to start from": (
        {"recovery_days": 7, "backups_kept": 7},
        "given backups_kept 7 with recovery_days 7; allowed: "
        "more backups than days: recovery starts from a backup older than the log",
    ),
    "a disk above its limit": (
        {"disk_gb": 200, "disk_limit_gb": 100},
        "given disk_limit_gb 100 with disk_gb 200; allowed: "
        "a limit of at least the disk's size at first",
    ),
    "more buffers than Cloud SQL takes": (
        {"shared_buffers_mb": 3000},
        "given shared_buffers_mb 3000; allowed: up to 2457, 60 % of the server's memory",
    ),
    "a larger cache than Cloud SQL takes": (
        {"effective_cache_size_mb": 4096},
        "given effective_cache_size_mb 4096; allowed: up to 2867, 70 % of the server's memory",
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_what_does_not_go_together_is_said_in_one_line(case: str):
    wrong, words = CONFLICTS[case]
    with pytest.raises(pulumi.RunError) as error:
        parse({**DEV, "alphintra:database": json.dumps(wrong)}, "Pulumi.dev.yaml")
    assert str(error.value).splitlines()[1:] == [f"  Pulumi.dev.yaml: alphintra:database: {words}"]


def specs(values: dict[str, Any]) -> DatabaseSpec | None:
    try:
        return DatabaseSpec.model_validate(values)
    except ValidationError:
        return None


@given(st.integers(1, 48).map(lambda half: 2 * half), st.integers(4, 624))
def test_a_custom_machine_is_one_that_cloud_sql_has(cpus: int, memory: int):
    """1 or an even number of processors; 0.9 to 6.5 GiB for each, in steps of 256 MiB, at least
    3.75 GiB in all."""
    spec = specs({"cpus": cpus, "memory_gb": memory})
    assert (spec is not None) == (0.9 * cpus <= memory <= 6.5 * cpus)
    if spec:
        megabytes = int(tier(spec).rsplit("-", 1)[1])
        assert megabytes % 256 == 0 and megabytes >= 3840


@given(st.sampled_from(sorted(ENTERPRISE_PLUS_GB)), st.integers(4, 864))
def test_a_machine_of_enterprise_plus_has_at_least_the_memory_asked_for(cpus: int, memory: int):
    spec = specs({"edition": PLUS, "cpus": cpus, "memory_gb": memory})
    assert (spec is not None) == (memory <= ENTERPRISE_PLUS_GB[cpus])
    if spec:
        assert memory_mb(spec) >= memory * 1024


@given(
    st.sampled_from(["enterprise", PLUS]),
    st.integers(4, 600),
    st.integers(128, 262144),
    st.integers(128, 524288),
)
def test_every_flag_of_memory_is_in_cloud_sqls_range(
    edition: str, memory: int, buffers: int, cache: int
):
    cpus = next(n for n in ENTERPRISE_PLUS_GB if n * 6.5 >= memory or n == 96)
    size = {"edition": edition, "cpus": cpus, "memory_gb": memory}
    spec = specs({**size, "shared_buffers_mb": buffers, "effective_cache_size_mb": cache})
    if spec:
        blocks = memory_mb(spec) * 128
        assert 10 <= 100 * int(flags(spec)["shared_buffers"]) / blocks <= 60.1
        assert 10 <= 100 * int(flags(spec)["effective_cache_size"]) / blocks <= 70.1


def test_the_platforms_tuning_reaches_the_flags():
    """Those of its figures that Cloud SQL takes for the smallest server; 256 MiB of buffers are
    less than the tenth of 4 GiB that it asks for."""
    assert (
        flags(DatabaseSpec()).items()
        >= {
            "max_connections": "200",
            "shared_buffers": str(410 * 128),
            "effective_cache_size": "131072",
            "work_mem": "4096",
            "maintenance_work_mem": "65536",
            "checkpoint_completion_target": "0.9",
        }.items()
    )
