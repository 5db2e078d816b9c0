"""Who may do what."""

from collections.abc import Iterator, Sequence
from typing import Any

from policy.checks import Test, every, items, must, never, none_of
from policy.model import UNKNOWN, Check, Finding, GraphRule, Resource, ResourceRule

GRANTS = ("gcp:*I[Aa][Mm]Member", "gcp:*I[Aa][Mm]Binding")
PROJECT_GRANTS = (
    "gcp:projects/iAMMember:IAMMember",
    "gcp:projects/iAMBinding:IAMBinding",
    "gcp:folder/iAMMember:IAMMember",
    "gcp:organizations/iAMMember:IAMMember",
)
ACCOUNT_GRANTS = (
    "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:serviceaccount/iAMBinding:IAMBinding",
)
WORKLOAD_IDENTITY = "roles/iam.workloadIdentityUser"
IMPERSONATION = tuple(
    f"roles/iam.{role}"
    for role in (
        "serviceAccountAdmin",
        "serviceAccountKeyAdmin",
        "serviceAccountTokenCreator",
        "serviceAccountUser",
        "workloadIdentityUser",
    )
)
PRIVATE = Test(
    "a named principal, not everybody", lambda who: who not in ("allUsers", "allAuthenticatedUsers")
)
DEFAULT_ACCOUNTS = ("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")
OWN = Test(
    "an account made for its purpose, not a default one",
    lambda who: not str(who).endswith(DEFAULT_ACCOUNTS),
)
PLAIN = Test(
    "a role that does not administer", lambda role: not str(role).lower().endswith("admin")
)


def members(test: Test) -> Check:
    """Each principal of a grant passes `test`."""
    return every(must("member", test), items("members", test))


def _accounts_administer_nothing(grant: Resource) -> list[Finding]:
    """Of accounts of programs; Google's own (`service-…`) need what they need."""
    who = str(grant.inputs.get("member", ""))
    google = "@gcp-sa-" in who or "serviceAccount:service-" in who
    return [] if google else list(must("role", PLAIN)(grant))


def _acted_as_by_one(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Finding]]:
    """Of Google accounts that pods act as: each is one Kubernetes account's."""
    grants = [
        one
        for one in resources
        if one.type in ACCOUNT_GRANTS and one.inputs.get("role") in (UNKNOWN, WORKLOAD_IDENTITY)
    ]
    bound: dict[Any, str] = {}
    for grant in sorted(grants, key=lambda one: one.name):
        account = grant.inputs.get("serviceAccountId")
        members = grant.inputs.get("members", [grant.inputs.get("member")])
        if UNKNOWN in (account, members, grant.inputs.get("role")):
            yield grant, Finding("serviceAccountId", UNKNOWN, "known")
        elif len({bound.get(account), *members} - {None}) > 1:
            given = ", ".join(filter(None, (bound.get(account), *members)))
            yield grant, Finding("member", given, "the only account that acts as it")
        else:
            bound[account] = members[0]


RULES = (
    ResourceRule(
        id="iam-no-basic-roles",
        title="Nobody is owner, editor or viewer of everything",
        sources=("CIS GCP 4.0 1.5", "CKV_GCP_115, 116, 117"),
        severity="critical",
        remedy="Grant a predefined role, on the resource that it is for.",
        types=GRANTS,
        check=must("role", none_of("roles/owner", "roles/editor", "roles/viewer")),
    ),
    ResourceRule(
        id="iam-no-public-grants",
        title="Nothing is granted to everybody",
        sources=("CIS GCP 4.0 1.9, 5.1", "CKV_GCP_28, 99, 101, 112", "CKV2_GCP_6, 8"),
        severity="critical",
        remedy="Name the account or group.",
        types=GRANTS,
        check=members(PRIVATE),
    ),
    ResourceRule(
        id="iam-no-default-accounts",
        title="Google's default accounts are granted nothing",
        sources=("CIS GCP 4.0 4.1", "CKV_GCP_46, 47, 48"),
        severity="high",
        remedy="Make an account for the purpose in components/foundation.",
        types=GRANTS,
        check=members(OWN),
    ),
    ResourceRule(
        id="iam-no-wide-impersonation",
        title="Nobody may act as every account of the project",
        sources=("CIS GCP 4.0 1.6", "CKV_GCP_41, 44, 45, 49"),
        severity="critical",
        remedy="Grant it on the one account (serviceaccount.IAMMember).",
        types=PROJECT_GRANTS,
        check=must("role", none_of(*IMPERSONATION)),
    ),
    ResourceRule(
        id="iam-accounts-administer-nothing",
        title="Accounts of programs administer nothing of the whole project",
        sources=("CIS GCP 4.0 1.5", "CKV_GCP_42"),
        severity="high",
        remedy="Grant a narrower role, or on one resource.",
        types=PROJECT_GRANTS,
        check=_accounts_administer_nothing,
    ),
    ResourceRule(
        id="iam-no-account-keys",
        title="No account has a key that can be copied",
        sources=("CIS GCP 4.0 1.4", "CKV2_GCP_3"),
        severity="critical",
        remedy="Workload Identity in the cluster, Workload Identity Federation in CI.",
        types=("gcp:serviceaccount/key:Key",),
        check=never("no key at all"),
    ),
    GraphRule(
        id="iam-workload-identity-own",
        title="The Google account of a service is no other Kubernetes account's",
        sources=("Ours: what one service is granted, another must not use",),
        severity="critical",
        remedy="An account for each service, as components/service/gcp.py makes it.",
        check=_acted_as_by_one,
    ),
    ResourceRule(
        id="iam-federation-restricted",
        title="Workload Identity Federation trusts the named repositories alone",
        sources=("CKV_GCP_118", "CKV_GCP_125"),
        severity="critical",
        remedy="An attribute_condition on the provider.",
        types=("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",),
        check=must("attributeCondition", Test("a condition", bool)),
    ),
)
