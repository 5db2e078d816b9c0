"""Artifact Registry."""

from policy.checks import OFF, STATED, equal, every, must, one_of
from policy.model import LIKE_PROD, Check, ResourceRule

REPOSITORY = "gcp:artifactregistry/repository:Repository"


def pushed_to(check: Check) -> Check:
    """`check`, of repositories that images are pushed to: not of mirrors and what stands before
    them."""
    return lambda one: check(one) if one.inputs.get("mode") in (None, "STANDARD_REPOSITORY") else ()


RULES = (
    ResourceRule(
        id="registry-immutable-tags",
        title="A tag, once pushed, names the same image for ever",
        sources=(
            "Google: artifact-registry/docs/repositories/create-repos",
            "CFF artifact-registry",
        ),
        severity="high",
        remedy="alphintra:registry: {immutable_tags: true}",
        types=(REPOSITORY,),
        environments=LIKE_PROD,
        check=pushed_to(must("dockerConfig.immutableTags", equal(True))),
    ),
    ResourceRule(
        id="registry-deletion-protected",
        title="The registry, and the releases in it, can't be deleted by accident",
        sources=("Ours: what runs must stay there to be pulled",),
        severity="high",
        remedy="alphintra:registry: {deletion_protection: true}",
        types=(REPOSITORY,),
        environments=LIKE_PROD,
        check=pushed_to(must("deletionPolicy", one_of("PREVENT", "ABANDON"))),
    ),
    ResourceRule(
        id="registry-scanned",
        title="Images are scanned for known vulnerabilities",
        sources=("CIS GKE 1.6 5.1.1", "CKV2_GCP_11"),
        severity="medium",
        remedy='vulnerability_scanning_config with enablement_config="INHERITED".',
        types=(REPOSITORY,),
        check=pushed_to(must("vulnerabilityScanningConfig.enablementConfig", equal("INHERITED"))),
    ),
    ResourceRule(
        id="registry-cleaned-up",
        title="Images that no release needs are deleted by a policy, releases kept",
        sources=("Google: artifact-registry/docs/repositories/cleanup-policy",),
        severity="medium",
        remedy="cleanup_policies in components/registry, and cleanup_policy_dry_run=False.",
        types=(REPOSITORY,),
        check=pushed_to(
            every(
                must("cleanupPolicies", STATED),
                must("cleanupPolicyDryRun", OFF),
            )
        ),
    ),
)
