"""Programs that a preview accepts: who refuses each, and with which words.

All of them are one program, so that the provider starts once; each is a resource of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.play import Play, Step, play
from rehearsal.servers.plane import sign_in
from tests.rehearsal.stages import HERE, needs_provider, said_of

pytestmark = pytest.mark.slow

SCHEMA, REFERENCE, RULE = "the document's schema", "a reference", "a rule"
REFUSED = {
    "account-missing": (REFERENCE, "Service account nobody@wrong-programs"),
    "agent-not-made": (REFERENCE, "gcp-sa-cloudasset.iam.gserviceaccount.com does not exist"),
    "api-not-enabled": (REFERENCE, "Cloud Monitoring API has not been used in project"),
    "attestor-without-note": (REFERENCE, "notes/nowhere' was not found"),
    "backup-of-no-cluster": (REFERENCE, "clusters/nowhere' was not found"),
    "bucket-action": (RULE, "Invalid value for lifecycle action: Destroy"),
    "bucket-key-not-granted": (RULE, "gs-project-accounts.iam.gserviceaccount.com needs"),
    "firewall-priority-taken": (RULE, "A rule with the same priority already exists"),
    "gke-machine-type": (RULE, "'n2d-standrd-4'. Unknown machine type"),
    "gke-network-missing": (REFERENCE, "networks/nowhere' was not found"),
    "gke-node-account-missing": (REFERENCE, "Service account nodes@wrong-programs"),
    "gke-range-missing": (RULE, 'Pod secondary range "pod" does not exist'),
    "gke-topic-missing": (REFERENCE, "topics/nowhere' was not found"),
    "nat-address-missing": (REFERENCE, "addresses/nowhere' was not found"),
    "record-in-no-zone": (REFERENCE, "managedZones/nowhere' was not found"),
    "redis-key-not-granted": (RULE, "cloud-redis.iam.gserviceaccount.com needs"),
    "redis-network-without-peering": (RULE, "Google private service access is not enabled"),
    "redis-size": (RULE, "between 1 GB and 300 GB: 500 GB"),
    "redis-version": (RULE, "Redis version is not supported: REDIS_8_1"),
    "region-misspelt": (RULE, "'europe-wst1'. Unknown region"),
    "registry-format": (SCHEMA, "one of DOCKER, MAVEN"),
    "registry-name-taken": (REFERENCE, "repositories/taken' already exists"),
    "registry-upstream-missing": (REFERENCE, "repositories/nowhere' was not found"),
    "role-misspelt": (RULE, "cryptoKeyEncryptorDecryptor is not supported"),
    "secret-place-misspelt": (RULE, "Permission denied on 'locations/europe-wst1'"),
    "sink-to-no-bucket": (REFERENCE, "buckets/nowhere' was not found"),
    "sql-key-elsewhere": (RULE, "must be in the same location"),
    "sql-key-missing": (REFERENCE, "cryptoKeys/missing' was not found"),
    "sql-key-not-granted": (RULE, "gcp-sa-cloud-sql.iam.gserviceaccount.com needs"),
    "sql-network-without-peering": (RULE, "at least 1 private services connection"),
    "sql-recovery-without-backups": (RULE, "when backups are disabled"),
    "sql-replica-of-nothing": (REFERENCE, "The master instance nowhere does not exist"),
    "sql-tier": (RULE, "Invalid Tier (db-custom-3-7680)"),
    "sql-tier-of-the-other-edition": (RULE, "for (ENTERPRISE_PLUS) Edition"),
    "sql-version": (SCHEMA, "databaseVersion"),
    "subnet-in-managed-range": (RULE, "conflicts with the allocated range 10.9.0.0/20"),
    "subnet-overlaps": (RULE, "conflicts with existing subnetwork"),
    "topic-retention": (SCHEMA, "Field must be a duration such as 30s"),
    "workload-pool-missing": (REFERENCE, "Identity Pool does not exist"),
}
"""Resource → what refuses it, and in which words."""
PASSED = ("cron", "database-flag", "expression", "filter")
"""What Google refuses and the rehearsal lets through: no document describes these languages and
lists. (And what only Google knows: quota, capacity, an organization's policies, names that others
have taken.)"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    needs_provider()
    with play("wrong", tmp_path_factory.mktemp("out"), HERE / "wrong") as one:
        sign_in(one)
        one.pulumi("preview", "preview")
        flags = ("--yes", "--skip-preview", "--continue-on-error", "--parallel=32")
        one.pulumi("up", "up", *flags, check=False)
        yield one


@pytest.fixture(scope="module")
def steps(played: Play) -> dict[str, Step]:
    return {step.name: step for step in played.steps}


def test_the_preview_accepts_all_of_them(steps: dict[str, Step]):
    assert steps["preview"].code == 0
    assert steps["preview"].changes["create"] > len(REFUSED) + len(PASSED)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(steps: dict[str, Step], name: str):
    _, words = REFUSED[name]
    said = said_of(steps["up"], name)
    assert any(words in one for one in said), said or "it went through"


def test_no_other_is(steps: dict[str, Step]):
    named = {words.partition(": ")[0] for words in steps["up"].words} - {""}
    assert named == set(REFUSED)


@pytest.mark.parametrize("name", PASSED)
def test_what_is_not_caught(played: Play, name: str):
    names = {one["urn"].rsplit("::", 1)[-1] for one in _resources(played)}
    assert name in names


def _resources(played: Play) -> list[dict[str, str]]:
    return played.state()["deployment"]["resources"]


def test_nothing_was_let_out(played: Play):
    assert played.server.refused_hosts == set()
    assert played.environment["HOME"].startswith(str(Path(played.workspace.folder)))
