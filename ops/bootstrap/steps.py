"""What a Google Cloud project needs before Pulumi can keep a stack in it: steps, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.bootstrap import deployer
from ops.stack import PROJECT

APIS = (
    "cloudkms",
    "cloudresourcemanager",
    "iam",
    "iamcredentials",
    "serviceusage",
    "storage",
    "sts",
)
"""What this command, Pulumi's state and a federated sign-in need; the program enables its own."""
AGENTS = (
    "artifactregistry",
    "container",
    "gkebackup",
    "pubsub",
    "redis",
    "secretmanager",
    "sqladmin",
)
"""APIs whose service agents must be there before the program grants them its keys."""
MADE_WITH_THEIR_API = ("compute",)
"""APIs whose agent comes with enabling them: it can't be asked for."""

RING = "pulumi-state"
SECRETS_KEY, BUCKET_KEY = "secrets", "state"
USE_KEY = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
RETENTION_DAYS = 30
"""How long what is deleted from the state's bucket can be brought back (soft delete: 7 to 90)."""
LIFECYCLE = "ops/bootstrap/state-bucket-lifecycle.json"

Command = tuple[str, ...]


def gcloud(words: str, *more: str) -> Command:
    return ("gcloud", *words.split(), *more)


@dataclass(frozen=True)
class Step:
    what: str
    makes: Mapping[str, Command]
    """A line of what `find` prints → the command that brings it about."""
    find: Command | None = None
    """Lists what there is; None where making it again changes nothing."""


@dataclass(frozen=True)
class Plan:
    stack: str
    project: str
    region: str
    number: str
    account: str
    """Who is signed in."""
    billing: str

    @property
    def bucket(self) -> str:
        return f"{self.project}-pulumi-state"

    @property
    def deployer(self) -> str:
        return f"deployer@{self.project}.iam.gserviceaccount.com"

    @property
    def ring(self) -> str:
        return f"projects/{self.project}/locations/{self.region}/keyRings/{RING}"

    def key(self, name: str) -> str:
        return f"{self.ring}/cryptoKeys/{name}"

    def gcloud(self, words: str, *more: str) -> Command:
        return gcloud(words, *more, f"--project={self.project}")


def all_steps(plan: Plan) -> list[Step]:
    return [apis(plan), agents(plan), *keys(plan), *bucket(plan), *account(plan)]


def apis(plan: Plan) -> Step:
    names = [f"{api}.googleapis.com" for api in sorted({*APIS, *AGENTS, *MADE_WITH_THEIR_API})]
    return Step(
        "the APIs that the first deployment needs",
        {name: plan.gcloud(f"services enable {name}") for name in names},
        plan.gcloud("services list --enabled --format=value(config.name)"),
    )


def agents(plan: Plan) -> Step:
    make = "beta services identity create --service={}.googleapis.com"
    return Step(
        "the service agents that the program's keys are granted to",
        {api: plan.gcloud(make.format(api)) for api in AGENTS},
    )


def keys(plan: Plan) -> list[Step]:
    """Two keys: whoever reads the bucket can't thereby open the secrets in the state."""
    where = f"--location={plan.region}"
    labels = f"project={PROJECT},stack={plan.stack},component=bootstrap,managed-by=gcloud"
    storage = f"serviceAccount:service-{plan.number}@gs-project-accounts.iam.gserviceaccount.com"
    key = (
        f"kms keys create {{}} --keyring={RING} {where} --purpose=encryption "
        f"--protection-level=hsm --rotation-period=90d --next-rotation-time=+p90d "
        f"--labels={labels}"
    )
    return [
        Step(
            "the key ring of Pulumi's state",
            {plan.ring: plan.gcloud(f"kms keyrings create {RING} {where}")},
            plan.gcloud(f"kms keyrings list {where} --format=value(name)"),
        ),
        Step(
            "its keys: of the secrets in the state, and of the bucket",
            {plan.key(name): plan.gcloud(key.format(name)) for name in (SECRETS_KEY, BUCKET_KEY)},
            plan.gcloud(f"kms keys list --keyring={RING} {where} --format=value(name)"),
        ),
        Step(
            "leave for Cloud Storage to use the bucket's key",
            {
                grant(storage, USE_KEY): plan.gcloud(
                    f"storage service-agent --authorize-cmek={plan.key(BUCKET_KEY)}"
                )
            },
            granted(plan, key_policy(plan, BUCKET_KEY)),
        ),
    ]


