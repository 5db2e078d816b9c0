"""The host's way in to the servers."""

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pulumi import Output, ResourceOptions

from components.command import run
from components.proxy import CONFIG_FILE, MEMORY_MB, tcp_configuration, way_in
from tests.components.real_docker import container, image, internal_network, proxy, until
from tests.graph import Graph, Node, record
from tests.programs import network

ROUTES = {15432: "10.60.32.10:5432", 15434: "10.60.32.14:5432"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    servers = {port: Output.from_input(server) for port, server in ROUTES.items()}

    def program() -> Any:
        return way_in("database", "database", servers, network(), ResourceOptions()).name

    return record(program)


@pytest.fixture(scope="module")
def made(graph: Graph) -> Node:
    return graph.only("docker:index/container:Container", "database-way-in")


def test_each_loopback_port_leads_to_its_server(made: Node):
    assert [(port["ip"], port["external"], port["internal"]) for port in made.inputs["ports"]] == [
        ("127.0.0.1", port, port) for port in ROUTES
    ]
    (upload,) = made.inputs["uploads"]
    assert upload == {"file": CONFIG_FILE, "content": tcp_configuration(ROUTES)}
    for port, server in ROUTES.items():
        assert f"bind :{port}\n" in upload["content"]
        assert f"server {port} {server}\n" in upload["content"]


def test_it_stands_between_the_host_and_the_servers(made: Node):
    networks = [one["name"] for one in made.inputs["networksAdvanced"]]
    assert networks == ["public-subnet", "database-subnet"]


def test_it_may_do_nothing_but_pass_on(made: Node):
    assert made.inputs["user"] == "haproxy"
    assert made.inputs["capabilities"] == {"drops": ["ALL"]}
    assert made.inputs["securityOpts"] == ["no-new-privileges:true"]
    assert "volumes" not in made.inputs


def test_it_belongs_to_its_component(made: Node):
    labels = {label["label"]: label["value"] for label in made.inputs["labels"]}
    assert labels["io.alphintra.component"] == "database"
    assert made.inputs["name"] == "alphintra-dev-database-way-in"
    assert made.inputs["restart"] == "always"


def test_its_health_is_that_of_every_port(made: Node):
    command = made.inputs["healthcheck"]["tests"]
    assert command[:3] == ["CMD", "bash", "-c"]
    assert all(f"/dev/tcp/127.0.0.1/{port}" in command[3] for port in ROUTES)
    assert "src 127.0.0.1" in tcp_configuration(ROUTES)  # so that no server sees it


@pytest.mark.slow
def test_haproxy_takes_the_configuration(tmp_path: Path):
    file = tmp_path / "haproxy.cfg"
    file.write_text(tcp_configuration(ROUTES))
    mounted = f"--volume={file}:{CONFIG_FILE}"
    # -dW: a warning is an error.
    check = ["haproxy", "-dW", "-c", "-f", CONFIG_FILE]
    run(["docker", "run", "--rm", mounted, image("haproxy"), *check])


@pytest.mark.slow
def test_a_server_is_made_anew_behind_it():
    server, subnet = image("redis"), "--subnet=198.18.15.0/24"  # for trials: RFC 2544
    with ExitStack() as stack:
        network = stack.enter_context(internal_network("ways", subnet))
        with container(network, "first", server) as (_, address):
            files = {CONFIG_FILE: tcp_configuration({15432: f"{address}:6379"})}
            port = stack.enter_context(proxy(network, "way-in", files, 15432, MEMORY_MB))
            until(lambda: answers(port))
        assert not answers(port)
        with container(network, "second", f"--ip={address}", server):
            until(lambda: answers(port))


def answers(port: int) -> bool:
    """Whether Redis does, at the loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
