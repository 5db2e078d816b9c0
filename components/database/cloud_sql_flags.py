"""The flags of a Cloud SQL server: the platform's tuning, and what everybody must have."""

from components.database import ADMIN, DatabaseSpec
from components.database.limits import MEMORY_PERCENT, least_mb
from components.database.tuning import parameters

AUDIT = {
    "cloudsql.enable_pgaudit": "on",  # CIS 6.2.8, CKV_GCP_110
    "pgaudit.log": "ddl,role",  # who changed the schema or a right; rows would drown the rest
    "log_checkpoints": "on",  # CKV_GCP_51
    "log_connections": "on",  # CIS 6.2.2, CKV_GCP_52
    "log_disconnections": "on",  # CIS 6.2.3, CKV_GCP_53
    "log_error_verbosity": "default",  # CIS 6.2.1
    "log_lock_waits": "on",  # CKV_GCP_54
    "log_min_duration_statement": "-1",  # CIS 6.2.7, CKV_GCP_57: no statement with its values
    "log_min_error_statement": "error",  # CIS 6.2.6, CKV_GCP_109
    "log_min_messages": "warning",  # CIS 6.2.5, CKV_GCP_55
    "log_statement": "ddl",  # CIS 6.2.4, CKV_GCP_111
    "log_temp_files": "0",  # CKV_GCP_56
}
"""What goes to Cloud Logging. CIS is the CIS Google Cloud Platform Foundation Benchmark 3.0."""

LOGIN = {"cloudsql.iam_authentication": "on"}
"""Service accounts may log in by a token of theirs."""

TIME_SERIES = {"cloudsql.enable_pg_cron": "on", "cron.database_name": ADMIN}
"""pg_cron, which keeps its jobs in one database and runs them in any
(`cron.schedule_in_database`). pg_partman needs no flag: its own background worker is not to be had,
so a job calls `partman.run_maintenance`."""


def flags(spec: DatabaseSpec) -> dict[str, str]:
    """Flag → value, in the units of PostgreSQL's own parameters, which Cloud SQL's flags share."""
    return {**parameters(allowed(spec)), **AUDIT, **LOGIN, **TIME_SERIES}


def allowed(spec: DatabaseSpec) -> DatabaseSpec:
    """The same, with no share of memory smaller than Cloud SQL takes."""
    raised = {
        setting: max(getattr(spec, setting), least_mb(spec, setting)) for setting in MEMORY_PERCENT
    }
    return spec.model_copy(update=raised)
