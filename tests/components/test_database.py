"""The database's builders."""

import pytest
from pydantic import ValidationError

from components.database import DatabaseSpec
from components.database.tuning import parameters
from components.service import ServiceSpec
from tests.authority import authority
from tests.components.test_specs import with_field
from tests.graph import Graph, Node
from tests.programs import build

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


@pytest.fixture(scope="module")
def alone() -> Graph:
    return build("database", "local")


@pytest.fixture(scope="module", params=["read_replica", "highly_available"])
def pair(request: pytest.FixtureRequest) -> Graph:
    """A server and its replica: either setting asks for both."""
    return build("database", "local", with_field("database", request.param, True))


def server(graph: Graph, name: str = "database") -> Node:
    return graph.only("docker:index/container:Container", name)


def files(node: Node) -> dict[str, str]:
    return {upload["file"]: upload["content"] for upload in node.inputs["uploads"]}


def settings(node: Node) -> dict[str, str]:
    return dict(setting.removeprefix("-c").split("=", 1) for setting in node.inputs["command"])


def test_locally_the_tuning_reaches_every_server(pair: Graph):
    """What takes a restart when it starts, the rest while it runs."""
    for name in ("database", "database-replica"):
        started = settings(server(pair, name))
        told = pair.only("PostgresSettings", f"{name}-settings").inputs
        assert {**started, **told["settings"]}.items() >= TUNING.items()
        assert TUNING.keys() - told["settings"].keys() == {"max_connections", "shared_buffers"}
        assert not started.keys() & told["settings"].keys()
        assert told["container"] == server(pair, name).inputs["name"]


def test_locally_every_server_speaks_tls_and_keeps_its_key_to_itself(pair: Graph):
    for name in ("database", "database-replica"):
        node = server(pair, name)
        given = settings(node)
        assert (given["ssl"], given["ssl_min_protocol_version"]) == ("on", "TLSv1.2")
        assert files(node)[given["ssl_cert_file"]] == "certificate of database-certificate"
        assert "key of database-certificate" in files(node).values()
        assert given["ssl_key_file"].startswith("/dev/shm/"), "uploads are readable by everybody"
    certificate = pair.only("alphintra:ServerCertificate").request
    assert set(certificate.additionalSecretOutputs) == {"key", "authority_key"}


def test_locally_nobody_gets_in_over_the_network_without_tls(alone: Graph):
    rules = files(server(alone))[settings(server(alone))["hba_file"]]
    kinds = {line.split()[0]: line for line in rules.splitlines() if not line.startswith("#")}
    assert kinds.keys() == {"local", "hostssl"}
    assert kinds["local"].split() == ["local", "all", "postgres", "trust"]


def test_locally_the_certificate_is_for_the_addresses_that_clients_use(alone: Graph):
    inputs = alone.only("alphintra:ServerCertificate").inputs
    assert inputs["addresses"] == ["10.60.32.10", "10.60.32.14", "127.0.0.1"]
    assert inputs["names"] == ["localhost"]
    assert inputs["authority_certificate"] == authority()[0] == alone.result["ca_certificate"]


def test_locally_no_secret_is_in_a_command_or_an_environment(pair: Graph):
    for name in ("database", "database-replica"):
        inputs = server(pair, name).inputs
        shown = f"{inputs['command']} {inputs['envs']} {inputs['healthcheck']}"
        assert "secret-of" not in shown and "key of" not in shown


def test_locally_servers_are_on_the_database_network_alone_and_publish_nothing(pair: Graph):
    for name, address in {"database": "10.60.32.10", "database-replica": "10.60.32.14"}.items():
        inputs = server(pair, name).inputs
        networks = {n["name"]: n.get("ipv4Address") for n in inputs["networksAdvanced"]}
        assert networks == {"managed-services": address}
        assert not inputs.get("ports")


def test_locally_the_host_reaches_each_server_over_loopback(pair: Graph):
    way_in = server(pair, "database-way-in").inputs
    assert {port["external"] for port in way_in["ports"]} == {5432, 5434}
    assert {port["ip"] for port in way_in["ports"]} == {"127.0.0.1"}
    (configuration,) = files(server(pair, "database-way-in")).values()
    assert "10.60.32.10:5432" in configuration and "10.60.32.14:5432" in configuration


