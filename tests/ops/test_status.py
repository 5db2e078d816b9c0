"""The table, in each state that a stack can be in."""

import pytest

from ops import status
from ops.commands import OpsError
from ops.services import SERVICES
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import NOWHERE, SPECS, container, with_condition
from tests.programs import STACKS, deploy

DEV = Stack("dev", "local", folder=NOWHERE)


def table(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """What is printed: first cell → the other cells; "" → what stands below the table."""
    assert status.status(context(host)) == 0
    head, _, below = capsys.readouterr().out.partition("\n\n")
    lines = [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in head.splitlines()
    ]
    assert lines[0] == ["WHAT", "STATE", "ADDRESS", "HOW TO REACH IT"]
    return {line[0]: line[1:] for line in lines[1:]} | {"": [below.strip()]}


def test_up(capsys: pytest.CaptureFixture[str]):
    shown = table(FakeHost(DEV).up(), capsys)
    assert shown.pop("") == ["dev is up. `make health` asks each part."]
    assert shown == {
        "database": ["healthy", "127.0.0.1:5432", "make shell SERVICE=database"],
        "database-replica": ["healthy", "127.0.0.1:5434", "make shell SERVICE=database-replica"],
        "database-way-in": ["healthy", "-", "make logs SERVICE=database-way-in"],
        "cache": ["healthy", "127.0.0.1:6379", "make shell SERVICE=cache"],
        "cache-replica": ["healthy", "127.0.0.1:6380", "make shell SERVICE=cache-replica"],
        "cache-way-in": ["healthy", "-", "make logs SERVICE=cache-way-in"],
        "registry": ["healthy", "localhost:5050", "docker push localhost:5050/<image>"],
        "registry-gate": ["healthy", "-", "make logs SERVICE=registry-gate"],
        "cluster": ["2/2 nodes ready", "https://127.0.0.1:6550", "kubectl get nodes"],
        "connectivity-check": [
            "complete",
            "in the cluster",
            "make logs SERVICE=connectivity-check",
        ],
    }


def test_down(capsys: pytest.CaptureFixture[str]):
    shown = table(FakeHost(DEV), capsys)
    assert shown.pop("") == ["dev is down. `make up` brings it up."]
    assert len(shown) == 10
    assert {cells[0] for cells in shown.values()} == {"not made"}


def test_half_up(capsys: pytest.CaptureFixture[str]):
    """The database is there, the cache has stopped, the rest never came to be."""
    host = FakeHost(DEV)
    host.specs = SPECS
    host.containers = [
        container(DEV, "database", health="starting"),
        container(DEV, "cache", status="exited"),
    ]
    shown = table(host, capsys)
    assert shown["database"][0] == "starting"
    assert shown["cache"][:2] == ["stopped", "127.0.0.1:6379"]
    assert shown["registry"][0] == shown["cluster"][0] == "not made"
    assert shown[""][0].startswith(
        "dev is not all up: database, database-replica, database-way-in, cache, "
    )
    assert "`make up`" in shown[""][0]


def test_a_stopped_node_is_seen(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(DEV).up()
    host.containers[-2]["State"] = {"Status": "exited"}
    shown = table(host, capsys)
    assert shown["cluster"][0] == "1 of 3 down"
    assert shown["connectivity-check"][0] == "unknown"


def test_an_unready_node_and_a_failed_check_are_seen(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(DEV).up()
    host.nodes = [with_condition("a", "Ready"), with_condition("b", "Ready", holds=False)]
    host.jobs = [with_condition("connectivity-check", "Failed")]
    shown = table(host, capsys)
    assert shown["cluster"][0] == "1/2 nodes ready"
    assert shown["connectivity-check"][0] == "failed"


def test_no_row_for_a_replica_that_is_not_wanted(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(DEV).up()
    host.specs["Cache"]["highly_available"] = False
    host.specs["Database"]["read_replica"] = False
    assert not [service for service in table(host, capsys) if "replica" in service]
    host.specs["Database"]["highly_available"] = True
    assert "database-replica" in table(host, capsys)


def test_ports_are_those_of_the_last_up(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(DEV).up()
    host.specs["Database"] |= {"host_port": 15432, "replica_host_port": 15001}
    host.specs["Cache"]["host_port"] = 16379
    host.specs["Registry"]["host_port"] = 15050
    shown = table(host, capsys)
    assert shown["database"][1] == "127.0.0.1:15432"
    assert shown["database-replica"][1] == "127.0.0.1:15001"
    assert shown["cache-replica"][1] == "127.0.0.1:16380"
    assert shown["registry"][1:] == ["localhost:15050", "docker push localhost:15050/<image>"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_containers_are_those_that_the_program_makes(stack: str):
    """Under the same names, wanted by the same settings, at the same loopback ports."""
    graph = deploy(stack, target="local")
    made = {node.name: node.inputs for node in graph.of("docker:index/container:Container")}
    wanted, published = set[str](), set[int]()
    for name, service in SERVICES.items():
        spec = graph.only(f"alphintra:index:{service.component.capitalize()}").inputs
        if service.wanted(spec):
            wanted.add(name)
            published |= {port for port in [service.port(spec)] if port}
    assert made.keys() == wanted
    assert published == {
        port["external"] for inputs in made.values() for port in inputs.get("ports", ())
    }


def test_another_stack_is_named_in_every_command(capsys: pytest.CaptureFixture[str]):
    shown = table(FakeHost(Stack("mine", "local")).up(), capsys)
    assert shown["database"][2] == "make shell SERVICE=database STACK=mine"
    assert shown["cluster"][2] == "make shell SERVICE=cluster STACK=mine"
    assert shown[""] == ["mine is up. `make health STACK=mine` asks each part."]


def test_docker_that_does_not_answer():
    host = FakeHost(DEV)
    host.docker = None
    with pytest.raises(OpsError, match=r"Docker does not answer .*make setup"):
        status.status(context(host))


def test_google_cloud_from_the_outputs(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(Stack("prod", "gcp", folder=NOWHERE)).up()
    shown = table(host, capsys)
    assert shown["database"][:2] == ["made", "10.0.0.2:5432"]
    assert shown["cluster"][:2] == ["2/2 nodes ready", "alphintra"]
    assert not [command for command in host.everything if command[0] == "docker"]


def test_google_cloud_before_anything_is_made(capsys: pytest.CaptureFixture[str]):
    shown = table(FakeHost(Stack("prod", "gcp", folder=NOWHERE)), capsys)
    assert shown[""] == ["prod is down. `make up STACK=prod` brings it up."]
