"""Backups of what stands in a GKE cluster. The databases have their own."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, gkebackup

from components.cluster import ClusterSpec
from components.foundation import FoundationOutputs
from components.naming import cloud_labels

SCHEDULES = {1: "0 * * * *", 6: "0 */6 * * *", 24: "0 3 * * *"}
"""Hours between backups → when, in UTC."""


def backup_plan(
    name: str,
    spec: ClusterSpec,
    foundation: FoundationOutputs,
    cluster: Output[str],
    opts: ResourceOptions,
) -> None:
    gkebackup.BackupPlan(
        name,
        cluster=cluster,
        location=config.region or "",
        description="All namespaces, with secrets and volumes.",
        backup_config={
            "all_namespaces": True,
            "include_secrets": True,
            "include_volume_data": True,
            # Refuse to back up what could not be restored, rather than find out later.
            "permissive_mode": False,
            "encryption_key": {"gcp_kms_encryption_key": foundation.key("cluster")},
        },
        backup_schedule={"cron_schedule": SCHEDULES[spec.backup_interval_hours]},
        retention_policy={
            "backup_retain_days": spec.backup_retention_days,
            "backup_delete_lock_days": spec.backup_lock_days,
        },
        labels=cloud_labels(name),
        opts=opts,
    )
