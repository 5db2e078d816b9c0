"""The doctor, on a machine where one thing after another is broken: for real where that can be
done, else in what Docker answers."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from ops import doctor
from ops.commands import HostCommands, OpsError, Result
from ops.doctor import ports, questions
from ops.doctor.model import FAIL, LOCAL, NEVER, OK, SKIPPED, WARN, Finding, Question, Questions
from ops.stack import PROJECT, Stack
from stacks.addresses import addresses
from stacks.config import parse
from tests.ops import fake_machine
from tests.ops.fake import FakeHost, context
from tests.programs import stack_config


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path))


def known(host: FakeHost) -> Questions:
    return Questions(context(host))


def answering(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Docker's own facts, or what the stack wants, are others."""
    wanted = {key: value for key, value in changes.items() if key in fake_machine.WANTED}
    monkeypatch.setattr(fake_machine, "WANTED", {**fake_machine.WANTED, **wanted})
    info = {key: value for key, value in changes.items() if key not in wanted}
    monkeypatch.setattr(fake_machine, "INFO", {**fake_machine.INFO, **info})


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


def test_docker_that_does_not_answer(host: FakeHost):
    host.docker = None
    finding = questions.docker(known(host))
    assert (finding.state, finding.remedy) == (FAIL, "`make setup` starts it.")
    assert questions.networks(known(host)).state == SKIPPED
    found = doctor.ask(known(host), questions.QUESTIONS)
    assert found["containers"].words.endswith("Docker does not answer")


def test_docker_that_is_not_for_this_user(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    def denied(_: object) -> Result:
        return Result(1, err="dial unix /var/run/docker.sock: connect: Permission denied")

    monkeypatch.setattr(fake_machine, "answer", denied)
    finding = questions.docker(known(host))
    assert finding.state == FAIL
    assert "usermod -aG docker" in finding.remedy


def test_docker_that_is_not_there(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    host.docker = None
    monkeypatch.setenv("PATH", "/nonexistent")
    assert questions.docker(known(host)).words == "not installed"


def test_tools_that_are_missing(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    def missing(_: object) -> list[str]:
        return ["k3d", "plugin-docker"]

    monkeypatch.setattr(questions, "missing_steps", missing)
    finding = questions.tools(known(host))
    assert (finding.state, finding.remedy) == (FAIL, "`make setup` brings them.")
    assert "k3d, plugin-docker" in finding.words


def test_a_passphrase_that_is_gone_or_open_to_others(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    path = tmp_path / "passphrase"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(path))
    finding = questions.passphrase(known(host))
    assert finding.state == FAIL
    assert str(path) in finding.words
    path.touch(mode=0o644)
    path.chmod(0o644)
    assert questions.passphrase(known(host)).remedy == f"chmod 600 {path}"
    path.chmod(0o600)
    assert questions.passphrase(known(host)).state == OK


@pytest.mark.parametrize(("free", "state"), [(0.5, FAIL), (3, WARN), (50, OK)])
def test_a_disk_that_is_low(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, free: float, state: str
):
    def usage(_: object) -> Any:
        return type("Usage", (), {"free": free * 10**9})

    monkeypatch.setattr("shutil.disk_usage", usage)
    assert questions.free_disk(known(host)).state == state


@pytest.mark.parametrize(("total", "state"), [(500, FAIL), (1500, WARN)])
def test_a_virtual_machine_with_little_memory(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, total: int, state: str
):
    answering(monkeypatch, MemTotal=total * 10**6)
    assert questions.memory(known(host)).state == state
    assert questions.memory(known(host.up())).state == OK, "it has what it needs"


def locked(host: FakeHost, pid: int) -> None:
    root = host.stack.folder / "state"
    host.backend = root.as_uri()
    folder = root / ".pulumi" / "locks" / "organization" / PROJECT / "dev"
    folder.mkdir(parents=True)
    facts = {"pid": pid, "username": "me", "hostname": socket.gethostname()}
    (folder / "1.json").write_text(json.dumps({**facts, "timestamp": "2026-01-01T00:00:00Z"}))


def test_a_lock_of_a_run_that_is_dead(host: FakeHost):
    assert questions.lock(known(host)).state == OK
    locked(host, 99999999)
    finding = questions.lock(known(host))
    assert finding.state == WARN
    assert "dead" in finding.words
    assert finding.remedy == "`make up` removes it."


def test_a_node_that_is_down(host: FakeHost):
    host.up().containers[-2]["State"] = {"Status": "exited"}
    finding = questions.nodes(known(host))
    assert finding.state == WARN
    assert "server-0 (stopped)" in finding.words
    assert "`make up`" in finding.remedy


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("2020-01-01T00:00:00.123456789Z", FAIL),
        ("2020-01-01T00:00:00.123456789+02:00", FAIL),
        (time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime()), OK),
    ],
)
def test_a_clock_that_differs_from_dockers(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, told: str, state: str
):
    answering(monkeypatch, SystemTime=told)
    assert questions.clock(known(host)).state == state


