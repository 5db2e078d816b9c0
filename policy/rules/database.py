"""Cloud SQL for PostgreSQL."""

from policy.checks import ABSENT, STATED, Test, at_least, equal, every, flags, must, one_of, unless
from policy.model import LIKE_PROD, Check, ResourceRule

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"

RETAINED_BACKUPS = 7
"""A week, Google's own default: cloud.google.com/sql/docs/postgres/backup-recovery/backups."""

LOG_FLAGS = {
    "log_connections": equal("on"),
    "log_disconnections": equal("on"),
    "log_checkpoints": equal("on"),
    "log_lock_waits": equal("on"),
    "log_temp_files": equal("0"),
    "log_statement": one_of("ddl", "mod", "all"),
    "log_error_verbosity": one_of("default", "terse"),
    "log_min_duration_statement": equal("-1"),
    "log_min_messages": one_of("error", "warning", "notice", "info", "log"),
    "log_min_error_statement": one_of("error", "warning", "notice", "info", "log"),
    "cloudsql.enable_pgaudit": equal("on"),
}
"""Who connects, what changes, what waits or fails; no statement with the data that it holds."""


def primary(check: Check) -> Check:
    """`check`, not of read replicas: they are copies, have neither standby nor backups, and are
    maintained when their primary is."""
    return unless("masterInstanceName", check)


RULES = (
    ResourceRule(
        id="database-private-address",
        title="The database has no public address",
        sources=("CIS GCP 4.0 6.5, 6.6", "CKV_GCP_11", "CKV_GCP_60"),
        severity="critical",
        remedy="ipv4_enabled=False and a private network in components/database.",
        types=(INSTANCE,),
        check=every(
            must("settings.ipConfiguration.ipv4Enabled", equal(False)),
            must("settings.ipConfiguration.authorizedNetworks", ABSENT),
            must("settings.ipConfiguration.privateNetwork", STATED),
        ),
    ),
    ResourceRule(
        id="database-tls-required",
        title="The database takes encrypted connections only",
        sources=("CIS GCP 4.0 6.4", "CKV_GCP_6"),
        severity="critical",
        remedy='ssl_mode="ENCRYPTED_ONLY" in components/database.',
        types=(INSTANCE,),
        check=must(
            "settings.ipConfiguration.sslMode",
            one_of("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
        ),
    ),
    ResourceRule(
        id="database-backed-up",
        title="The database is backed up daily for a week or more, to any point in time",
        sources=("CIS GCP 4.0 6.7", "CKV_GCP_14", "Google: sql/docs/postgres/backup-recovery/pitr"),
        severity="critical",
        remedy="backup_configuration with point_in_time_recovery_enabled and 7 backups or more.",
        types=(INSTANCE,),
        check=primary(
            every(
                must("settings.backupConfiguration.enabled", equal(True)),
                must("settings.backupConfiguration.pointInTimeRecoveryEnabled", equal(True)),
                must(
                    "settings.backupConfiguration.backupRetentionSettings.retainedBackups",
                    at_least(RETAINED_BACKUPS),
                ),
            )
        ),
    ),
    ResourceRule(
        id="database-recovery-needs-backups",
        title="Point-in-time recovery is on only where backups are: Google refuses it otherwise",
        sources=("Google: sql/docs/postgres/backup-recovery/pitr",),
        severity="medium",
        remedy="backup_configuration with enabled=True.",
        types=(INSTANCE,),
        check=lambda instance: (
            must("settings.backupConfiguration.enabled", equal(True))(instance)
            if not list(
                must("settings.backupConfiguration.pointInTimeRecoveryEnabled", equal(True))(
                    instance
                )
            )
            else ()
        ),
    ),
    ResourceRule(
        id="database-two-zones",
        title="The database has a standby in a second zone",
        sources=("Google: sql/docs/postgres/high-availability", "TGM sql-db"),
        severity="high",
        remedy="alphintra:database: {highly_available: true}",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=primary(must("settings.availabilityType", equal("REGIONAL"))),
    ),
    ResourceRule(
        id="database-deletion-protected",
        title="The database can't be deleted by accident, by Pulumi or by hand",
        sources=("Google: sql/docs/postgres/deletion-protection", "CFF cloudsql-instance"),
        severity="critical",
        remedy="alphintra:database: {deletion_protection: true}",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=every(
            must("deletionProtection", equal(True)),
            must("settings.deletionProtectionEnabled", equal(True)),
        ),
    ),
    ResourceRule(
        id="database-audited",
        title="The database logs who connects and what changes",
        sources=("CIS GCP 4.0 6.2.1-6.2.8", "CKV_GCP_51-57, 109-111"),
        severity="medium",
        remedy="The flags in components/database.",
        types=(INSTANCE,),
        check=flags("settings.databaseFlags", LOG_FLAGS),
    ),
    ResourceRule(
        id="database-iam-sign-in",
        title="Services can sign in to the database as themselves, without a password",
        sources=("Google: sql/docs/postgres/iam-authentication",),
        severity="medium",
        remedy="The flag cloudsql.iam_authentication in components/database.",
        types=(INSTANCE,),
        check=flags("settings.databaseFlags", {"cloudsql.iam_authentication": equal("on")}),
    ),
    ResourceRule(
        id="database-password-policy",
        title="Passwords of the database are long and complex",
        sources=("Google: sql/docs/postgres/built-in-authentication", "CFF cloudsql-instance"),
        severity="medium",
        remedy="password_validation_policy in components/database.",
        types=(INSTANCE,),
        check=primary(
            every(
                must("settings.passwordValidationPolicy.enablePasswordPolicy", equal(True)),
                must("settings.passwordValidationPolicy.minLength", at_least(12)),
            )
        ),
    ),
    ResourceRule(
        id="database-maintained-at-set-times",
        title="Maintenance comes at the hour that the stack says",
        sources=("Google: sql/docs/postgres/maintenance",),
        severity="medium",
        remedy="A maintenance_window in components/database.",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=primary(must("settings.maintenanceWindow.day", STATED)),
    ),
    ResourceRule(
        id="database-grows-within-a-limit",
        title="The disk grows by itself, to a limit",
        sources=("Google: sql/docs/postgres/instance-settings", "TGM sql-db"),
        severity="medium",
        remedy="disk_autoresize=True and a disk_autoresize_limit.",
        types=(INSTANCE,),
        check=every(
            must("settings.diskAutoresize", equal(True)),
            must(
                "settings.diskAutoresizeLimit",
                Test("a size in GB, not 0 (none)", lambda given: bool(given)),
            ),
        ),
    ),
)
