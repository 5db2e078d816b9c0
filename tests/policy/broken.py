"""For each rule a wrong edit of prod that it, and no other rule, refuses."""

from policy.rules.cache import INSTANCE as REDIS
from policy.rules.cluster import CLUSTER
from policy.rules.database import INSTANCE as SQL
from policy.rules.encryption import KEY
from policy.rules.namespaces import NAMESPACE, QUOTA, RBAC
from policy.rules.network import NETWORK, SUBNET
from policy.rules.nodes import POOL
from policy.rules.operation import SERVICE
from policy.rules.registry import REPOSITORY
from policy.rules.storage import BUCKET
from tests.policy.graphs import Change, added, both, given, without

ACTS_AS = "gcp:serviceaccount/iAMMember:IAMMember"
DENY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
GRANT = "gcp:projects/iAMMember:IAMMember"
BINDING = "gcp:projects/iAMBinding:IAMBinding"
JOB = "kubernetes:batch/v1:Job"
DATABASE_KEY = "foundation-database-key"
POD = "spec.template.spec"
PRIVATE_BUCKET = {
    "location": "europe-west1",
    "publicAccessPrevention": "enforced",
    "uniformBucketLevelAccess": True,
    "versioning": {"enabled": True},
    "encryption": {"defaultKmsKeyName": "key"},
    "labels": {"project": "p", "stack": "s", "component": "c"},
}

