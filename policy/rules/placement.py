"""What Google's APIs would refuse and the provider lets pass: names of places, versions, sizes."""

from collections.abc import Iterator

from policy import google
from policy.checks import Test, items, must
from policy.model import Check, Finding, Resource, ResourceRule

REGION = Test("a region of Google Cloud", lambda given: given in google.REGIONS)


def _known(words: str, names: frozenset[str]) -> Test:
    """One of many `names`: too many to list. What is left out is the API's default."""
    return Test(
        f"{words} that Google has (policy/data/google_cloud.toml)",
        lambda given: given is None or given in names,
    )


PLACE = _known("a place", google.PLACES)


def _placed(resource: Resource) -> Iterator[Finding]:
    for path in ("region", "location", "zone"):
        yield from must(path, PLACE)(resource)


TIER = Test(
    "a tier of Cloud SQL: db-custom-<1, or even up to 96>-<MB: 0.9 to 6.5 GB a CPU, from 3840, in "
    "steps of 256>, or one of Enterprise Plus",
    lambda given: google.is_sql_tier(str(given)),
)
REDIS_GB = Test(
    f"{google.REDIS_GB[0]} to {google.REDIS_GB[1]}",
    lambda given: given is not None and google.REDIS_GB[0] <= float(given) <= google.REDIS_GB[1],
)
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
REDIS = "gcp:redis/instance:Instance"


def _exists(
    id_: str, title: str, source: str, types: tuple[str, ...], check: Check
) -> ResourceRule:
    return ResourceRule(
        id=id_,
        title=title,
        sources=(f"Google: {source}",),
        severity="medium",
        remedy="Correct it; if Google has it since, add it to policy/data/google_cloud.toml.",
        types=types,
        check=check,
    )


RULES = (
    _exists(
        "place-exists",
        "Regions, zones and locations are Google's",
        "compute/docs/regions-zones",
        ("gcp:*",),
        _placed,
    ),
    _exists(
        "machine-type-exists",
        "Machine types are Google's",
        "compute/docs/general-purpose-machines",
        ("gcp:container/nodePool:NodePool",),
        must("nodeConfig.machineType", _known("a machine type", google.MACHINE_TYPES)),
    ),
    _exists(
        "database-version-exists",
        "The database's version is one of Cloud SQL's",
        "sql/docs/postgres/db-versions",
        (SQL,),
        must("databaseVersion", _known("a version", google.SQL_VERSIONS)),
    ),
    _exists(
        "database-tier-exists",
        "The database's size is one that Cloud SQL has",
        "sql/docs/postgres/create-instance#machine-types",
        (SQL,),
        must("settings.tier", TIER),
    ),
    _exists(
        "cache-version-exists",
        "The cache's version is one of Memorystore's",
        "memorystore/docs/redis/supported-versions",
        (REDIS,),
        must("redisVersion", _known("a version", google.REDIS_VERSIONS)),
    ),
    _exists(
        "cache-size-exists",
        "The cache's size is one that Memorystore has",
        "memorystore/docs/redis/redis-tiers",
        (REDIS,),
        must("memorySizeGb", REDIS_GB),
    ),
    _exists(
        "registry-format-exists",
        "The registry keeps a format that Artifact Registry has",
        "artifact-registry/docs/supported-formats",
        ("gcp:artifactregistry/repository:Repository",),
        must("format", _known("a format", google.REGISTRY_FORMATS)),
    ),
    _exists(
        "lifecycle-action-exists",
        "What is done with old objects and images is something that Google does",
        "storage/docs/lifecycle, artifact-registry/docs/repositories/cleanup-policy",
        ("gcp:storage/bucket:Bucket", "gcp:artifactregistry/repository:Repository"),
        lambda one: [
            *items("lifecycleRules.action.type", _known("an action", google.BUCKET_ACTIONS))(one),
            *items("cleanupPolicies.action", _known("an action", google.CLEANUP_ACTIONS))(one),
        ],
    ),
)
