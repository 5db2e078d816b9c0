"""Memorystore for Redis."""

from policy.checks import STATED, equal, every, must, one_of
from policy.model import LIKE_PROD, ResourceRule

INSTANCE = "gcp:redis/instance:Instance"

RULES = (
    ResourceRule(
        id="cache-private-address",
        title="The cache is reached over private service access",
        sources=("Google: memorystore/docs/redis/networking", "TGM memorystore"),
        severity="critical",
        remedy='connect_mode="PRIVATE_SERVICE_ACCESS" and an authorized_network.',
        types=(INSTANCE,),
        check=every(
            must("connectMode", equal("PRIVATE_SERVICE_ACCESS")), must("authorizedNetwork", STATED)
        ),
    ),
    ResourceRule(
        id="cache-password-required",
        title="The cache asks for a password",
        sources=("CKV_GCP_95",),
        severity="critical",
        remedy="auth_enabled=True in components/cache.",
        types=(INSTANCE,),
        check=must("authEnabled", equal(True)),
    ),
    ResourceRule(
        id="cache-tls-required",
        title="The cache takes encrypted connections only",
        sources=("CKV_GCP_97",),
        severity="critical",
        remedy='transit_encryption_mode="SERVER_AUTHENTICATION" in components/cache.',
        types=(INSTANCE,),
        check=must("transitEncryptionMode", equal("SERVER_AUTHENTICATION")),
    ),
    ResourceRule(
        id="cache-two-zones",
        title="The cache has a replica in a second zone that takes over",
        sources=("Google: memorystore/docs/redis/high-availability-for-memorystore-for-redis",),
        severity="high",
        remedy="alphintra:cache: {highly_available: true}",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=must("tier", equal("STANDARD_HA")),
    ),
    ResourceRule(
        id="cache-snapshots",
        title="What the cache holds survives it",
        sources=("Google: memorystore/docs/redis/rdb-snapshots",),
        severity="medium",
        remedy="persistence_config with RDB snapshots.",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=every(
            must("persistenceConfig.persistenceMode", equal("RDB")),
            must(
                "persistenceConfig.rdbSnapshotPeriod",
                one_of("ONE_HOUR", "SIX_HOURS", "TWELVE_HOURS", "TWENTY_FOUR_HOURS"),
            ),
        ),
    ),
    ResourceRule(
        id="cache-deletion-protected",
        title="The cache can't be deleted by accident",
        sources=("TGM memorystore",),
        severity="high",
        remedy="alphintra:cache: {deletion_protection: true}",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=must("deletionProtection", equal(True)),
    ),
    ResourceRule(
        id="cache-maintained-at-set-times",
        title="Maintenance comes at the hour that the stack says",
        sources=("Google: memorystore/docs/redis/about-maintenance",),
        severity="medium",
        remedy="A maintenance_policy in components/cache.",
        types=(INSTANCE,),
        environments=LIKE_PROD,
        check=must("maintenancePolicy", STATED),
    ),
)
