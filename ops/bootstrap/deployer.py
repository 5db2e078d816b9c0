"""What the account that deploys may do: data, checked against what the program makes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    name: str
    why: str
    makes: tuple[str, ...] = ()
    """Modules of `pulumi_gcp` whose resources it takes this role to make."""


GRANTABLE = (
    "roles/cloudsql.instanceUser",
    "roles/container.defaultNodeServiceAccount",
    "roles/containeranalysis.notes.attacher",
    "roles/containeranalysis.occurrences.editor",
)
"""What the program grants in the project. The deployer can hand out these roles and no others, so
it can't make itself, or anybody, an owner.

Source: https://cloud.google.com/iam/docs/setting-limits-on-granting-roles"""

GRANTS = "roles/resourcemanager.projectIamAdmin"

ROLES = (
    Role(
        "roles/artifactregistry.admin",
        "the repositories and who may use them; pushes the image of the connectivity check",
        ("artifactregistry",),
    ),
    Role("roles/binaryauthorization.attestorsAdmin", "the attestor", ("binaryauthorization",)),
    Role(
        "roles/binaryauthorization.policyEditor",
        "the policy that admits images",
        ("binaryauthorization",),
    ),
    Role(
        "roles/cloudkms.admin",
        "key rings, keys, and which service agent may use each; it can't "
        "itself encrypt or decrypt with them",
        ("kms",),
    ),
    Role("roles/cloudkms.publicKeyViewer", "reads the public half of the attestor's key", ()),
    Role("roles/cloudsql.admin", "the database server, its users and databases", ("sql",)),
    Role(
        "roles/compute.networkAdmin",
        "the network, subnets, routes, NAT and the peering with Google's managed services",
        ("compute", "servicenetworking"),
    ),
    Role(
        "roles/compute.securityAdmin",
        "firewall rules: networkAdmin may only read them",
        ("compute",),
    ),
    Role(
        "roles/container.admin",
        "the cluster and its pools, and what runs in it: the "
        "connectivity check, roles and bindings",
        ("container",),
    ),
    Role(
        "roles/containeranalysis.notes.editor",
        "the note that attestations hang on",
        ("containeranalysis",),
    ),
    Role("roles/dns.admin", "private zones and the DNS policy", ("dns",)),
    Role("roles/gkebackup.admin", "the cluster's backup plan", ("gkebackup",)),
    Role("roles/iam.serviceAccountAdmin", "the platform's service accounts", ("serviceaccount",)),
    Role("roles/iam.serviceAccountUser", "lets nodes run as the node account"),
    Role("roles/logging.configWriter", "where logs go, how long they stay", ("logging",)),
    Role("roles/monitoring.alertPolicyEditor", "alerts", ("monitoring",)),
    Role(
        "roles/monitoring.notificationChannelEditor",
        "whom alerts and the budget warn",
        ("monitoring",),
    ),
    Role(
        "roles/pubsub.admin",
        "the topic of the cluster's upgrade notices, and who publishes to it",
        ("pubsub",),
    ),
    Role("roles/redis.admin", "the cache", ("redis",)),
    Role(
        GRANTS,
        "grants in the project, of the roles below alone; audit logging of data access",
        ("projects",),
    ),
    Role("roles/secretmanager.admin", "secrets and their versions", ("secretmanager",)),
    Role("roles/serviceusage.serviceUsageAdmin", "enables APIs", ("projects",)),
)
"""In the project. Beside these: the state's bucket and key (`steps.py`), and
`roles/billing.costsManager` on the billing account for the budget, which only its administrator can
grant."""

BILLING = Role("roles/billing.costsManager", "the project's budget", ("billing",))


def limit() -> str:
    """The condition of the grant of GRANTS."""
    names = ", ".join(f"'{role}'" for role in GRANTABLE)
    attribute = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])"
    return f"{attribute}.hasOnly([{names}])"
