"""The settings of Cloud SQL servers: what each has, and what only the primary has."""

from typing import TYPE_CHECKING

from pulumi_gcp import config

from components.database import DatabaseSpec
from components.database.cloud_sql_flags import flags
from components.database.limits import tier
from components.naming import cloud_labels
from components.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi_gcp import sql

BACKUP_LOCATIONS = {"europe": "eu", "us": "us", "asia": "asia"}
"""Continent, as regions are named → the multi-region in which its backups outlast a region. Where
there is none, they stay in the server's own region rather than leave the continent. Source:
https://cloud.google.com/sql/docs/postgres/backup-recovery/backups (locations)."""
BACKUP_START = "01:00"
"""UTC; the backup is over before maintenance begins."""
FINAL_BACKUP_DAYS = 30
"""How long the last backup of a server that was deleted is kept."""
MAINTENANCE_DAY, MAINTENANCE_HOUR = 7, 3
"""Sunday, 03:00 UTC, for an hour: when exchanges are closed, as the cache's."""
FREEZE_START, FREEZE_END = "11-20", "12-31"
"""No maintenance at the busiest time of the year; every year again, and no longer than the 90 days
that Cloud SQL allows."""
PASSWORD_LENGTH = 16
PASSWORDS_REMEMBERED = 5


def every_server(
    name: str, spec: DatabaseSpec, network: NetworkOutputs
) -> "sql.DatabaseInstanceSettingsArgsDict":
    plus = spec.edition == "enterprise-plus"
    return {
        "edition": "ENTERPRISE_PLUS" if plus else "ENTERPRISE",
        "tier": tier(spec),
        "activation_policy": "ALWAYS",
        "pricing_plan": "PER_USE",
        "availability_type": "ZONAL",
        "disk_type": "PD_SSD",
        "disk_size": spec.disk_gb,
        "disk_autoresize": True,
        "disk_autoresize_limit": spec.disk_limit_gb,
        "data_cache_config": {"data_cache_enabled": True} if plus else None,
        "database_flags": [{"name": key, "value": value} for key, value in flags(spec).items()],
        "deletion_protection_enabled": spec.deletion_protection,
        "ip_configuration": {
            "ipv4_enabled": False,
            "private_network": network.managed_services,
            "enable_private_path_for_google_cloud_services": True,
            # The client is known by its password or token; it knows the server by a certificate
            # with the server's DNS name in it, which Google's internal authority does not issue.
            "ssl_mode": "ENCRYPTED_ONLY",
            "server_ca_mode": "GOOGLE_MANAGED_CAS_CA",
            "server_certificate_rotation_mode": "AUTOMATIC_ROTATION_DURING_MAINTENANCE",
        },
        # Workloads connect with the drivers and settings that they have on every target.
        "connector_enforcement": "NOT_REQUIRED",
        "data_api_access": "DISALLOW_DATA_API",
        "insights_config": {
            "query_insights_enabled": True,
            "enhanced_query_insights_enabled": plus,
            "query_string_length": 4500,
            "query_plans_per_minute": 5,
            "record_application_tags": True,
            "record_client_address": True,
        },
        "user_labels": cloud_labels(name),
    }


def primary_server(
    name: str, spec: DatabaseSpec, network: NetworkOutputs
) -> "sql.DatabaseInstanceSettingsArgsDict":
    return {
        **every_server(name, spec, network),
        "availability_type": "REGIONAL" if spec.highly_available else "ZONAL",
        "backup_configuration": {
            "enabled": True,
            "location": backup_location(config.region or ""),
            "start_time": BACKUP_START,
            "backup_retention_settings": {
                "retained_backups": spec.backups_kept,
                "retention_unit": "COUNT",
            },
            # A regional server must have it, too.
            "point_in_time_recovery_enabled": True,
            "transaction_log_retention_days": spec.recovery_days,
        },
        # Always: who has lifted the protection to delete a server may still regret it.
        "retain_backups_on_delete": True,
        "final_backup_config": {"enabled": True, "retention_days": FINAL_BACKUP_DAYS},
        "maintenance_window": {
            "day": MAINTENANCE_DAY,
            "hour": MAINTENANCE_HOUR,
            "update_track": "canary" if spec.early_updates else "stable",
        },
        "deny_maintenance_period": {
            "start_date": FREEZE_START,
            "end_date": FREEZE_END,
            "time": "00:00:00",
        },
        "password_validation_policy": {
            "enable_password_policy": True,
            "min_length": PASSWORD_LENGTH,
            "complexity": "COMPLEXITY_DEFAULT",
            "reuse_interval": PASSWORDS_REMEMBERED,
            "disallow_username_substring": True,
        },
    }


def backup_location(region: str) -> str:
    return BACKUP_LOCATIONS.get(region.split("-")[0], region)
