"""What runs that were cut short left behind, and how the next one gets past it."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops import interrupted, lifecycle, processes, removal
from ops.commands import Ended, HostCommands, OpsError
from ops.stack import PROJECT, Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import container

REFRESH = ["pulumi", "refresh", "--stack=dev", "--yes", "--skip-preview"]


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path))


def test_pending_operations_are_cleared(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    """Compared with what is there: those that change a recorded resource, and no other."""
    host.record(pending=[("creating", "cache"), ("deleting", "registry")])
    interrupted.clear(context(host))
    urn = f"urn:pulumi:dev::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-dev"
    assert host.shown == [
        [
            *REFRESH,
            "--clear-pending-creates",
            "--suppress-outputs",
            f"--target={urn}",
            "--target=urn:x::registry",
        ]
    ]
    printed = capsys.readouterr().out
    assert "cut short while creating cache." in printed
    assert "cut short while deleting registry." in printed


def test_a_volume_that_went_unrecorded_is_not_refreshed(host: FakeHost):
    volume = ("docker:index/volume:Volume", "data")
    host.record(volume, pending=[("deleting", "::".join(volume))])
    interrupted.clear(context(host))
    assert host.shown[0][-1].endswith("Stack::alphintra-dev")
    assert [command[:3] for command in host.asked].count(["pulumi", "state", "delete"]) == 1


@pytest.mark.parametrize("pending", [[("creating", "registry")], []], ids=["engine", "plugin"])
def test_what_a_run_did_not_record_is_removed(host: FakeHost, pending: list[tuple[str, str]]):
    """Also where Pulumi has ended in good order, since a plugin was killed. But not what is
    recorded, and not k3d's: it knows its own. A server may write its data out first."""
    host.up()
    registry = "/alphintra-dev-registry"
    recorded = [one for one in host.made if one[1] != "id-of-alphintra-dev-registry"]
    host.record(*recorded, pending=pending)
    names = {one["Name"] for one in host.containers}
    interrupted.clear(context(host))
    assert names - {one["Name"] for one in host.containers} == {registry}
    removal_order = [command[2] for command in host.asked if command[-1] == f"id-of-{registry[1:]}"]
    assert removal_order == ["stop", "rm"]


def test_nothing_is_removed_where_all_is_recorded(host: FakeHost):
    host.up()
    before = list(host.containers)
    interrupted.clear(context(host))
    assert host.containers == before
    assert host.shown == []


def test_what_another_state_made_is_left_alone(host: FakeHost):
    """As when somebody has logged in to another backend."""
    host.containers = [container(host.stack, "database")]
    with pytest.raises(OpsError, match=r"has this of it: alphintra-dev-database.*pulumi login"):
        lifecycle.local_up(context(host))
    assert [one["Name"] for one in host.containers] == ["/alphintra-dev-database"]
    assert host.shown == []


PROCESSES = """
    10  1 10 Sl pulumi          pulumi up --stack=dev
    11 10 11 Sl pulumi-resource /plugins/pulumi-resource-docker 127.0.0.1:1
    12  1 12 Sl pulumi-resource /plugins/pulumi-resource-docker 127.0.0.1:2
    13  1 13 S  sh              /bin/sh /bin/pulumi-resource-pulumi-python 127.0.0.1:2
    14 13 13 Sl python          /venv/python -u -m pulumi.dynamic 127.0.0.1:2
    15  9 15 Sl pulumi-language /bin/pulumi-language-python 127.0.0.1:2
    16 15 15 Sl python          /venv/python -u /bin/pulumi-language-python-exec --monitor x
    17  1 17 Z  pulumi-resource [pulumi-resource] <defunct>
    18  1 18 S  less            less /notes/about/pulumi-resource-docker
    19  9 19 Z  pulumi          [pulumi] <defunct>
    20 19 20 Sl pulumi-resource /plugins/pulumi-resource-kubernetes 127.0.0.1:2
    21  1 99 Sl python          /venv/python -u -m pulumi.dynamic 127.0.0.1:3
    22  1 98 Sl k3d             k3d cluster create alphintra-dev-cluster --no-rollback
    23  1 97 Sl k3d             k3d cluster create somebody-elses
    24 18 24 Sl k3d             k3d cluster start alphintra-dev-cluster
    25 10 25 S  sh              /bin/sh /bin/pulumi-resource-pulumi-python 127.0.0.1:1
    26 25 25 Sl python          /venv/python -u -m pulumi.dynamic 127.0.0.1:1
    27 26 25 Sl k3d             k3d cluster create alphintra-dev-cluster --no-rollback
"""