def test_locally_it_counts_as_made_only_when_healthy(pair: Graph):
    for name, command in {"database": "pg_isready", "database-replica": "replica-health"}.items():
        inputs = server(pair, name).inputs
        assert inputs["wait"] is True
        assert command in inputs["healthcheck"]["tests"][1]


def test_locally_the_data_is_in_a_labelled_volume(alone: Graph):
    volume = alone.only("docker:index/volume:Volume").inputs
    mounts = server(alone).inputs["volumes"]
    assert mounts == [{"volumeName": volume["name"], "containerPath": "/var/lib/postgresql/data"}]
    assert {label["label"]: label["value"] for label in volume["labels"]} == {
        "io.alphintra.project": "alphintra",
        "io.alphintra.stack": "dev",
        "io.alphintra.component": "database",
    }


def test_locally_reads_go_to_the_replica_if_there_is_one(alone: Graph, pair: Graph):
    assert alone.result["reader_host"] == alone.result["host"] == "10.60.32.10"
    assert pair.result["reader_host"] == "10.60.32.14"
    assert pair.result["host"] == "10.60.32.10"


def test_locally_volumes_wait_for_nothing(pair: Graph):
    """Else they are removed one after the other, at two seconds each."""
    volumes = pair.of(":Volume")
    assert len(volumes) == 2
    assert [node.dependencies for node in volumes] == [[], []]


def test_locally_the_replica_follows_over_tls_as_a_role_that_can_do_nothing_else(pair: Graph):
    role = pair.only("alphintra:PostgresRole", "database-replicator")
    assert role.inputs["may_replicate"] is True
    replica = server(pair, "database-replica")
    assert any(urn.endswith("::database-replicator") for urn in replica.dependencies)
    primary = dict(env.split("=", 1) for env in replica.inputs["envs"])["PRIMARY"]
    assert "host=10.60.32.10 " in primary and "sslmode=verify-full" in primary
    rules = [line.split() for line in files(replica)["/etc/postgresql/pg_hba.conf"].splitlines()]
    assert [rule[-1] for rule in rules if "replicator" in rule] == ["scram-sha-256", "reject"]
    admin = pair.only("alphintra:PostgresRole", "database-postgres")
    others = [one for one in pair.of("alphintra:PostgresRole") if one not in (role, admin)]
    assert others and not any(one.inputs.get("may_replicate") for one in others)
    assert "replicator" not in pair.result["passwords"]


def test_locally_a_new_server_replaces_nothing_that_stands_on_its_data(pair: Graph):
    """A container is deleted before it is replaced, and before that whatever has an input from it:
    databases would be dropped with all that is in them."""
    on_it = [
        server(pair, "database-replica"),
        *pair.of("alphintra:PostgresRole"),
        *pair.of("alphintra:PostgresDatabase"),
    ]
    assert len(on_it) == 7
    for node in on_it:
        for name, sources in node.request.propertyDependencies.items():
            found = [urn for urn in sources.urns if urn.endswith("Container::database")]
            assert not found, f"{node.name}: {name}"
    for node in on_it[1:]:
        assert any(urn.endswith("Container::database") for urn in node.dependencies)


@pytest.mark.parametrize("role", ["postgres", "replicator", "none", "pg_x", "cloudsqlsuperuser"])
def test_a_servers_own_roles_own_no_database(role: str):
    with pytest.raises(ValidationError, match=f"given '{role}' as a role"):
        DatabaseSpec(databases={"trading": role})


@pytest.mark.parametrize("database", ["postgres", "template1", "cloudsqladmin"])
def test_a_servers_own_databases_are_given_to_nobody(database: str):
    with pytest.raises(ValidationError, match=f"given '{database}' as a database"):
        DatabaseSpec(databases={database: "trader"})
    with pytest.raises(ValidationError, match=f"given '{database}' as a database"):
        ServiceSpec(database=database)


def test_every_role_has_a_password_of_its_own():
    for target in ("local", "gcp"):
        passwords = build("database", target).result["passwords"]
        assert set(passwords) == {"postgres", "trader", "clerk"}
        assert len(set(passwords.values())) == 3
