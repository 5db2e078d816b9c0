"""The host's way in to the servers."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pulumi import Output, ResourceOptions

from components.images import catalog, present
from components.proxy import CONFIG_FILE, tcp_configuration, way_in
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
def proxy(graph: Graph) -> Node:
    return graph.only("docker:index/container:Container", "database-way-in")


def test_each_loopback_port_leads_to_its_server(proxy: Node):
    assert [(port["ip"], port["external"], port["internal"]) for port in proxy.inputs["ports"]] == [
        ("127.0.0.1", port, port) for port in ROUTES
    ]
    (upload,) = proxy.inputs["uploads"]
    assert upload == {"file": CONFIG_FILE, "content": tcp_configuration(ROUTES)}
    for port, server in ROUTES.items():
        assert f"bind :{port}\n" in upload["content"]
        assert f"server {port} {server}\n" in upload["content"]


def test_it_stands_between_the_host_and_the_servers(proxy: Node):
    networks = [one["name"] for one in proxy.inputs["networksAdvanced"]]
    assert networks == ["public-subnet", "database-subnet"]


def test_it_may_do_nothing_but_pass_on(proxy: Node):
    assert proxy.inputs["user"] == "haproxy"
    assert proxy.inputs["capabilities"] == {"drops": ["ALL"]}
    assert proxy.inputs["securityOpts"] == ["no-new-privileges:true"]
    assert "volumes" not in proxy.inputs


def test_it_belongs_to_its_component(proxy: Node):
    labels = {label["label"]: label["value"] for label in proxy.inputs["labels"]}
    assert labels["io.alphintra.component"] == "database"
    assert proxy.inputs["name"] == "alphintra-dev-database-way-in"
    assert proxy.inputs["restart"] == "unless-stopped"


def test_its_health_is_that_of_every_port(proxy: Node):
    command = proxy.inputs["healthcheck"]["tests"]
    assert command[:3] == ["CMD", "bash", "-c"]
    assert all(f"/dev/tcp/127.0.0.1/{port}" in command[3] for port in ROUTES)
    assert "src 127.0.0.1" in tcp_configuration(ROUTES)  # so that no server sees it


@pytest.mark.slow
def test_haproxy_takes_the_configuration(tmp_path: Path):
    haproxy_takes(tmp_path, tcp_configuration(ROUTES))


def haproxy_takes(folder: Path, configuration: str) -> None:
    """Have HAProxy itself check what is asked of it, where its image is there."""
    source = catalog()["haproxy"]
    image = next(filter(present, (source.official, source.stand_in)), None)
    if image is None:
        pytest.skip("there is no image of HAProxy here")
    file = folder / "haproxy.cfg"
    file.write_text(configuration)
    mounted = f"--volume={file}:{CONFIG_FILE}:ro"
    command = ["docker", "run", "--rm", mounted, image, "haproxy", "-c", "-f", CONFIG_FILE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
