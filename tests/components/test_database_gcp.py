"""The database on Google Cloud: what each environment gets."""

from typing import Any

import pytest

from components.database import DatabaseSpec
from components.database.cloud_sql_settings import backup_location
from stacks.config import parse
from tests.graph import Graph, Node
from tests.programs import ROOT, SPECS, STACKS, build, stack_config

SERVER = "gcp:sql/databaseInstance:DatabaseInstance"
SMALL = SPECS["database"]


def spec_of(stack: str) -> DatabaseSpec:
    return parse(stack_config(stack), f"Pulumi.{stack}.yaml").database


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return build("database", "gcp", spec_of(request.param))


@pytest.fixture(scope="module")
def prod() -> Graph:
    return build("database", "gcp", spec_of("prod"))


def servers(graph: Graph) -> list[Node]:
    return graph.of(SERVER)


def primary(graph: Graph) -> Node:
    return graph.only(SERVER, "database")


def settings(node: Node) -> dict[str, Any]:
    return node.inputs["settings"]


def flags(node: Node) -> dict[str, str]:
    return {flag["name"]: flag["value"] for flag in settings(node)["databaseFlags"]}


SIZES = {
    "dev": ("ENTERPRISE", "db-custom-2-4096", "ZONAL", 20, 100),
    "staging": ("ENTERPRISE", "db-custom-2-8192", "ZONAL", 50, 200),
    "prod": ("ENTERPRISE_PLUS", "db-perf-optimized-N-4", "REGIONAL", 200, 1000),
}


@pytest.mark.parametrize("stack", STACKS)
def test_every_environment_has_its_size(stack: str):
    inputs = settings(primary(build("database", "gcp", spec_of(stack))))
    keys = ("edition", "tier", "availabilityType", "diskSize", "diskAutoresizeLimit")
    assert tuple(inputs[key] for key in keys) == SIZES[stack]
    assert inputs["diskType"] == "PD_SSD" and inputs["diskAutoresize"] is True


def test_no_server_is_reached_but_from_the_network_and_encrypted(graph: Graph):
    for server in servers(graph):
        assert settings(server)["ipConfiguration"] == {
            "ipv4Enabled": False,
            "privateNetwork": "managed-services",
            "enablePrivatePathForGoogleCloudServices": True,
            "sslMode": "ENCRYPTED_ONLY",
            "serverCaMode": "GOOGLE_MANAGED_CAS_CA",
            "serverCertificateRotationMode": "AUTOMATIC_ROTATION_DURING_MAINTENANCE",
        }
        assert settings(server)["dataApiAccess"] == "DISALLOW_DATA_API"


def test_the_server_is_reached_by_the_name_in_its_certificate(graph: Graph):
    zone = graph.only("gcp:dns/managedZone:ManagedZone").inputs
    assert zone["dnsName"] == "europe-west1.sql-psa.goog."
    assert zone["visibility"] == "private"
    assert zone["privateVisibilityConfig"] == {"networks": [{"networkUrl": "the-network"}]}
    record = graph.only("gcp:dns/recordSet:RecordSet", "database").inputs
    assert record["name"] == "database.europe-west1.sql-psa.goog."
    assert (record["type"], record["rrdatas"]) == ("A", ["10.0.0.5"])
    # With the last dot, as the certificate has it: drivers compare letter by letter.
    assert graph.result["host"] == record["name"]
    assert graph.result["ca_certificate"] == "CA of the region\n"


def test_data_is_under_a_key_of_our_own(graph: Graph):
    assert primary(graph).inputs["encryptionKeyName"] == "key-of-database"
    for secret in graph.of("gcp:secretmanager/secret:Secret"):
        (replica,) = secret.inputs["replication"]["userManaged"]["replicas"]
        assert replica == {
            "location": "europe-west1",
            "customerManagedEncryption": {"kmsKeyName": "key-of-database"},
        }


RECOVERY = {"dev": (7, 8), "staging": (7, 8), "prod": (35, 90)}


@pytest.mark.parametrize("stack", STACKS)
def test_every_server_is_backed_up_and_can_be_put_back_to_any_moment(stack: str):
    inputs = settings(primary(build("database", "gcp", spec_of(stack))))
    days, kept = RECOVERY[stack]
    assert inputs["backupConfiguration"] == {
        "enabled": True,
        "location": "eu",
        "startTime": "01:00",
        "backupRetentionSettings": {"retainedBackups": kept, "retentionUnit": "COUNT"},
        "pointInTimeRecoveryEnabled": True,
        "transactionLogRetentionDays": days,
    }
    assert inputs["retainBackupsOnDelete"] is True
    assert inputs["finalBackupConfig"] == {"enabled": True, "retentionDays": 30}


def test_backups_stay_on_their_continent():
    assert backup_location("europe-west1") == "eu"
    assert backup_location("us-central1") == "us"
    assert backup_location("asia-east1") == "asia"
    assert backup_location("australia-southeast1") == "australia-southeast1"


@pytest.mark.parametrize(("stack", "wanted"), [("dev", False), ("staging", True), ("prod", True)])
def test_what_must_not_be_lost_is_protected_at_every_level(stack: str, wanted: bool):
    graph = build("database", "gcp", spec_of(stack))
    for server in servers(graph):
        assert server.inputs["deletionProtection"] is wanted
        assert settings(server)["deletionProtectionEnabled"] is wanted
        assert server.request.protect is wanted
    for database in graph.of("gcp:sql/database:Database"):
        assert database.request.protect is wanted
    for secret in graph.of("gcp:secretmanager/secret:Secret"):
        assert secret.inputs["deletionProtection"] is wanted