def test_a_state_of_tomorrow(host: FakeHost):
    root = host.stack.folder / "state"
    host.backend = root.as_uri()
    file = root / ".pulumi" / "stacks" / PROJECT / "dev.json"
    file.parent.mkdir(parents=True)
    file.touch()
    tomorrow = time.time() + 86400
    os.utime(file, (tomorrow, tomorrow))
    finding = questions.clock(known(host))
    assert finding.state == FAIL
    assert "dev.json was written at" in finding.words


def test_a_resolver_that_is_silent(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    def silent(*_: object) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert questions.names(known(host)).state == WARN


def test_this_kernel_runs_k3s(host: FakeHost):
    assert questions.kernel(known(host)).state in (OK, WARN)


def test_what_is_wrong_stops_up_before_anything_is_made(
    host: FakeHost, port: int, monkeypatch: pytest.MonkeyPatch
):
    answering(monkeypatch, ports={str(port): "cache.host_port"})
    with pytest.raises(OpsError, match=rf"ports: taken: {port} .*\n.*set another port"):
        context(host).target.up(context(host))
    assert host.shown == []
    context(host).target.up(context(host.up()))
    assert host.shown, "of a stack that runs, its ports are its own"


def question(look: Callable[[Questions], Finding]) -> Question:
    return Question("one", look, NEVER, LOCAL)


@pytest.mark.parametrize("error", [OpsError("x"), PermissionError(13, "x")])
def test_a_question_without_an_answer_is_no_traceback(host: FakeHost, error: Exception):
    def fails(_: Questions) -> Finding:
        raise error

    found = doctor.ask(known(host), [question(fails)])
    assert (found["one"].state, found["one"].words) == (WARN, "could not be found out: x")


@pytest.mark.parametrize("as_json", [False, True])
def test_the_exit_code_and_the_lines(
    host: FakeHost,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
):
    findings = {OK: Finding(OK, "well"), FAIL: Finding(FAIL, "broken", "mend it")}
    monkeypatch.setattr(os, "environ", dict(os.environ))

    def asked(*_: object) -> dict[str, Finding]:
        return findings

    monkeypatch.setattr(doctor, "ask", asked)
    assert doctor.doctor(context(host, json=as_json)) == 1
    printed = capsys.readouterr().out
    if as_json:
        assert json.loads(printed)["fail"] == {
            "state": "fail",
            "words": "broken",
            "remedy": "mend it",
        }
    else:
        assert "mend it" in printed
        assert "1 ok, 0 to look at, 1 wrong" in printed
    del findings[FAIL]
    assert doctor.doctor(context(host)) == 0


def test_the_ports_are_the_stacks_settings():
    dev = addresses(parse(stack_config("dev"), "Pulumi.dev.yaml"))
    assert dev["cidr"] == "10.60.0.0/16"
    assert dev["ports"].keys() == {5050, 5432, 5434, 6379, 6380, 6550, 8080}
    command = [sys.executable, "-m", "stacks.addresses", "nonesuch"]
    assert HostCommands().ask(command).code == 1
