"""Data at rest, and the keys that it is encrypted with."""

from collections.abc import Iterable

from policy.checks import STATED, Test, equal, must, unless, values
from policy.model import LIKE_PROD, Check, Finding, Resource, ResourceRule

KEY = "gcp:kms/cryptoKey:CryptoKey"
DAY = 24 * 60 * 60
LONGEST_ROTATION_DAYS = 90

KEY_OF = {
    "gcp:artifactregistry/repository:Repository": "kmsKeyName",
    "gcp:container/cluster:Cluster": "databaseEncryption.keyName",
    "gcp:container/nodePool:NodePool": "nodeConfig.bootDiskKmsKey",
    "gcp:gkebackup/backupPlan:BackupPlan": "backupConfig.encryptionKey.gcpKmsEncryptionKey",
    "gcp:pubsub/topic:Topic": "kmsKeyName",
    "gcp:redis/instance:Instance": "customerManagedKey",
    "gcp:sql/databaseInstance:DatabaseInstance": "encryptionKeyName",
    "gcp:storage/bucket:Bucket": "encryption.defaultKmsKeyName",
}
"""Type of what keeps data → where the key is stated that it is encrypted with."""


def _own_key(resource: Resource) -> Iterable[Finding]:
    """A read replica has none stated: in the same region it takes its primary's."""
    return unless("masterInstanceName", must(KEY_OF[resource.type], STATED))(resource)


def _secret_key(secret: Resource) -> list[Finding]:
    """A secret is copied as Google likes or to regions of our choice: each way has its key."""
    auto = "replication.auto.customerManagedEncryption.kmsKeyName"
    chosen = "replication.userManaged.replicas.customerManagedEncryption.kmsKeyName"
    (_, replicas), *_ = values(secret.inputs, "replication.userManaged")
    return list(must(chosen if STATED.holds(replicas) else auto, STATED)(secret))


def seconds(longest: int) -> Test:
    """A duration such as `7776000s`, of at most `longest` seconds."""
    return Test(
        f"at most {longest}s",
        lambda given: bool(given) and float(str(given).removesuffix("s")) <= longest,
    )


def symmetric(check: Check) -> Check:
    """`check`, of keys that encrypt: a key that signs is not rotated, as its signatures stay."""
    return lambda key: check(key) if key.inputs.get("purpose") in (None, "ENCRYPT_DECRYPT") else ()


RULES = (
    ResourceRule(
        id="encrypted-with-own-key",
        title="Data at rest is encrypted with a key of the project's own",
        sources=("CIS GKE 1.6 5.3.1, 5.9.2", "CKV_GCP_83", "CKV_GCP_84"),
        severity="high",
        remedy="Give it its class's key of foundation.encryption_keys.",
        types=tuple(KEY_OF),
        check=_own_key,
    ),
    ResourceRule(
        id="secret-encrypted-with-own-key",
        title="Secrets are encrypted with a key of the project's own",
        sources=("Google: secret-manager/docs/cmek",),
        severity="high",
        remedy="customer_managed_encryption in the secret's replication.",
        types=("gcp:secretmanager/secret:Secret",),
        check=_secret_key,
    ),
    ResourceRule(
        id="secret-deletion-protected",
        title="Secrets can't be deleted by accident",
        sources=("CFF secret-manager",),
        severity="high",
        remedy="deletion_protection=True in the secret.",
        types=("gcp:secretmanager/secret:Secret",),
        environments=LIKE_PROD,
        check=must("deletionProtection", equal(True)),
    ),
    ResourceRule(
        id="cluster-secrets-encrypted",
        title="Kubernetes' secrets are encrypted before they reach etcd",
        sources=("CIS GKE 1.6 5.3.1", "GKE hardening guide"),
        severity="high",
        remedy='database_encryption with state="ENCRYPTED".',
        types=("gcp:container/cluster:Cluster",),
        check=must(
            "databaseEncryption.state",
            Test(
                "ENCRYPTED or ALL_OBJECTS_ENCRYPTION_ENABLED",
                lambda given: given in ("ENCRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED"),
            ),
        ),
    ),
    ResourceRule(
        id="key-rotated",
        title="Keys get a new version every 90 days or sooner",
        sources=("CIS GCP 4.0 1.10", "CKV_GCP_43"),
        severity="high",
        remedy="rotation_period of at most 7776000s in components/foundation.",
        types=(KEY,),
        check=symmetric(must("rotationPeriod", seconds(LONGEST_ROTATION_DAYS * DAY))),
    ),
    ResourceRule(
        id="key-deletion-protected",
        title="Keys, and all that they encrypt, can't be lost by accident",
        sources=("CKV_GCP_82",),
        severity="critical",
        remedy="alphintra:foundation: {deletion_protection: true}",
        types=(KEY,),
        environments=LIKE_PROD,
        check=symmetric(
            must(
                "deletionPolicy",
                Test("PREVENT or ABANDON", lambda given: given in ("PREVENT", "ABANDON")),
            )
        ),
    ),
)
