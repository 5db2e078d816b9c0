"""The doctor, on a machine where one thing after another is broken: for real where that can be
done, else in what Docker answers."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops import doctor
from ops.commands import OpsError, Result
from ops.doctor import questions
from ops.doctor.model import FAIL, LOCAL, NEVER, OK, SKIPPED, WARN, Finding, Question, Questions
from ops.stack import PROJECT, Stack
from tests.ops import fake_machine
from tests.ops.fake import FakeHost, context
from tests.ops.fake_machine import answering


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path))


def known(host: FakeHost) -> Questions:
    return Questions(context(host))


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
    "told", ["2020-01-01T00:00:00.123456789Z", "2020-01-01T00:00:00.123456789+02:00"]
)
def test_a_clock_that_differs_from_dockers(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, told: str
):
    answering(monkeypatch, SystemTime=told)
    assert questions.clock(known(host)).state == FAIL


def test_a_clock_like_dockers(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())
    answering(monkeypatch, SystemTime=now)
    assert questions.clock(known(host)).state == OK


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


def test_a_kernel_that_has_few_inotify_instances_left(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    limit = tmp_path / "max_user_instances"
    limit.write_text(f"{questions.inotify_instances() + 10}\n")
    monkeypatch.setattr(questions, "INOTIFY", limit)
    finding = questions.kernel(known(host))
    assert finding.state == WARN
    assert "inotify instances are left" in finding.words
    assert "sysctl fs.inotify.max_user_instances" in finding.remedy
    assert questions.kernel(known(host.up())).state == OK, "its nodes have theirs"
