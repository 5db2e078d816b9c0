"""The server's settings, in the units of PostgreSQL's own parameters.

Both targets give numbers without a unit, because Cloud SQL's flags take nothing else; PostgreSQL
then counts in the parameter's base unit (`pg_settings.unit`).
"""

from components.database import DatabaseSpec

BLOCKS_PER_MB = 128  # shared_buffers and effective_cache_size are counted in blocks of 8 kB
AT_START = ("max_connections", "shared_buffers")
"""PostgreSQL takes these when it starts, the others while it runs (`pg_settings.context`)."""
KB_PER_MB = 1024  # work_mem and maintenance_work_mem are counted in kB


def parameters(spec: DatabaseSpec) -> dict[str, str]:
    """PostgreSQL parameter → value, in its base unit."""
    return {
        "max_connections": str(spec.max_connections),
        "shared_buffers": str(spec.shared_buffers_mb * BLOCKS_PER_MB),
        "effective_cache_size": str(spec.effective_cache_size_mb * BLOCKS_PER_MB),
        "work_mem": str(spec.work_mem_mb * KB_PER_MB),
        "maintenance_work_mem": str(spec.maintenance_work_mem_mb * KB_PER_MB),
        "checkpoint_completion_target": f"{spec.checkpoint_completion_target:g}",
    }
