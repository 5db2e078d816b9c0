"""The nodes of GKE."""

from policy.checks import STATED, Test, equal, every, items, must
from policy.model import Finding, Resource, ResourceRule

POOL = "gcp:container/nodePool:NodePool"
OWN_ACCOUNT = Test(
    "an account of the nodes' own, not Compute Engine's default",
    lambda given: bool(given) and "-compute@developer" not in given and given != "default",
)
MONITORED = Test(
    "the roles of the account alone, so cloud-platform, or none broader than logs and metrics",
    lambda scope: (
        str(scope).rsplit("/", 1)[-1]
        in ("cloud-platform", "logging.write", "monitoring", "monitoring.write", "trace.append")
    ),
)


def _narrow(pool: Resource) -> list[Finding]:
    """cloud-platform leaves all to the account's roles, so it goes with an own account only."""
    return [
        *items("nodeConfig.oauthScopes", MONITORED)(pool),
        *must("nodeConfig.serviceAccount", OWN_ACCOUNT)(pool),
    ]


RULES = (
    ResourceRule(
        id="nodes-own-account",
        title="Nodes act as an account of their own, with the rights that its roles give",
        sources=("CIS GKE 1.6 5.2.1", "CKV2_GCP_1", "CKV_GCP_30", "CKV_GCP_31"),
        severity="critical",
        remedy="service_account=foundation.node_account; oauth_scopes only cloud-platform.",
        types=(POOL,),
        check=_narrow,
    ),
    ResourceRule(
        id="nodes-secure-boot",
        title="Nodes boot what is signed, and their boot is watched",
        sources=("CIS GKE 1.6 5.5.5, 5.5.6, 5.5.7", "CKV_GCP_68", "CKV_GCP_71", "CKV_GCP_72"),
        severity="high",
        remedy="shielded_instance_config with secure boot and integrity monitoring.",
        types=(POOL,),
        check=every(
            must("nodeConfig.shieldedInstanceConfig.enableSecureBoot", equal(True)),
            must("nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring", equal(True)),
        ),
    ),
    ResourceRule(
        id="nodes-conceal-metadata",
        title="Pods do not see the metadata, and so the identity, of their node",
        sources=("CIS GKE 1.6 5.4.1", "CKV_GCP_69"),
        severity="critical",
        remedy='workload_metadata_config mode "GKE_METADATA".',
        types=(POOL,),
        check=must("nodeConfig.workloadMetadataConfig.mode", equal("GKE_METADATA")),
    ),
    ResourceRule(
        id="nodes-container-optimized",
        title="Nodes run Container-Optimized OS",
        sources=("CIS GKE 1.6 5.5.1", "CKV_GCP_22"),
        severity="medium",
        remedy='image_type="COS_CONTAINERD".',
        types=(POOL,),
        check=must("nodeConfig.imageType", equal("COS_CONTAINERD")),
    ),
    ResourceRule(
        id="nodes-repaired-and-upgraded",
        title="Google repairs and upgrades nodes, some at a time",
        sources=("CIS GKE 1.6 5.5.2, 5.5.3", "CKV_GCP_9", "CKV_GCP_10"),
        severity="medium",
        remedy="management with auto_repair and auto_upgrade, and upgrade_settings.",
        types=(POOL,),
        check=every(
            must("management.autoRepair", equal(True)),
            must("management.autoUpgrade", equal(True)),
            must("upgradeSettings", STATED),
        ),
    ),
)
