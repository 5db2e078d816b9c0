"""The check that a stack's addresses are free on its host."""

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from components.command import CommandError
from components.network import host as module
from components.network.host import HostRangesProvider, overlaps, routes
from tests.components.fake_host import FakeHost, install

CLOSED = {"com.docker.network.bridge.inhibit_ipv4": "true"}
WANTED: dict[str, dict[str, Any]] = {
    "alphintra-dev-private": {"subnet": "10.60.16.0/20", "options": {}},
    "alphintra-dev-database": {"subnet": "10.60.32.0/20", "options": CLOSED},
}
NEWS: dict[str, Any] = {
    "cidr": "10.60.0.0/16",
    "networks": WANTED,
    "project": "alphintra",
    "stack": "dev",
}
OWN = {"io.alphintra.project": "alphintra", "io.alphintra.stack": "dev"}
ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
br-0a1b2c3d\t0010A00A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0
"""


def network(name: str, subnet: str, **labels: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Labels": labels,
        "IPAM": {"Config": [{"Subnet": subnet}]},
        "Options": {},
        "Containers": {"0a1b2c3d": {"Name": "one"}},
    }


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeHost:
    table = tmp_path / "route"
    table.write_text(ROUTES)
    monkeypatch.setattr(module, "ROUTES", table)
    return install(monkeypatch, "components.network.host")


def check(docker: FakeHost, *networks: dict[str, Any], cidr: str = "10.60.0.0/16") -> list[str]:
    docker.answers = {
        "docker network ls": "\n".join(n["Name"] for n in networks),
        "docker network inspect": json.dumps(networks),
    }
    result = HostRangesProvider().check({}, {**NEWS, "cidr": cidr})
    return [failure.reason for failure in result.failures]


def test_a_free_block_passes(docker: FakeHost):
    assert check(docker, network("bridge", "172.17.0.0/16")) == []


def test_an_overlap_is_named(docker: FakeHost):
    (reason,) = check(docker, network("vpn-lab", "10.60.128.0/24"))
    assert "the Docker network vpn-lab (10.60.128.0/24)" in reason
    assert "Pulumi.dev.yaml: alphintra:network.cidr" in reason


def test_the_stacks_own_networks_do_not_count(docker: FakeHost):
    assert check(docker, network("alphintra-dev-private", "10.60.16.0/20", **OWN)) == []


@pytest.mark.parametrize(("subnet", "options"), [("10.60.32.0/20", {}), ("10.70.32.0/20", CLOSED)])
def test_a_network_in_use_that_was_made_otherwise_is_in_the_way(
    docker: FakeHost, subnet: str, options: dict[str, str]
):
    standing = {**network("alphintra-dev-database", subnet, **OWN), "Options": options}
    (reason,) = check(docker, standing)
    assert reason.startswith("alphintra-dev-database: Docker can't change a network")
    assert reason.endswith("`make down STACK=dev`, then `make up STACK=dev`")
    assert check(docker, {**standing, "Containers": {}}) == []


def test_a_network_that_stands_as_asked_for_is_not(docker: FakeHost):
    standing = network("alphintra-dev-database", "10.60.32.0/20", **OWN)
    assert check(docker, {**standing, "Options": CLOSED}) == []


def test_another_stacks_networks_count(docker: FakeHost):
    other = {"io.alphintra.project": "alphintra", "io.alphintra.stack": "e2e"}
    (reason,) = check(docker, network("alphintra-e2e-private", "10.60.16.0/20", **other))
    assert "alphintra-e2e-private" in reason


def test_an_interface_of_the_host_counts(docker: FakeHost):
    (reason,) = check(docker, cidr="192.168.0.0/16")
    assert "the interface eth0 (192.168.2.0/24)" in reason


def test_docker_that_does_not_answer_is_said(docker: FakeHost):
    docker.answers = {"docker network ls": CommandError("Cannot connect to the Docker daemon")}
    (failure,) = HostRangesProvider().check({}, dict(NEWS)).failures
    assert "Docker does not answer" in failure.reason


def test_an_ipv6_network_is_passed_over(docker: FakeHost):
    assert check(docker, network("six", "fd00::/64")) == []


def test_routes_leave_out_the_default_and_dockers_bridges():
    assert routes(ROUTES) == [("the interface eth0", IPv4Network("192.168.2.0/24"))]


def test_overlaps_names_each():
    found = overlaps(
        IPv4Network("10.0.0.0/8"),
        [("a", IPv4Network("10.1.0.0/16")), ("b", IPv4Network("172.16.0.0/16"))],
    )
    assert found == ["a (10.1.0.0/16)"]


def test_diff_replaces_when_the_block_changes():
    provider = HostRangesProvider()
    assert provider.diff("x", NEWS, NEWS).changes is False
    assert provider.diff("x", NEWS, {**NEWS, "cidr": "10.61.0.0/16"}).replaces == ["cidr"]
