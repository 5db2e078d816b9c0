"""How each command goes on each target, side by side."""

from ops.access import (
    REDIS_CLI,
    check_logs,
    cluster_logs,
    cluster_shell,
    container_logs,
    container_shell,
    elsewhere,
)
from ops.backup.cloud import gcp_backup, gcp_restore, gcp_verify
from ops.backup.make import local_backup
from ops.backup.restore import local_restore
from ops.backup.verify import local_verify
from ops.context import Target
from ops.drift import told
from ops.health import gcp_checks, local_checks
from ops.lifecycle import (
    gcp_preview,
    gcp_restart,
    gcp_up,
    local_preview,
    local_restart,
    local_up,
)
from ops.removal import gcp_down, local_down
from ops.services import SERVICES
from ops.status import gcp_rows, local_rows

PRIVATE = (
    "on Google Cloud it has a private address, which the cluster alone reaches: "
    "docs/deploying-to-gcp.md, «Getting in», says how a person does."
)

TARGETS = {
    "local": Target(
        rows=local_rows,
        drift=told,
        checks=local_checks,
        preview=local_preview,
        up=local_up,
        down=local_down,
        restart=local_restart,
        backup=local_backup,
        restore=local_restore,
        backup_verify=local_verify,
        logs={
            **{service: container_logs(service) for service in SERVICES},
            "cluster": cluster_logs,
            "connectivity-check": check_logs,
        },
        shell={
            "database": container_shell("database", "psql", "--username=postgres"),
            "database-replica": container_shell("database-replica", "psql", "--username=postgres"),
            "cache": container_shell("cache", "sh", "-c", REDIS_CLI),
            "cache-replica": container_shell("cache-replica", "sh", "-c", REDIS_CLI),
            "registry": container_shell("registry", "sh"),
            "cluster": cluster_shell,
        },
    ),
    "gcp": Target(
        rows=gcp_rows,
        drift=lambda _: [],  # `pulumi refresh --preview-only` asks Google
        checks=gcp_checks,
        preview=gcp_preview,
        up=gcp_up,
        down=gcp_down,
        restart=gcp_restart,
        backup=gcp_backup,
        restore=gcp_restore,
        backup_verify=gcp_verify,
        logs={
            "database": elsewhere("gcloud logging read 'resource.type=cloudsql_database'"),
            "cache": elsewhere("gcloud logging read 'resource.type=redis_instance'"),
            "registry": elsewhere(
                "gcloud logging read 'protoPayload.serviceName=artifactregistry.googleapis.com'"
            ),
            "cluster": elsewhere("gcloud logging read 'resource.type=k8s_cluster'"),
            "connectivity-check": check_logs,
        },
        shell={
            "database": elsewhere(PRIVATE),
            "cache": elsewhere(PRIVATE),
            "cluster": cluster_shell,
        },
    ),
}
