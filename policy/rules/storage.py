"""Cloud Storage."""

from policy.checks import equal, must
from policy.model import LIKE_PROD, ResourceRule

BUCKET = "gcp:storage/bucket:Bucket"

RULES = (
    ResourceRule(
        id="bucket-private",
        title="No bucket can be made public, and rights are those of the bucket alone",
        sources=("CIS GCP 4.0 5.1, 5.2", "CKV_GCP_29", "CKV_GCP_114"),
        severity="critical",
        remedy='public_access_prevention="enforced", uniform_bucket_level_access=True.',
        types=(BUCKET,),
        check=lambda bucket: [
            *must("publicAccessPrevention", equal("enforced"))(bucket),
            *must("uniformBucketLevelAccess", equal(True))(bucket),
        ],
    ),
    ResourceRule(
        id="bucket-versioned",
        title="What is overwritten or deleted in a bucket can be had back",
        sources=("CKV_GCP_78",),
        severity="medium",
        remedy="versioning with enabled=True.",
        types=(BUCKET,),
        environments=LIKE_PROD,
        check=must("versioning.enabled", equal(True)),
    ),
)
