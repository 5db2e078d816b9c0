"""The database's builders."""

from components.database import DatabaseSpec
from components.database.tuning import parameters
from tests.programs import SPECS, build

# The platform's tuning (max_connections 200, shared_buffers 256MB, effective_cache_size 1GB,
# work_mem 4MB, maintenance_work_mem 64MB), in the base units of pg_settings: 8 kB blocks, and kB.
TUNING = {
    "max_connections": "200",
    "shared_buffers": "32768",
    "effective_cache_size": "131072",
    "work_mem": "4096",
    "maintenance_work_mem": "65536",
    "checkpoint_completion_target": "0.9",
}


def test_the_tuning_is_the_platforms():
    assert parameters(DatabaseSpec()) == TUNING


def test_locally_the_tuning_reaches_the_server():
    command = build("database", "local").only("docker:index/container:Container").inputs["command"]
    assert command == ["postgres", *(f"-c{key}={value}" for key, value in TUNING.items())]


def test_locally_it_is_reached_over_loopback_and_the_database_network():
    inputs = build("database", "local").only("docker:index/container:Container").inputs
    assert inputs["ports"] == [{"internal": 5432, "external": 5432, "ip": "127.0.0.1"}]
    networks = {n["name"]: n.get("ipv4Address") for n in inputs["networksAdvanced"]}
    assert networks == {"managed-services": "10.60.32.10", "private-subnet": None}


def test_locally_it_counts_as_made_only_when_healthy():
    inputs = build("database", "local").only("docker:index/container:Container").inputs
    assert inputs["wait"] is True
    assert "pg_isready" in inputs["healthcheck"]["tests"][1]


def test_locally_the_data_is_in_a_labelled_volume():
    graph = build("database", "local")
    volume = graph.only("docker:index/volume:Volume").inputs
    mounts = graph.only("docker:index/container:Container").inputs["volumes"]
    assert mounts == [{"volumeName": volume["name"], "containerPath": "/var/lib/postgresql/data"}]
    assert {label["label"]: label["value"] for label in volume["labels"]} == {
        "io.alphintra.project": "alphintra",
        "io.alphintra.stack": "dev",
        "io.alphintra.component": "database",
    }


def test_locally_reads_go_to_the_one_server():
    result = build("database", "local").result
    assert result["reader_host"] == result["host"] == "10.60.32.10"


def test_every_role_has_a_password_of_its_own():
    for target in ("local", "gcp"):
        passwords = build("database", target).result["passwords"]
        assert set(passwords) == {"postgres", "trader", "clerk"}
        assert len(set(passwords.values())) == 3


def test_including_a_database_keeps_the_others():
    spec = DatabaseSpec(databases={"trading": "trader"}).including("check")
    assert spec.databases == {"trading": "trader", "check": "check"}
    assert spec.roles == ["check", "trader"]
    assert SPECS["database"] != spec