NETWORK_RULES: dict[str, Change] = {
    "network-own-subnets": given(NETWORK, "autoCreateSubnetworks", True),
    "network-flow-logs": given(SUBNET, "logConfig", None),
    "network-private-google-access": given(SUBNET, "privateIpGoogleAccess", False),
    "network-closed-to-internet": added(
        RULE,
        direction="INGRESS",
        action="allow",
        enableLogging=True,
        match={"srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "tcp"}]},
    ),
    "network-firewall-logged": added(
        "gcp:compute/firewall:Firewall", sourceRanges=["10.0.0.0/8"], allows=[{"protocol": "tcp"}]
    ),
    "network-policy-rule-logged": given(RULE, "enableLogging", False),
    "network-denied-by-default": without(RULE),
    "network-nat-logged": given("gcp:compute/routerNat:RouterNat", "logConfig.enable", False),
    "network-dns-logged": given("gcp:dns/policy:Policy", "enableLogging", False),
    "machine-private-address": added(
        "gcp:compute/instance:Instance",
        networkInterfaces=[{"accessConfigs": [{"natIp": "8.8.8.8"}]}],
    ),
}
CLUSTER_RULES: dict[str, Change] = {
    "cluster-private-endpoint": both(
        given(CLUSTER, "privateClusterConfig.enablePrivateEndpoint", False),
        given(
            CLUSTER,
            "masterAuthorizedNetworksConfig.cidrBlocks",
            [{"displayName": "all", "cidrBlock": "0.0.0.0/0"}],
        ),
    ),
    "cluster-private-nodes": given(CLUSTER, "privateClusterConfig.enablePrivateNodes", False),
    "cluster-network-policy": given(CLUSTER, "datapathProvider", "LEGACY_DATAPATH"),
    "cluster-intranode-visibility": given(CLUSTER, "enableIntranodeVisibility", None),
    "cluster-workload-identity": given(CLUSTER, "workloadIdentityConfig", None),
    "cluster-no-legacy-sign-in": given(CLUSTER, "enableLegacyAbac", True),
    "cluster-binary-authorization": given(
        CLUSTER, "binaryAuthorization.evaluationMode", "DISABLED"
    ),
    "cluster-admission-enforced": given(
        "gcp:binaryauthorization/policy:Policy",
        "defaultAdmissionRule.enforcementMode",
        "DRYRUN_AUDIT_LOG_ONLY",
    ),
    "cluster-release-channel": given(CLUSTER, "releaseChannel.channel", "RAPID"),
    "cluster-maintained-at-set-times": given(CLUSTER, "maintenancePolicy", None),
    "cluster-logs-and-metrics": given(CLUSTER, "loggingConfig.enableComponents", []),
    "cluster-security-posture": given(CLUSTER, "securityPostureConfig.mode", "DISABLED"),
    "cluster-three-zones": given(CLUSTER, "location", "europe-west1-b"),
    "cluster-deletion-protected": given(CLUSTER, "deletionProtection", False),
    "cluster-no-default-pool": given(CLUSTER, "removeDefaultNodePool", False),
    "cluster-backed-up": without("gcp:gkebackup/backupPlan:BackupPlan"),
    "cluster-secrets-encrypted": given(CLUSTER, "databaseEncryption.state", "DECRYPTED"),
    "nodes-own-account": given(
        POOL, "nodeConfig.serviceAccount", "1-compute@developer.gserviceaccount.com"
    ),
    "nodes-secure-boot": given(POOL, "nodeConfig.shieldedInstanceConfig.enableSecureBoot", False),
    "nodes-conceal-metadata": given(POOL, "nodeConfig.workloadMetadataConfig", None),
    "nodes-container-optimized": given(POOL, "nodeConfig.imageType", "UBUNTU_CONTAINERD"),
    "nodes-repaired-and-upgraded": given(POOL, "management.autoUpgrade", False),
}
DATA_RULES: dict[str, Change] = {
    "database-private-address": given(SQL, "settings.ipConfiguration.ipv4Enabled", True),
    "database-tls-required": given(
        SQL, "settings.ipConfiguration.sslMode", "ALLOW_UNENCRYPTED_AND_ENCRYPTED"
    ),
    "database-backed-up": given(
        SQL, "settings.backupConfiguration.pointInTimeRecoveryEnabled", False, "database"
    ),
    "database-recovery-needs-backups": given(
        SQL,
        "settings.backupConfiguration",
        {"pointInTimeRecoveryEnabled": True},
        "database-replica",
    ),
    "database-two-zones": given(SQL, "settings.availabilityType", "ZONAL", "database"),
    "database-deletion-protected": given(SQL, "deletionProtection", False),
    "database-audited": given(
        SQL, "settings.databaseFlags", [{"name": "cloudsql.iam_authentication", "value": "on"}]
    ),
    "database-iam-sign-in": given(
        SQL,
        "settings.databaseFlags",
        [
            {"name": name, "value": value}
            for name, value in {
                "log_connections": "on",
                "log_disconnections": "on",
                "log_checkpoints": "on",
                "log_lock_waits": "on",
                "log_temp_files": "0",
                "log_statement": "ddl",
                "log_error_verbosity": "default",
                "log_min_duration_statement": "-1",
                "log_min_messages": "warning",
                "log_min_error_statement": "error",
                "cloudsql.enable_pgaudit": "on",
            }.items()
        ],
    ),
    "database-password-policy": given(
        SQL, "settings.passwordValidationPolicy.minLength", 4, "database"
    ),
    "database-maintained-at-set-times": given(SQL, "settings.maintenanceWindow", None, "database"),
    "database-grows-within-a-limit": given(SQL, "settings.diskAutoresizeLimit", 0),
    "cache-private-address": given(REDIS, "connectMode", "DIRECT_PEERING"),
    "cache-password-required": given(REDIS, "authEnabled", None),
    "cache-tls-required": given(REDIS, "transitEncryptionMode", "DISABLED"),
    "cache-two-zones": given(REDIS, "tier", "BASIC"),
    "cache-deletion-protected": given(REDIS, "deletionProtection", False),
    "registry-deletion-protected": given(REPOSITORY, "deletionPolicy", "DELETE", "registry"),
    "secret-deletion-protected": given(
        "gcp:secretmanager/secret:Secret", "deletionProtection", None
    ),
    "cache-snapshots": given(REDIS, "persistenceConfig.persistenceMode", "DISABLED"),
    "cache-maintained-at-set-times": given(REDIS, "maintenancePolicy", None),
    "registry-immutable-tags": given(REPOSITORY, "dockerConfig.immutableTags", False, "registry"),
    "registry-scanned": given(
        REPOSITORY, "vulnerabilityScanningConfig.enablementConfig", "DISABLED", "registry"
    ),
    "registry-cleaned-up": given(REPOSITORY, "cleanupPolicyDryRun", True, "registry"),
    "bucket-private": added(BUCKET, **{**PRIVATE_BUCKET, "publicAccessPrevention": "inherited"}),
    "bucket-versioned": added(BUCKET, **{**PRIVATE_BUCKET, "versioning": None}),
    "encrypted-with-own-key": given(REDIS, "customerManagedKey", None),
    "secret-encrypted-with-own-key": added(
        "gcp:secretmanager/secret:Secret",
        replication={"auto": {}},
        deletionProtection=True,
        labels={"project": "p", "stack": "s", "component": "c"},
    ),
    "key-rotated": given(KEY, "rotationPeriod", "31536000s", DATABASE_KEY),
    "key-deletion-protected": given(KEY, "deletionPolicy", "DELETE", DATABASE_KEY),
}
PROJECT_RULES: dict[str, Change] = {
    "iam-no-basic-roles": given(GRANT, "role", "roles/editor"),
    "iam-no-public-grants": added(BINDING, role="roles/redis.viewer", members=["allUsers"]),
    "iam-no-default-accounts": given(
        GRANT, "member", "serviceAccount:1-compute@developer.gserviceaccount.com"
    ),
    "iam-no-wide-impersonation": given(GRANT, "role", "roles/iam.serviceAccountTokenCreator"),
    "iam-accounts-administer-nothing": given(GRANT, "role", "roles/container.admin"),
    "iam-workload-identity-own": given(
        ACTS_AS, "serviceAccountId", "the account prod-trading-api", "auth"
    ),
    "iam-no-account-keys": added("gcp:serviceaccount/key:Key"),
    "iam-federation-restricted": added(
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
    ),
    "data-access-audited": without("gcp:projects/iAMAuditConfig:IAMAuditConfig"),
    "audit-log-locked": without("gcp:logging/projectBucketConfig:ProjectBucketConfig"),
    "api-left-enabled": given(SERVICE, "disableOnDestroy", True),
    "labelled": given(SQL, "settings.userLabels", {}),
    "budget-set": without("gcp:billing/budget:Budget"),
    "place-exists": given(SUBNET, "region", "europe-wst1"),
    "machine-type-exists": given(POOL, "nodeConfig.machineType", "e2-standard-6"),
    "database-version-exists": given(SQL, "databaseVersion", "POSTGRES_15_4"),
    "database-tier-exists": given(SQL, "settings.tier", "db-custom-3-8192"),
    "cache-version-exists": given(REDIS, "redisVersion", "REDIS_7_1"),
    "cache-size-exists": given(REDIS, "memorySizeGb", 301),
    "registry-format-exists": given(REPOSITORY, "format", "DOKCER"),
    "lifecycle-action-exists": added(
        BUCKET, **PRIVATE_BUCKET, lifecycleRules=[{"action": {"type": "Erase"}}]
    ),
}
WORKLOAD_RULES: dict[str, Change] = {
    "image-pinned": given(JOB, f"{POD}.containers.image", "postgres:15"),
    "pod-no-plain-secret": given(
        JOB, f"{POD}.containers.env", [{"name": "PGPASSWORD", "value": "hunter2"}]
    ),
    "pod-restricted": given(JOB, f"{POD}.hostNetwork", True),
}

NAMESPACE_RULES: dict[str, Change] = {
    "namespace-restricted-pods": given(NAMESPACE, "metadata.labels", {}),
    "namespace-closed-by-default": given(DENY, "spec.ingress", [{}], "auth-default-deny"),
    "namespace-limited": without(QUOTA),
    "rbac-no-cluster-admin": given(f"{RBAC}:ClusterRoleBinding", "roleRef.name", "cluster-admin"),
    "rbac-no-wildcards": given(f"{RBAC}:ClusterRole", "rules.verbs", ["*"]),
}

BROKEN = {
    **NETWORK_RULES,
    **CLUSTER_RULES,
    **DATA_RULES,
    **PROJECT_RULES,
    **WORKLOAD_RULES,
    **NAMESPACE_RULES,
}
