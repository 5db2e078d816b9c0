"""Who did what, and who read what: recorded, kept, and out of reach of whoever did it."""

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import config, logging, projects

from components.foundation import FoundationSpec
from components.naming import physical_name

RECORDED = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
"""What Google records only when asked; changes of settings (ADMIN_WRITE) it always does."""


def access_recorded(name: str, project: Input[str], opts: ResourceOptions) -> None:
    """Every read and write of data, in all services and by anybody: CIS GCP 2.1, CKV2_GCP_5."""
    projects.IAMAuditConfig(
        f"{name}-audit",
        project=project,
        service="allServices",
        audit_log_configs=[{"log_type": kind} for kind in RECORDED],
        opts=opts,
    )


def logs_kept(name: str, spec: FoundationSpec, project: Input[str], opts: ResourceOptions) -> None:
    """The audit logs in a bucket of their own, in the stack's region; the rest where Google puts
    it, for as long as people look for errors in it.

    A bucket that the stack no longer has stays, with what is in it: the record of a stack outlives
    it, and a new stack of the same name takes the bucket up again.
    """
    logging.ProjectBucketConfig(
        f"{name}-logs",
        project=project,
        location="global",
        bucket_id="_Default",
        retention_days=spec.log_retention_days,
        opts=opts,
    )
    bucket = logging.ProjectBucketConfig(
        f"{name}-audit-logs",
        project=project,
        location=config.region or "",
        bucket_id=physical_name("audit"),
        description="Who did what, and who read what.",
        retention_days=spec.audit_log_retention_days,
        locked=spec.lock_audit_logs,
        deletion_policy="ABANDON",
        opts=opts,
    )
    logging.ProjectSink(
        f"{name}-audit-sink",
        project=project,
        description="All audit logs, into their own bucket.",
        destination=Output.format("logging.googleapis.com/{0}", bucket.id),
        # activity, data_access, system_event, policy
        filter='logName:"cloudaudit.googleapis.com"',
        unique_writer_identity=True,
        opts=opts,
    )
