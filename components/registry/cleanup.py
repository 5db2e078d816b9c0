"""Which images Artifact Registry keeps and which it deletes, as data.

Where a policy that keeps and one that deletes both match, the image is kept. A tagged image can't
be deleted where tags are immutable, so there only what has lost or never had a tag goes.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_gcp.artifactregistry import RepositoryCleanupPolicyArgsDict as Policy

DAY = 24 * 60 * 60
RELEASE_PREFIXES = [f"v{digit}" for digit in range(10)]
"""A release is tagged with its semantic version: `v1.2.3`."""

OWN_IMAGES: "list[Policy]" = [
    {
        "id": "keep-releases",
        "action": "KEEP",
        "condition": {"tag_state": "TAGGED", "tag_prefixes": RELEASE_PREFIXES},
    },
    {
        "id": "keep-latest",
        "action": "KEEP",
        "most_recent_versions": {"keep_count": 10},
    },
    {
        "id": "delete-untagged",
        "action": "DELETE",
        "condition": {"tag_state": "UNTAGGED", "older_than": f"{30 * DAY}s"},
    },
]
"""Ten of each image are always there to roll back to."""

CACHED_IMAGES: "list[Policy]" = [
    {
        "id": "delete-old",
        "action": "DELETE",
        "condition": {"tag_state": "ANY", "older_than": f"{90 * DAY}s"},
    }
]
"""What is still used is fetched again: a copy follows its original's fixes at least that often."""