def test_prod_has_a_replica_for_reads_in_the_likeness_of_the_primary(prod: Graph):
    replica, server = prod.only(SERVER, "database-replica"), primary(prod)
    assert replica.inputs["masterInstanceName"] == "database"
    for key in ("edition", "tier", "diskType", "insightsConfig", "dataCacheConfig"):
        assert settings(replica)[key] == settings(server)[key]
    # PostgreSQL refuses to follow a primary that allows more connections.
    assert flags(replica) == flags(server)
    assert settings(replica)["availabilityType"] == "ZONAL"
    # Cloud SQL keeps these for the primary, and a replica takes the key of its region's primary.
    for key in ("backupConfiguration", "maintenanceWindow", "passwordValidationPolicy"):
        assert key not in settings(replica)
    assert "encryptionKeyName" not in replica.inputs
    assert prod.result["reader_host"] == "database-replica.europe-west1.sql-psa.goog."


def test_without_a_replica_reads_go_to_the_one_server():
    graph = build("database", "gcp", spec_of("staging"))
    assert len(servers(graph)) == 1
    assert graph.result["reader_host"] == graph.result["host"]


@pytest.mark.parametrize(
    ("stack", "track"), [("dev", "canary"), ("staging", "canary"), ("prod", "stable")]
)
def test_maintenance_comes_on_sunday_and_to_prod_last(stack: str, track: str):
    inputs = settings(primary(build("database", "gcp", spec_of(stack))))
    assert inputs["maintenanceWindow"] == {"day": 7, "hour": 3, "updateTrack": track}
    assert inputs["denyMaintenancePeriod"] == {
        "startDate": "11-20",
        "endDate": "12-31",
        "time": "00:00:00",
    }


def test_the_log_is_what_the_benchmark_wants(graph: Graph):
    """CIS Google Cloud Platform Foundation Benchmark 3.0, 6.2.1 to 6.2.8."""
    wanted = {
        "log_error_verbosity": "default",
        "log_connections": "on",
        "log_disconnections": "on",
        "log_statement": "ddl",
        "log_min_messages": "warning",
        "log_min_error_statement": "error",
        "log_min_duration_statement": "-1",
        "cloudsql.enable_pgaudit": "on",
    }
    for server in servers(graph):
        assert wanted.items() <= flags(server).items()


def test_time_series_and_tokens_are_ready(graph: Graph):
    wanted = {
        "cloudsql.enable_pg_cron": "on",
        "cron.database_name": "postgres",
        "cloudsql.iam_authentication": "on",
    }
    assert wanted.items() <= flags(primary(graph)).items()


def test_slow_statements_are_seen_without_being_logged(graph: Graph):
    insights = settings(primary(graph))["insightsConfig"]
    assert insights["queryInsightsEnabled"] is True
    assert insights["queryStringLength"] <= 4500 and insights["queryPlansPerMinute"] <= 20


def test_passwords_comply_with_the_policy(graph: Graph):
    policy = settings(primary(graph))["passwordValidationPolicy"]
    assert policy == {
        "enablePasswordPolicy": True,
        "minLength": 16,
        "complexity": "COMPLEXITY_DEFAULT",
        "reuseInterval": 5,
        "disallowUsernameSubstring": True,
    }
    for password in graph.result["passwords"].values():
        kinds = {(c.islower(), c.isupper(), c.isdigit()) for c in password}
        assert len(kinds) == 4  # small, capital, digit, and none of the three
        assert len(password) >= 16


def test_every_password_is_kept_in_secret_manager(graph: Graph):
    for role, password in graph.result["passwords"].items():
        name = f"database-{role}-password"
        secret = graph.only("gcp:secretmanager/secret:Secret", name).inputs
        assert secret["secretId"] == f"alphintra-dev-{name}"
        version = graph.only("gcp:secretmanager/secretVersion:SecretVersion", name)
        assert version.inputs["secretData"] == password
        assert "secretData" in version.secrets
        assert "password" in graph.only("gcp:sql/user:User", f"database-{role}").secrets


def test_a_service_account_logs_in_without_a_password_and_here_only():
    email = "trader@the-project.iam.gserviceaccount.com"
    spec = SMALL.model_copy(update={"iam_users": [email, email]})  # named twice, it is one
    graph = build("database", "gcp", spec)
    user = graph.only("gcp:sql/user:User", "database-trader@the-project.iam").inputs
    assert user["name"] == "trader@the-project.iam"
    assert user["type"] == "CLOUD_IAM_SERVICE_ACCOUNT"
    assert "password" not in user
    grant = graph.only("gcp:projects/iAMMember:IAMMember").inputs
    assert grant["role"] == "roles/cloudsql.instanceUser"
    assert grant["member"] == f"serviceAccount:{email}"
    assert "projects/the-project/instances/database" in grant["condition"]["expression"]


def test_everything_that_costs_is_labelled(graph: Graph):
    labelled = [settings(server)["userLabels"] for server in servers(graph)]
    labelled += [node.inputs["labels"] for node in graph.of("gcp:secretmanager/secret:Secret")]
    labelled += [node.inputs["labels"] for node in graph.of("gcp:dns/managedZone:ManagedZone")]
    assert all(labels["component"] == "database" for labels in labelled)


def test_the_page_counts_what_its_table_says():
    page = (ROOT / "docs/cloud/database.md").read_text()
    lines = page.split("## Settings")[1].split("## Left out")[0].splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    rows = [row for row in cells[2:] if row[1]]
    dev, staging, prod = (
        sum(not row[column].startswith(("by environment", "not in")) for row in rows)
        for column in (2, 3, 4)
    )
    cff, tgm = (sum(row[column] == "yes" for row in rows) for column in (5, 6))
    assert f"{len(rows)} settings. Set here: dev {dev}, staging {staging}, prod {prod}." in page
    assert f"Set by default: CFF {cff}, TGM {tgm};" in page
