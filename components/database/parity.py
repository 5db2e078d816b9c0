"""What a database promises, and what each target makes of it: its settings and outputs."""

from components.database.parity_guarantees import GUARANTEES
from components.parity import (
    Approximated,
    Lacking,
    Parity,
    Same,
    Statement,
    contract,
    on_cloud,
    on_machine,
    reaches,
    shown,
    tried,
)

NAME = "database"
CLOUD = "tests/components/test_database_gcp.py"
NO_BACKUP = Lacking("No backup is made here: restoring one, and what it loses, can't be tried.")
NO_MAINTENANCE = Lacking("Nobody maintains this server: clients meet no maintenance here.")
ONE_DISK = Lacking("A Docker volume has no size: a full disk, and one that grows, can't be tried.")

TUNING = tuple(
    Statement(setting, tried(NAME, "settings_are_the_specs"), reaches(NAME, setting, "gcp"))
    for setting in (
        "max_connections",
        "work_mem_mb",
        "maintenance_work_mem_mb",
        "checkpoint_completion_target",
    )
)
RAISED = tuple(
    Statement(
        setting,
        tried(NAME, "settings_are_the_specs"),
        Approximated(
            "Raised to 10 % of the server's memory, Cloud SQL's least.",
            "tests/components/test_database_limits.py::"
            "test_every_flag_of_memory_is_in_cloud_sqls_range",
        ),
    )
    for setting in ("shared_buffers_mb", "effective_cache_size_mb")
)

SETTINGS = (
    Statement(
        "version",
        tried(NAME, "version"),
        shown(NAME, "version"),
    ),
    on_cloud(NAME, "edition", Lacking("One edition: PostgreSQL's own, from Debian's packages.")),
    on_cloud(NAME, "cpus", Lacking("All processors are the machine's: no figure for speed holds.")),
    on_cloud(
        NAME, "memory_gb", Approximated("The container's limit: beyond it the server is killed.")
    ),
    on_cloud(NAME, "disk_gb", ONE_DISK),
    on_cloud(NAME, "disk_limit_gb", ONE_DISK),
    on_cloud(
        NAME,
        "highly_available",
        Approximated(
            "A replica answers reads while the server is down; Docker starts the server again. "
            "Nothing takes over: writes wait.",
            tried(NAME, "reads_go_on_while_primary_is_down").backed_by,
        ),
    ),
    Statement(
        "read_replica",
        tried(NAME, "read_from_replica"),
        reaches(NAME, "read_replica", "gcp"),
    ),
    on_machine(NAME, "replica_host_port", Lacking("Use `database_reader_host` in the network.")),
    Statement(
        "databases",
        tried(NAME, "another_services_database_refused"),
        Approximated(
            "Made, but every role is in Cloud SQL's `cloudsqlsuperuser`, which owns them: until "
            "that is revoked in SQL, roles don't keep each other out.",
            reaches(NAME, "databases", "gcp").backed_by,
        ),
    ),
    on_cloud(NAME, "iam_users", Lacking("Nobody logs in by a token here: a password it is.")),
    *TUNING,
    *RAISED,
    on_machine(NAME, "host_port", Lacking("Use `database_host_address`, from inside or a tunnel.")),
    on_cloud(NAME, "recovery_days", NO_BACKUP),
    on_cloud(NAME, "backups_kept", NO_BACKUP),
    on_cloud(NAME, "early_updates", NO_MAINTENANCE),
    on_cloud(NAME, "deletion_protection", Lacking("`make down` asks once, then data is gone.")),
)

OUTPUTS = (
    Statement(
        "host",
        Approximated(
            "An address, as the certificate says it; on Google Cloud it is a DNS name.",
            tried(NAME, "tls_verified").backed_by,
        ),
        Same(f"{CLOUD}::test_the_server_is_reached_by_the_name_in_its_certificate"),
    ),
    Statement(
        "reader_host",
        tried(NAME, "read_from_replica"),
        Same(f"{CLOUD}::test_prod_has_a_replica_for_reads_in_the_likeness_of_the_primary"),
    ),
    contract("port", NAME, "write_and_read"),
    Statement(
        "passwords",
        tried(NAME, "wrong_password_refused"),
        Same(f"{CLOUD}::test_passwords_comply_with_the_policy"),
    ),
    Statement(
        "ca_certificate",
        tried(NAME, "wrong_authority_refused"),
        Same(f"{CLOUD}::test_the_server_is_reached_by_the_name_in_its_certificate"),
    ),
    Statement(
        "host_address",
        Approximated("A loopback port of this machine."),
        Approximated("A private address: take a tunnel, or a machine in the network."),
    ),
)

PARITY = Parity(SETTINGS, OUTPUTS, GUARANTEES)
