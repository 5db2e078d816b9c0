"""What the platform uses on Google Cloud: APIs, and who acts there for each service, as data."""

APIS = (
    "artifactregistry",
    "billingbudgets",
    "binaryauthorization",
    "cloudasset",
    "cloudkms",
    "cloudresourcemanager",
    "compute",
    "container",
    "containeranalysis",
    "containerfilesystem",
    "containerscanning",
    "containersecurity",
    "dns",
    "gkebackup",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "pubsub",
    "redis",
    "secretmanager",
    "servicenetworking",
    "serviceusage",
    "sqladmin",
    "storage",
    "sts",
)
"""Names before `.googleapis.com`. Cloud Asset Inventory keeps the history of what there is and who
may reach it: CIS GCP 2.13. The first deployment needs serviceusage and cloudresourcemanager
enabled by hand: the others are enabled through them."""

SERVICE_AGENTS = {
    "artifactregistry": "service-{number}@gcp-sa-artifactregistry.iam.gserviceaccount.com",
    "compute": "service-{number}@compute-system.iam.gserviceaccount.com",
    "container": "service-{number}@container-engine-robot.iam.gserviceaccount.com",
    "gkebackup": "service-{number}@gcp-sa-gkebackup.iam.gserviceaccount.com",
    "pubsub": "service-{number}@gcp-sa-pubsub.iam.gserviceaccount.com",
    "redis": "service-{number}@cloud-redis.iam.gserviceaccount.com",
    "secretmanager": "service-{number}@gcp-sa-secretmanager.iam.gserviceaccount.com",
    "sqladmin": "service-{number}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
    "storage": "service-{number}@gs-project-accounts.iam.gserviceaccount.com",
}
"""API → the account that Google acts as for it in the project of that number.

Compared with Cloud Foundation Fabric's modules/project/service-agents.yaml (July 2026), which is
generated from https://cloud.google.com/iam/docs/service-agents: the same."""

LATE_AGENTS = (
    "artifactregistry",
    "container",
    "gkebackup",
    "pubsub",
    "redis",
    "secretmanager",
    "sqladmin",
)
"""Those that may not be there when their API has just been enabled: a grant to them is refused
then. `make bootstrap-gcp` asks for them, and for storage's, before the first deployment. Compute's
comes with its API."""

KEY_USERS = {
    # Secrets in etcd and boot disks of nodes; backups and upgrade notices of the cluster.
    "cluster": ("container", "compute", "gkebackup", "pubsub"),
    # The instance and its backups; its credentials.
    "database": ("sqladmin", "secretmanager"),
    "cache": ("redis", "secretmanager"),
    "registry": ("artifactregistry",),
    "storage": ("storage",),
}
"""Class of data → the APIs whose agents encrypt and decrypt with its key, and no others.

Not checked against Google's pages: https://cloud.google.com/kms/docs/compatible-services, and the
one on customer-managed keys of each service."""