def test_orphans_have_no_engine_at_work_above_them(host: FakeHost):
    """Plugins whose engine is dead, or whose shell is; and k3d whose plugin is, not a person's."""
    host.process_list = PROCESSES.strip()
    found = processes.orphans(processes.listed(host), host.stack.cluster)
    assert {one.pid for one in found} == {12, 13, 14, 15, 20, 21, 22}
    assert {one.group for one in found} == {12, 13, 15, 20, 99, 98}
    assert processes.engines(host) == [10]


@pytest.mark.parametrize("run", [lifecycle.local_up, removal.down], ids=["up", "down"])
def test_orphans_are_ended_group_by_group(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, run: ...
):
    host.process_list = PROCESSES.strip()
    sent: list[tuple[int, int]] = []

    def end(group: int, number: int) -> None:
        sent.append((group, number))
        host.process_list = ""

    def works_in(pid: int) -> Path | None:
        return host.stack.folder if pid == 22 else Path("/another/project")

    monkeypatch.setattr(os, "killpg", end)
    monkeypatch.setattr(processes, "works_in", works_in)
    run(context(host, force=True))
    assert sent == [(98, signal.SIGTERM)]


def test_command_lines_are_read_whole(monkeypatch: pytest.MonkeyPatch):
    """However narrow the terminal is: an orphan's last word is its engine's address."""
    monkeypatch.setenv("COLUMNS", "40")
    long = "x" * 200
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", long])
    try:
        listed = {one.pid: one for one in processes.listed(HostCommands())}
        assert listed[program.pid].arguments[-1] == long
    finally:
        program.kill()
        program.wait()


def test_a_real_program_began_before_now():
    """`ps` of this machine is understood."""
    program = subprocess.Popen(
        ["bash", "-c", "exec -a pulumi sleep 60"], executable="/bin/bash", stdout=subprocess.DEVNULL
    )
    try:
        listed = {one.pid: one for one in processes.listed(HostCommands())}
        assert listed[program.pid].parent == os.getpid()
        assert processes.engine_began(HostCommands(), program.pid) is None, "its name is sleep"
        began = processes.began(HostCommands(), program.pid, {"sleep", "bash"})
        assert began is not None
        assert (datetime.now(UTC) - began).total_seconds() < 60
    finally:
        program.kill()
        program.wait()


def shown(script: str, *numbers: int) -> int | str:
    """How a program that is shown ends when we are sent these signals, once it has begun."""
    # The program itself sends them to us, its parent.
    sends = "".join(f"os.kill(os.getppid(), {number}); time.sleep(0.3);" for number in numbers)
    try:
        return HostCommands().show(
            [sys.executable, "-c", f"import os, time, sys; {sends} {script}"]
        )
    except Ended as ended:
        return f"ended with {ended.code}"


def test_a_program_in_front_goes_on_after_ctrl_c():
    """From a terminal it gets its own; we wait for it. Its failure then says that it was ended."""
    assert shown("", signal.SIGINT) == 0
    assert shown("sys.exit(255)", signal.SIGINT, signal.SIGINT) == "ended with 130"


@pytest.fixture
def terminal() -> Generator[None]:
    """We are started as a terminal does it: `nohup`, for one, leaves SIGHUP ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_us_ends_the_program_in_front(number: int):
    assert shown("time.sleep(60)", number) == f"ended with {128 + number}"


def test_a_closed_terminal_does_not_kill_the_program_in_front():
    """Its own SIGHUP it does not see, so that it can finish what it has begun."""
    assert shown("os.kill(os.getpid(), 1)") == 0


@pytest.mark.usefixtures("terminal")
def test_a_killed_program_has_a_shells_exit_code():
    assert shown("os.kill(os.getpid(), 9)") == 137
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
