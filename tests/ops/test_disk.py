"""A full disk is named, with what lies on it and the way out."""

import shutil
from errno import ENOSPC
from pathlib import Path
from typing import NamedTuple

import pytest

from ops import cli, disk, docker_cli, stack
from ops.commands import Commands
from tests.ops.fake import FakeHost


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeHost:
    """A machine of one disk, with Docker's data on it."""
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    host = FakeHost(stack.Stack("dev", "local", folder=tmp_path))
    host.docker_root = str(tmp_path)
    return host


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    usage = Usage(24 * disk.GB, 24 * disk.GB - size, size)

    def disk_usage(_path: Path) -> Usage:
        return usage

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)


def test_a_full_disk_is_named_once_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, host: FakeHost, tmp_path: Path
):
    free(monkeypatch, 3 * disk.MB)
    (line,) = disk.full(host)
    assert f"Docker's data ({tmp_path}), this folder ({tmp_path})" in line
    assert "3 MB of its 24 GB are free" in line
    assert "docker image prune" in line
    assert "run the same again" in line


def test_a_disk_with_room_is_not(monkeypatch: pytest.MonkeyPatch, host: FakeHost):
    free(monkeypatch, disk.FULL_MB * disk.MB)
    assert disk.full(host) == []


def test_docker_may_keep_its_data_elsewhere(
    monkeypatch: pytest.MonkeyPatch, host: FakeHost, tmp_path: Path
):
    """In a virtual machine, whose disk this host does not see."""
    free(monkeypatch, 0)
    host.docker_root = "/nowhere"
    (line,) = disk.full(host)
    assert "/nowhere" not in line
    assert f"lie: this folder ({tmp_path})" in line


@pytest.mark.parametrize("how", ["up fails", "up can't write", "Docker does not answer"])
def test_up_says_so(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: FakeHost,
    how: str,
):
    def load(_name: str) -> stack.Stack:
        return host.stack

    def unwritable(_commands: Commands) -> str:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(stack, "load", load)
    free(monkeypatch, 0)
    host.codes["pulumi up"] = 255 if how == "up fails" else 0
    host.docker = None if how == "Docker does not answer" else "25.0"
    if how == "up can't write":
        monkeypatch.setattr(docker_cli, "engine", unwritable)
    assert cli.main(["up"], host) != 0
    printed = capsys.readouterr()
    assert "The disk is full on which these lie: " in printed.out + printed.err
