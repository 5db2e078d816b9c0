"""The doctor on ports and networks that somebody has: real ones, where that can be done."""

import os
import socket
import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ops.commands import HostCommands, OpsError, Result
from ops.doctor import ports, questions
from ops.doctor.model import FAIL, OK
from ops.stack import Stack
from stacks.addresses import addresses
from stacks.config import parse
from tests.ops import fake_machine
from tests.ops.fake import FakeHost, context
from tests.ops.fake_machine import answering
from tests.ops.test_doctor import known
from tests.programs import stack_config


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path))


@pytest.fixture
def port():
    """A port of this machine that somebody listens at: this very process."""
    with socket.socket() as listening:
        listening.bind((ports.LOOPBACK, 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_that_is_taken_and_by_whom(
    host: FakeHost, port: int, monkeypatch: pytest.MonkeyPatch
):
    answering(monkeypatch, ports={str(port): "cache.host_port"})
    finding = questions.free_ports(known(host))
    assert finding.state == FAIL
    comm = Path("/proc/self/comm").read_text().strip()
    assert f"{port} (alphintra:cache.host_port) by {comm} (pid {os.getpid()})" in finding.words
    assert "Pulumi.dev.yaml" in finding.remedy


def test_a_port_of_another_process_is_told_apart(port: int):
    script = "import socket,time; s=socket.create_server(('127.0.0.1',0)); "
    script += "print(s.getsockname()[1],flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as one:
        try:
            assert one.stdout
            theirs = int(one.stdout.readline())
            assert f"(pid {one.pid})" in ports.process(theirs)
            assert f"(pid {os.getpid()})" in ports.process(port)
        finally:
            one.kill()


def test_a_port_that_is_free_or_was(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server((ports.LOOPBACK, 0)) as one:
        number = one.getsockname()[1]
    assert not ports.taken(number)
    answering(monkeypatch, ports={str(number): "cache.host_port"})
    assert questions.free_ports(known(host)).state == OK


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("alphintra-dev-cache-way-in|alphintra|dev|127.0.0.1:{port}->6379/tcp", OK),
        ("k3d-alphintra-dev-cluster-serverlb|||127.0.0.1:{port}->6443/tcp", OK),
        ("alphintra-other-cache-way-in|alphintra|other|127.0.0.1:{port}->6379/tcp", FAIL),
        ("somebody|||0.0.0.0:{port}->80/tcp, :::{port}->80/tcp", FAIL),
        ("somebody|||0.0.0.0:1-65535->1-65535/udp", FAIL),
    ],
)
def test_a_port_that_a_container_has(
    host: FakeHost, port: int, monkeypatch: pytest.MonkeyPatch, line: str, state: str
):
    answering(monkeypatch, ports={str(port): "cache.host_port"})
    answer = fake_machine.answer

    def with_container(command: list[str]) -> Result | None:
        if command[:2] == ["docker", "ps"]:
            return Result(0, line.format(port=port))
        return answer(command)

    monkeypatch.setattr(fake_machine, "answer", with_container)
    finding = questions.free_ports(known(host))
    assert finding.state == state
    assert state == OK or f"by the container {line.partition('|')[0]}" in finding.words


def test_a_network_that_overlaps(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    def found(*_: object) -> list[tuple[str, IPv4Network]]:
        return [
            ("the Docker network office", IPv4Network("10.60.4.0/24")),
            ("the interface tun0", IPv4Network("10.0.0.0/8")),
            ("the Docker network far", IPv4Network("10.99.0.0/16")),
        ]

    monkeypatch.setattr(ports, "networks", found)
    finding = questions.networks(known(host))
    assert finding.state == FAIL
    assert "the Docker network office (10.60.4.0/24), the interface tun0" in finding.words
    assert "far" not in finding.words
    assert "alphintra:network.cidr" in finding.remedy


def test_routes_of_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    table = tmp_path / "route"
    table.write_text(
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        "eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n"
        "tun0 00003C0A 00000000 0001 0 0 0 0000FFFF 0 0 0\n"
        "br-1 00003D0A 00000000 0001 0 0 0 0000FFFF 0 0 0\n"
    )
    monkeypatch.setattr(ports, "ROUTES", table)
    assert ports.routes() == [("the interface tun0", IPv4Network("10.60.0.0/16"))]


def test_what_is_wrong_stops_up_before_anything_is_made(
    host: FakeHost, port: int, monkeypatch: pytest.MonkeyPatch
):
    answering(monkeypatch, ports={str(port): "cache.host_port"})
    with pytest.raises(OpsError, match=rf"ports: taken: {port} .*\n.*set another port"):
        context(host).target.up(context(host))
    assert host.shown == []
    context(host).target.up(context(host.up()))
    assert host.shown, "of a stack that runs, its ports are its own"


def test_the_ports_are_the_stacks_settings():
    dev = addresses(parse(stack_config("dev"), "Pulumi.dev.yaml"))
    assert dev["cidr"] == "10.60.0.0/16"
    assert dev["ports"].keys() == {5050, 5432, 5434, 6379, 6380, 6550, 8080}
    command = [sys.executable, "-m", "stacks.addresses", "nonesuch"]
    assert HostCommands().ask(command).code == 1
