"""Whose lock it is, whether it still holds, and a state that can't be read."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from ops import interrupted, lifecycle, processes, removal
from ops.commands import OpsError
from ops.stack import PROJECT, Stack
from ops.state_files import state_root
from tests.ops.fake import FakeHost, context

TAKEN = "2030-01-02T03:04:05.678901234Z"
BEFORE, AT_ONCE, LATER = (
    "Wed Jan  2 03:04:04 2030",
    "Wed Jan  2 03:04:06 2030",
    "Wed Jan  2 03:05:00 2030",
)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    monkeypatch.setenv("TZ", "UTC")
    host = FakeHost(Stack("dev", "local", folder=tmp_path / "project"))
    host.backend = f"file://{tmp_path}"
    return host


def lock(host: FakeHost, **changes: object) -> Path:
    """A lock of this stack, as a backend of files keeps it."""
    content = {
        "pid": 4711,
        "username": "me",
        "hostname": socket.gethostname(),
        "timestamp": TAKEN,
        **changes,
    }
    return lock_file(host, json.dumps(content))


def lock_file(host: FakeHost, text: str) -> Path:
    root = state_root(host)
    assert root
    folder = root / "locks/organization" / PROJECT / host.stack.name
    folder.mkdir(parents=True)
    file = folder / "some-id.json"
    file.write_text(text)
    (folder / "some-id.json.attrs").write_text("{}")
    return file


@pytest.mark.parametrize(
    "process",
    ["", f"Z {BEFORE} pulumi", f"S {BEFORE} python", f"Sl {LATER} pulumi"],
    ids=["none", "zombie", "another program", "another pulumi"],
)
def test_the_lock_of_a_dead_run_is_taken(
    host: FakeHost, capsys: pytest.CaptureFixture[str], process: str
):
    file = lock(host)
    host.processes = {4711: process}
    interrupted.clear(context(host))
    assert list(file.parent.iterdir()) == []
    assert "died and left its lock" in capsys.readouterr().out


@pytest.mark.parametrize("began", [BEFORE, AT_ONCE])
@pytest.mark.parametrize("run", [lifecycle.local_up, removal.down], ids=["up", "down"])
def test_the_lock_of_a_run_at_work_stays(host: FakeHost, began: str, run: Any):
    file = lock(host)
    host.processes = {4711: f"Sl+ {began} pulumi"}
    with pytest.raises(
        OpsError, match=r"me@.*pid 4711, since 2030-01-02.*Wait for it.*kill -INT 4711"
    ):
        run(context(host.up(), force=True))
    assert file.exists()
    assert host.shown == []


def test_the_lock_of_another_machine_stays(host: FakeHost):
    file = lock(host, hostname="another")
    with pytest.raises(OpsError, match=r"on another machine.*pulumi cancel --stack=dev"):
        interrupted.clear(context(host))
    assert file.exists()


CUT = ["", '{"pid":4711,"userna', "[]", '{"pid":"x"}']


@pytest.mark.parametrize("text", CUT)
def test_a_lock_that_was_cut_off_is_taken(host: FakeHost, text: str):
    file = lock_file(host, text)
    interrupted.clear(context(host))
    assert not file.exists()


def test_a_lock_that_was_not_yet_in_its_place_is_taken(host: FakeHost):
    """Pulumi counts every file in the folder."""
    file = lock(host)
    file = file.rename(file.with_name("some-id.json.18ea0df0cfb85b5e.tmp"))
    interrupted.clear(context(host))
    assert not file.exists()


def test_a_lock_that_was_cut_off_stays_while_pulumi_works_here(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
):
    file = lock_file(host, "")
    host.process_list = "4712 1 4712 Sl pulumi pulumi up"

    def works_here(_pid: int) -> Path:
        return host.stack.folder

    monkeypatch.setattr(processes, "works_in", works_here)
    with pytest.raises(OpsError, match=r"some-id\.json.*pid 4712.*kill -INT 4712"):
        interrupted.clear(context(host))
    assert file.exists()


def test_a_lock_that_comes_meanwhile_is_not_removed(host: FakeHost):
    """As `pulumi cancel` would."""
    file = lock(host)
    newer = file.with_name("another-id.json")
    host.processes = {4711: ""}
    ask = host.ask

    def looks(*command: Any, **options: Any):
        if command[0][:2] == ["ps", "-p"]:
            newer.write_text(file.read_text())
        return ask(*command, **options)

    host.ask = looks
    interrupted.clear(context(host))
    assert newer.exists()
    assert not file.exists()


def test_a_backend_in_the_home_folder(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    host.backend = "file://~"
    assert state_root(host) == tmp_path / ".pulumi"


def test_a_backend_that_is_a_service_keeps_its_own_order(host: FakeHost):
    host.backend = "https://api.example.com"
    assert state_root(host) is None
    assert interrupted.clear(context(host)).empty


WHOLE = json.dumps({"version": 3, "checkpoint": {"stack": "dev"}})


def states(host: FakeHost, **files: str) -> Path:
    """The state and earlier ones, each newer than the one before; the folder of the state."""
    root = state_root(host)
    assert root
    folders = {"bak": "stacks", "checkpoint": "history", "state": "stacks"}
    names = {"bak": "dev.json.bak", "checkpoint": "dev/dev-1.checkpoint.json", "state": "dev.json"}
    for age, (name, text) in enumerate(files.items()):
        path = root / folders[name] / PROJECT / names[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_900_000_000 + age, 1_900_000_000 + age))
    return root / "stacks" / PROJECT


@pytest.mark.parametrize("text", ["", WHOLE[:40], "[]", "\x00" * 40])
def test_a_state_that_was_cut_off_gives_way_to_the_newest_whole_one(
    host: FakeHost, capsys: pytest.CaptureFixture[str], text: str
):
    newer = WHOLE.replace("dev", "newer")
    folder = states(host, checkpoint=WHOLE, bak=newer, state=text)
    lifecycle.local_up(context(host.up()))
    assert (folder / "dev.json").read_text() == newer
    assert (folder / "dev.json.unreadable").read_text() == text
    assert "was cut off while it was written. Going on from" in capsys.readouterr().out


def test_an_earlier_state_may_be_cut_off_too(host: FakeHost):
    folder = states(host, checkpoint=WHOLE, bak="", state="")
    interrupted.clear(context(host))
    assert (folder / "dev.json").read_text() == WHOLE


def test_a_whole_state_stays(host: FakeHost):
    folder = states(host, bak="", state=WHOLE)
    interrupted.clear(context(host))
    assert (folder / "dev.json").read_text() == WHOLE
    assert sorted(one.name for one in folder.iterdir()) == ["dev.json", "dev.json.bak"]


def test_without_any_whole_state_nothing_is_changed(host: FakeHost):
    folder = states(host, state="")
    with pytest.raises(
        OpsError, match=r"can't be read.*Nothing was changed.*mv .*make down.*make up"
    ):
        lifecycle.local_up(context(host.up()))
    assert (folder / "dev.json").read_text() == ""
    assert host.shown == []


def test_notes_that_were_cut_off_go(host: FakeHost):
    """Pulumi killed while it writes them can't read the state any more, though that is whole."""
    folder = states(host, bak=WHOLE, state=WHOLE)
    cut, whole = folder / "dev.json.attrs", folder / "dev.json.bak.attrs"
    cut.touch()
    whole.write_text('{"user.content_type": "text/plain"}')
    unfinished = folder / "dev.json.18ea0df0cfb85b5e.tmp"
    unfinished.write_text(WHOLE)
    interrupted.clear(context(host))
    assert sorted(one.name for one in folder.iterdir()) == [
        "dev.json",
        "dev.json.bak",
        "dev.json.bak.attrs",
    ]


def test_after_an_earlier_state_what_it_does_not_record_is_removed(host: FakeHost):
    """Even if it records nothing: it was this stack's."""
    states(host, bak=WHOLE, state="")
    host.up().record()
    interrupted.clear(context(host))
    assert [one for one in host.containers if "k3d.role" not in one["Config"]["Labels"]] == []
