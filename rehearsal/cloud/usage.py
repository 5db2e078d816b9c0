"""Who uses a resource: what is in use can't be deleted."""

from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import strings
from rehearsal.cloud.state import Cloud

HELD = {
    "compute": ("compute", "container", "sqladmin", "redis", "dns"),
    "artifactregistry": ("artifactregistry",),
}
"""API whose resources can't be deleted while others name them → the APIs of those others. Compute:
https://cloud.google.com/vpc/docs/create-modify-vpc-networks#deleting_a_network lists what has to go
before a network; a peering with Google's services is not in it and goes along. Other APIs delete
what is named elsewhere."""
ITS_OWN = {"selfLink", "selfLinkWithId", "name", "parent"}


def user_of(cloud: Cloud, key: str) -> str | None:
    """The key of a resource that names the one at `key`, and so holds it."""
    api, _, path = key.partition(":")
    holders = HELD.get(api, ())
    return next(
        (
            other
            for other, resource in cloud.store.items()
            if other.partition(":")[0] in holders
            and not other.startswith(f"{key}/")
            and other != key
            and _names(resource, path)
        ),
        None,
    )


def _names(resource: Json, path: str) -> bool:
    return any(
        f"/{text}".endswith(f"/{path}") for at, text in strings(resource) if at not in ITS_OWN
    )
