"""The control plane of GKE."""

from policy.checks import (
    ABSENT,
    OFF,
    STATED,
    Test,
    beside,
    equal,
    every,
    items,
    must,
    one_of,
)
from policy.model import LIKE_PROD, UNKNOWN, Finding, GraphRule, Resource, ResourceRule
from policy.rules.placement import REGION

CLUSTER = "gcp:container/cluster:Cluster"
NARROW = Test(
    "narrower than the whole internet", lambda block: block not in ("0.0.0.0/0", "::/0", None)
)


def _reached_privately(cluster: Resource) -> list[Finding]:
    """The control plane has no public endpoint, or one for named networks alone."""
    found = list(must("privateClusterConfig.enablePrivateEndpoint", equal(True))(cluster))
    networks = "masterAuthorizedNetworksConfig"
    if all(one.given is UNKNOWN for one in found):
        return found
    return [
        *must(networks, STATED)(cluster),
        *items(f"{networks}.cidrBlocks.cidrBlock", NARROW)(cluster),
    ]


RULES = (
    ResourceRule(
        id="cluster-private-endpoint",
        title="The control plane has no public address, or one for named networks alone",
        sources=("CIS GKE 1.6 5.6.3, 5.6.4", "CKV_GCP_18", "CKV_GCP_20", "TGM safer-cluster"),
        severity="critical",
        remedy="enable_private_endpoint=True, or authorized networks narrower than 0.0.0.0/0.",
        types=(CLUSTER,),
        check=_reached_privately,
    ),
    ResourceRule(
        id="cluster-private-nodes",
        title="Nodes have no public address",
        sources=("CIS GKE 1.6 5.6.5", "CKV_GCP_25", "CKV_GCP_64"),
        severity="critical",
        remedy="enable_private_nodes=True in components/cluster.",
        types=(CLUSTER,),
        check=must("privateClusterConfig.enablePrivateNodes", equal(True)),
    ),
    ResourceRule(
        id="cluster-network-policy",
        title="Network policies are enforced (Dataplane V2), pods have addresses of the VPC",
        sources=("CIS GKE 1.6 4.3.1, 5.6.2", "CKV_GCP_12", "CKV_GCP_23"),
        severity="high",
        remedy='datapath_provider="ADVANCED_DATAPATH", networking_mode="VPC_NATIVE".',
        types=(CLUSTER,),
        check=every(
            must("datapathProvider", equal("ADVANCED_DATAPATH")),
            must("networkingMode", equal("VPC_NATIVE")),
        ),
    ),
    ResourceRule(
        id="cluster-intranode-visibility",
        title="Traffic between pods of one node is seen by the VPC's flow logs and rules",
        sources=("CIS GKE 1.6 5.6.1", "CKV_GCP_61"),
        severity="medium",
        remedy="enable_intranode_visibility=True in components/cluster.",
        types=(CLUSTER,),
        check=must("enableIntranodeVisibility", equal(True)),
    ),
    ResourceRule(
        id="cluster-workload-identity",
        title="Pods act as accounts of their own",
        sources=("CIS GKE 1.6 5.2.2", "GKE hardening guide"),
        severity="high",
        remedy="A workload_pool in workload_identity_config.",
        types=(CLUSTER,),
        check=must("workloadIdentityConfig.workloadPool", STATED),
    ),
    ResourceRule(
        id="cluster-no-legacy-sign-in",
        title="Nobody signs in by client certificate, and no legacy authorization or alpha is on",
        sources=("CIS GKE 1.6 5.8.1, 5.8.3, 5.10.2", "CKV_GCP_7", "CKV_GCP_13", "CKV2_GCP_19"),
        severity="high",
        remedy="issue_client_certificate=False, no enable_legacy_abac, no alpha cluster.",
        types=(CLUSTER,),
        check=every(
            must("masterAuth.clientCertificateConfig.issueClientCertificate", OFF),
            must("enableLegacyAbac", OFF),
            must("enableKubernetesAlpha", OFF),
        ),
    ),
    ResourceRule(
        id="cluster-binary-authorization",
        title="Only images that the project's policy allows run",
        sources=("CIS GKE 1.6 5.10.4", "CKV_GCP_66", "GKE hardening guide"),
        severity="high",
        remedy='evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE" in binary_authorization.',
        types=(CLUSTER,),
        check=must("binaryAuthorization.evaluationMode", equal("PROJECT_SINGLETON_POLICY_ENFORCE")),
    ),
    ResourceRule(
        id="cluster-admission-enforced",
        title="The project's admission policy refuses what is not allowed, for real",
        sources=("CIS GKE 1.6 5.1.4", "Google: binary-authorization/docs/overview"),
        severity="high",
        remedy="A default rule that asks for attestations, and that is enforced.",
        types=("gcp:binaryauthorization/policy:Policy",),
        environments=LIKE_PROD,
        check=every(
            must(
                "defaultAdmissionRule.evaluationMode",
                one_of("REQUIRE_ATTESTATION", "ALWAYS_DENY"),
            ),
            must("defaultAdmissionRule.enforcementMode", equal("ENFORCED_BLOCK_AND_AUDIT_LOG")),
        ),
    ),
    ResourceRule(
        id="cluster-release-channel",
        title="Google keeps the version up to date, by a channel that is stable enough",
        sources=("CIS GKE 1.6 5.5.4", "CKV_GCP_70"),
        severity="medium",
        remedy="release_channel REGULAR, STABLE or EXTENDED.",
        types=(CLUSTER,),
        check=must("releaseChannel.channel", one_of("REGULAR", "STABLE", "EXTENDED")),
    ),
    ResourceRule(
        id="cluster-maintained-at-set-times",
        title="Upgrades come at the hours that the stack says",
        sources=("Google: kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions",),
        severity="medium",
        remedy="A maintenance_policy in components/cluster.",
        types=(CLUSTER,),
        environments=LIKE_PROD,
        check=must("maintenancePolicy", STATED),
    ),
    ResourceRule(
        id="cluster-logs-and-metrics",
        title="Logs of the system and of workloads are kept, metrics too",
        sources=("CIS GKE 1.6 5.7.1", "CKV_GCP_1", "CKV_GCP_8"),
        severity="medium",
        remedy="logging_config and monitoring_config with SYSTEM_COMPONENTS and WORKLOADS.",
        types=(CLUSTER,),
        check=every(
            must(
                "loggingConfig.enableComponents",
                Test(
                    "a list with SYSTEM_COMPONENTS and WORKLOADS",
                    lambda given: {"SYSTEM_COMPONENTS", "WORKLOADS"} <= set(given or ()),
                ),
            ),
            must(
                "monitoringConfig.enableComponents",
                Test(
                    "a list with SYSTEM_COMPONENTS",
                    lambda given: "SYSTEM_COMPONENTS" in (given or ()),
                ),
            ),
        ),
    ),
    ResourceRule(
        id="cluster-security-posture",
        title="Workloads are watched for wrong settings",
        sources=("CIS GKE 1.6 5.10.5", "GKE hardening guide"),
        severity="medium",
        remedy='security_posture_config with mode="BASIC" or "ENTERPRISE".',
        types=(CLUSTER,),
        # Google has shut its scanning of running workloads down: see registry-scanned.
        check=must("securityPostureConfig.mode", one_of("BASIC", "ENTERPRISE")),
    ),
    ResourceRule(
        id="cluster-three-zones",
        title="The control plane stands in the zones of a region, not in one",
        sources=("Google: kubernetes-engine/docs/concepts/regional-clusters", "GKE golden path"),
        severity="high",
        remedy="A region as location, not a zone.",
        types=(CLUSTER,),
        environments=LIKE_PROD,
        check=must("location", REGION),
    ),
    ResourceRule(
        id="cluster-deletion-protected",
        title="The cluster can't be deleted by accident",
        sources=("TGM kubernetes-engine", "CFF gke-cluster-standard"),
        severity="high",
        remedy="alphintra:cluster: {deletion_protection: true}",
        types=(CLUSTER,),
        environments=LIKE_PROD,
        check=must("deletionProtection", equal(True)),
    ),
    ResourceRule(
        id="cluster-no-default-pool",
        title="Node pools are resources of their own, which can change alone",
        sources=("CKV_GCP_123", "TGM kubernetes-engine"),
        severity="medium",
        remedy="remove_default_node_pool=True and no node_pools in the cluster.",
        types=(CLUSTER,),
        check=every(must("removeDefaultNodePool", equal(True)), must("nodePools", ABSENT)),
    ),
    GraphRule(
        id="cluster-backed-up",
        title="What runs in the cluster is backed up by a plan",
        sources=("Google: kubernetes-engine/docs/add-on/backup-for-gke",),
        severity="high",
        remedy="A gkebackup plan with a schedule in components/cluster.",
        environments=LIKE_PROD,
        check=beside(
            CLUSTER,
            "gcp:gkebackup/backupPlan:BackupPlan",
            "a backup plan with a schedule",
            must("backupSchedule", STATED),
        ),
    ),
)
