"""What a project keeps of itself: its audit log, its APIs, its labels, its budget."""

from collections.abc import Iterator
from typing import Any, cast

from policy.checks import STATED, beside, equal, must, values
from policy.model import UNKNOWN, Finding, GraphRule, Resource, ResourceRule

SERVICE = "gcp:projects/service:Service"
LABELS_OF = {
    "gcp:artifactregistry/repository:Repository": "labels",
    "gcp:compute/address:Address": "labels",
    "gcp:compute/globalAddress:GlobalAddress": "labels",
    "gcp:container/cluster:Cluster": "resourceLabels",
    "gcp:container/nodePool:NodePool": "nodeConfig.resourceLabels",
    "gcp:dns/managedZone:ManagedZone": "labels",
    "gcp:gkebackup/backupPlan:BackupPlan": "labels",
    "gcp:kms/cryptoKey:CryptoKey": "labels",
    "gcp:monitoring/alertPolicy:AlertPolicy": "userLabels",
    "gcp:monitoring/notificationChannel:NotificationChannel": "userLabels",
    "gcp:pubsub/topic:Topic": "labels",
    "gcp:redis/instance:Instance": "labels",
    "gcp:secretmanager/secret:Secret": "labels",
    "gcp:sql/databaseInstance:DatabaseInstance": "settings.userLabels",
    "gcp:storage/bucket:Bucket": "labels",
}
"""Type of what carries labels → where they are stated."""
LABELS = ("project", "stack", "component")
"""What costs are told apart by: components/naming.cloud_labels."""


def _labelled(resource: Resource) -> Iterator[Finding]:
    for place, given in values(resource.inputs, LABELS_OF[resource.type]):
        labels = cast(dict[str, Any], given if isinstance(given, dict) else {})
        if given is UNKNOWN:
            yield Finding(place, UNKNOWN, "labels")
        for label in LABELS if given is not UNKNOWN else ():
            if not labels.get(label):
                yield Finding(f"{place}.{label}", labels.get(label), "stated")


def _reads_and_writes(audit: Resource) -> Iterator[Finding]:
    kept = [given for _, given in values(audit.inputs, "auditLogConfigs.logType")]
    for kind in ("DATA_READ", "DATA_WRITE"):
        if kind not in kept:
            yield Finding("auditLogConfigs", UNKNOWN if UNKNOWN in kept else None, kind)


RULES = (
    GraphRule(
        id="data-access-audited",
        title="Who reads and writes data is in the project's audit log",
        sources=("CIS GCP 4.0 2.1", "CKV2_GCP_5"),
        severity="high",
        remedy="projects.IAMAuditConfig with DATA_READ and DATA_WRITE in components/foundation.",
        check=beside(
            SERVICE,
            "gcp:projects/iAMAuditConfig:IAMAuditConfig",
            "an audit configuration with DATA_READ and DATA_WRITE",
            _reads_and_writes,
        ),
    ),
    GraphRule(
        id="audit-log-locked",
        title="The audit log is kept where nobody can shorten it, not the owner either",
        sources=("CIS GCP 4.0 2.2, 2.3", "CKV2_GCP_4"),
        severity="high",
        remedy="A sink to a log bucket with locked=True in components/foundation.",
        environments=("prod",),
        check=beside(
            SERVICE,
            "gcp:logging/projectBucketConfig:ProjectBucketConfig",
            "a locked log bucket",
            must("locked", equal(True)),
        ),
    ),
    ResourceRule(
        id="api-left-enabled",
        title="An API stays enabled when the stack is destroyed: others may use it",
        sources=("CFF project", "TGM project-factory"),
        severity="medium",
        remedy="disable_on_destroy=False in components/foundation.",
        types=(SERVICE,),
        check=must("disableOnDestroy", equal(False)),
    ),
    ResourceRule(
        id="labelled",
        title="What costs carries the labels that costs are told apart by",
        sources=("CKV_GCP_21", "Google: resource-manager/docs/best-practices-labels"),
        severity="medium",
        remedy="labels=cloud_labels(name).",
        types=tuple(LABELS_OF),
        check=_labelled,
    ),
    GraphRule(
        id="budget-set",
        title="Somebody hears of it before the project costs more than it may",
        sources=("Google: billing/docs/how-to/budgets", "TGM project-factory"),
        severity="medium",
        remedy="A billing.Budget with thresholds in components/foundation.",
        check=beside(
            SERVICE,
            "gcp:billing/budget:Budget",
            "a budget with thresholds",
            must("thresholdRules", STATED),
        ),
    ),
)
