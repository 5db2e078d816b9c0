"""What Cloud SQL for PostgreSQL takes, as data: the provider leaves these checks to the API.

Read in November 2026, from stored copies of Google's pages below
https://cloud.google.com/sql/docs: sqlserver/create-instance and mysql/instance-settings (April
2026, machines of both editions), sqlserver/backup-recovery/pitr and mysql/backup-recovery/
configure-pitr (days of logs, by edition; one more backup than days).
"""

from collections.abc import Iterator
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from components.database import DatabaseSpec

Edition = Literal["enterprise", "enterprise-plus"]

MB_PER_GB = 1024
LARGEST_CUSTOM = 96, 624
"""Processors and GiB of the largest custom machine."""
SMALLEST_GB = 4
"""3.75 GiB, in whole ones."""
GB_PER_CPU = 0.9, 6.5
"""Least and most memory of a custom machine for each of its processors, in GiB."""
ENTERPRISE_PLUS_GB = {
    2: 16,
    4: 32,
    8: 64,
    16: 128,
    32: 256,
    48: 384,
    64: 512,
    80: 640,
    96: 768,
    128: 864,
}
"""Processors → GiB of the machines of Enterprise Plus (series N); there are no others."""
RECOVERY_DAYS = {"enterprise": 7, "enterprise-plus": 35}
"""Edition → how many days of transaction logs are kept at most."""
MEMORY_PERCENT = {"shared_buffers_mb": (10, 60), "effective_cache_size_mb": (10, 70)}
"""Setting → the least and the greatest share of the server's memory that its flag may have.

Not checked against Google's page (https://cloud.google.com/sql/docs/postgres/flags): of it, only
the range of effective_cache_size was found again, quoted by somebody else."""


def tier(spec: "DatabaseSpec") -> str:
    """The machine's name at Cloud SQL."""
    if spec.edition == "enterprise-plus":
        return f"db-perf-optimized-N-{spec.cpus}"
    return f"db-custom-{spec.cpus}-{spec.memory_gb * MB_PER_GB}"


def memory_mb(spec: "DatabaseSpec") -> int:
    """What the machine has."""
    plus = spec.edition == "enterprise-plus"
    return MB_PER_GB * (ENTERPRISE_PLUS_GB[spec.cpus] if plus else spec.memory_gb)


def least_mb(spec: "DatabaseSpec", setting: str) -> int:
    """The smallest value that Cloud SQL takes for a `setting` of MEMORY_PERCENT."""
    return ceil(memory_mb(spec) * MEMORY_PERCENT[setting][0] / 100)


def most_mb(spec: "DatabaseSpec", setting: str) -> int:
    return floor(memory_mb(spec) * MEMORY_PERCENT[setting][1] / 100)


def conflicts(spec: "DatabaseSpec") -> Iterator[tuple[str, str]]:
    """What does not go together: what is given, and what is allowed."""
    machine = list(_machine_conflicts(spec))
    yield from machine or _other_conflicts(spec)  # shares of memory need a machine that exists


def _machine_conflicts(spec: "DatabaseSpec") -> Iterator[tuple[str, str]]:
    cpus, memory = spec.cpus, spec.memory_gb
    if spec.edition == "enterprise-plus":
        if cpus not in ENTERPRISE_PLUS_GB:
            sizes = ", ".join(map(str, ENTERPRISE_PLUS_GB))
            yield f"cpus {cpus} in edition enterprise-plus", f"one of {sizes}"
        elif memory > ENTERPRISE_PLUS_GB[cpus]:
            most = ENTERPRISE_PLUS_GB[cpus]
            yield f"memory_gb {memory} with cpus {cpus}", f"up to {most} in enterprise-plus"
        return
    if cpus > LARGEST_CUSTOM[0]:
        yield f"cpus {cpus} in edition enterprise", f"up to {LARGEST_CUSTOM[0]}"
    least = max(ceil(GB_PER_CPU[0] * cpus), SMALLEST_GB)
    most = min(floor(GB_PER_CPU[1] * cpus), LARGEST_CUSTOM[1])
    if not least <= memory <= most:
        span = f"memory_gb from {least} to {most} for {cpus} processors in edition enterprise"
        yield f"memory_gb {memory} with cpus {cpus}", span


def _other_conflicts(spec: "DatabaseSpec") -> Iterator[tuple[str, str]]:
    for setting in MEMORY_PERCENT:
        given, most = getattr(spec, setting), most_mb(spec, setting)
        if given > most:
            share = MEMORY_PERCENT[setting][1]
            yield f"{setting} {given}", f"up to {most}, {share} % of the server's memory"
    if spec.disk_limit_gb < spec.disk_gb:
        given = f"disk_limit_gb {spec.disk_limit_gb} with disk_gb {spec.disk_gb}"
        yield given, "a limit of at least the disk's size at first"
    days, longest = spec.recovery_days, RECOVERY_DAYS[spec.edition]
    if days > longest:
        yield f"recovery_days {days} in edition {spec.edition}", f"up to {longest}"
    if spec.backups_kept <= days:
        given = f"backups_kept {spec.backups_kept} with recovery_days {days}"
        yield given, "more backups than days: recovery starts from a backup older than the log"