def bucket(plan: Plan) -> list[Step]:
    url, seconds = f"gs://{plan.bucket}", RETENTION_DAYS * 24 * 60 * 60
    private = "--uniform-bucket-level-access --public-access-prevention"
    kept = (
        f"--soft-delete-duration={RETENTION_DAYS}d --default-encryption-key={plan.key(BUCKET_KEY)}"
    )
    fields = (
        "versioning_enabled,uniform_bucket_level_access,public_access_prevention,"
        "soft_delete_policy.retentionDurationSeconds,default_kms_key"
    )
    wanted = ("True", "True", "enforced", str(seconds), plan.key(BUCKET_KEY))
    return [
        Step(
            "the bucket of Pulumi's state",
            {
                plan.bucket: plan.gcloud(
                    f"storage buckets create {url} --location={plan.region} {private} {kept}"
                )
            },
            plan.gcloud("storage buckets list --format=value(name)"),
        ),
        Step(
            "its versions, and what it keeps of what is deleted",
            {
                "\t".join(wanted): plan.gcloud(
                    f"storage buckets update {url} --versioning {private} {kept} "
                    f"--lifecycle-file={LIFECYCLE}"
                )
            },
            plan.gcloud(f"storage buckets describe {url} --format=value({fields})"),
        ),
    ]


def account(plan: Plan) -> list[Step]:
    """Who deploys: an account that people and CI act as, without a key of its own."""
    member, caller = f"serviceAccount:{plan.deployer}", member_of(plan.account)
    on_key = f"--keyring={RING} --location={plan.region}"
    use_state, act_as = "roles/storage.objectUser", "roles/iam.serviceAccountTokenCreator"
    return [
        Step(
            "the account that deploys",
            {
                plan.deployer: plan.gcloud(
                    "iam service-accounts create deployer",
                    "--display-name=Deploys the platform with Pulumi",
                )
            },
            plan.gcloud("iam service-accounts list --format=value(email)"),
        ),
        Step(
            "what it may do in the project (docs/deploying-to-gcp.md says why)",
            project_grants(plan, member),
            granted(plan, f"projects get-iam-policy {plan.project}"),
        ),
        Step(
            "its leave to open the secrets in the state",
            {
                grant(member, USE_KEY): plan.gcloud(
                    f"kms keys add-iam-policy-binding {SECRETS_KEY} {on_key} --member={member} "
                    f"--role={USE_KEY}"
                )
            },
            granted(plan, key_policy(plan, SECRETS_KEY)),
        ),
        Step(
            "its leave to read and write the state",
            {
                grant(member, use_state): plan.gcloud(
                    f"storage buckets add-iam-policy-binding gs://{plan.bucket} --member={member} "
                    f"--role={use_state}"
                )
            },
            granted(plan, f"storage buckets get-iam-policy gs://{plan.bucket}"),
        ),
        Step(
            "your leave to act as it",
            {
                grant(caller, act_as): plan.gcloud(
                    f"iam service-accounts add-iam-policy-binding {plan.deployer} "
                    f"--member={caller} --role={act_as} --condition=None"
                )
            },
            granted(plan, f"iam service-accounts get-iam-policy {plan.deployer}"),
        ),
    ]


def project_grants(plan: Plan, member: str) -> dict[str, Command]:
    """Each role as it is; but the one that grants roles, within its limit."""
    conditions = {deployer.GRANTS: deployer.limit()}
    title = "title=only_what_the_program_grants"
    makes: dict[str, Command] = {}
    for role in deployer.ROLES:
        expression = conditions.get(role.name, "")
        condition = f"^;^{title};expression={expression}" if expression else "None"
        makes[grant(member, role.name, expression)] = gcloud(
            f"projects add-iam-policy-binding {plan.project} --member={member} --role={role.name}",
            f"--condition={condition}",
        )
    return makes


def key_policy(plan: Plan, key: str) -> str:
    return f"kms keys get-iam-policy {key} --keyring={RING} --location={plan.region}"


def granted(plan: Plan, policy: str) -> Command:
    """A command that prints who has what in a policy: a line each, as `grant` writes it."""
    fields = "bindings.members,bindings.role,bindings.condition.expression"
    return plan.gcloud(policy, "--flatten=bindings[].members", f"--format=value({fields})")


def grant(member: str, role: str, condition: str = "") -> str:
    return f"{member}\t{role}\t{condition}"


def member_of(account: str) -> str:
    kind = "serviceAccount" if account.endswith(".gserviceaccount.com") else "user"
    return f"{kind}:{account}"
