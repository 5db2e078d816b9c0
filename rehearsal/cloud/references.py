"""What a body names has to exist, as far as a document can say what would read it."""

import re

from rehearsal.cloud.documents import VERSION, Json
from rehearsal.cloud.fields import strings
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.special import NOT_OURS
from rehearsal.cloud.state import Cloud

NAME = re.compile(
    rf"(?:https://[a-z.]+/{VERSION}|//[a-z.]+/(?:v\d\w*/)?|[a-z]+\.googleapis\.com/)?"
    r"(projects/([^/]+)/[^:\s]+)"
)
"""A resource: by its path, its URL, or its full name."""
ITS_OWN = {"name", "selfLink", "parent"}
ANY_VERSION = ("/latest", "/-")
ACCOUNT = re.compile(r"(?:serviceAccount:)?([\w-]+@([\w.-]+)\.iam\.gserviceaccount\.com)")
POOL = re.compile(r"serviceAccount:([\w-]+\.svc\.id\.goog)\[.*\]")


def check(cloud: Cloud, body: Json) -> None:
    """Refuse a body that names what this project does not have."""
    for at, text in strings(body):
        found = NAME.fullmatch(text)
        if found and found[2] in (cloud.project, cloud.number, "-"):
            if re.split(r"[.\[]", at)[-1] not in ITS_OWN:
                _resource(cloud, found[1], at)
        elif account := ACCOUNT.fullmatch(text):
            _account(cloud, account[1], account[2])
        elif pool := POOL.fullmatch(text):
            _pool(cloud, pool[1])


def _resource(cloud: Cloud, path: str, at: str) -> None:
    tail = re.sub(r"^projects/[^/]+", f"projects/{cloud.project}", path)
    if tail.endswith(ANY_VERSION) or re.search(NOT_OURS, tail):
        return
    if any(f"{one.name}:{tail}" in cloud.store for one in cloud.documents.values()):
        return
    if cloud.readers(tail):
        raise Refused(404, f"The resource '{tail}' was not found (named at '{at}')")


def _account(cloud: Cloud, email: str, domain: str) -> None:
    """A service account of this project, or the project's own agent of one of Google's services."""
    ours = domain == cloud.project
    agent = email.startswith(f"service-{cloud.number}@")
    there = f"iam:projects/{cloud.project}/serviceAccounts/{email}" in cloud.store
    if (ours and not there) or (agent and email not in cloud.agents):
        raise Refused(400, f"Service account {email} does not exist.")


def _pool(cloud: Cloud, pool: str) -> None:
    """The project's workload identity pool comes with its first cluster that has one."""
    clusters = cloud.under(f"container:projects/{cloud.project}/")
    if not any(
        one.get("workloadIdentityConfig", {}).get("workloadPool") == pool for one in clusters
    ):
        raise Refused(
            400,
            f"Identity Pool does not exist ({pool}). Please check that you specified a valid "
            "resource name as returned in the `name` attribute in the configuration API.",
        )
