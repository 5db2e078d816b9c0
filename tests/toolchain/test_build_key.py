"""A build is named by all of its inputs, and by nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from toolchain import build
from toolchain.errors import SetupError
from toolchain.versions import Build, Program

from .conftest import Script

PROGRAMS = (Program("node", "./cmd/node", ("main.version=1",)),)


@pytest.fixture
def module(project: Path, tmp_path: Path, script: Script) -> Path:
    script(tmp_path / "user-bin" / "go", "echo go1.26.0")
    folder = project / "toolchain" / "go" / "kubernetes"
    for name, text in {
        "go.mod": "module m\n",
        "go.sum": "a h1:1\n",
        "cmd/node/main.go": "package main\n",
        "cmd/node/bootstrap.yaml": "kind: Role\n",
        "cmd/node/pki_test.go": "package main\n",
        "names.json": "{}\n",
        "cmd/coredns/main.go": "package main\n",
        "internal/net/net.go": "package net\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def node() -> Build:
    return Build("kubernetes", 1, PROGRAMS, "", ())


@pytest.mark.parametrize(
    "name",
    [
        "go.mod",
        "go.sum",
        "cmd/node/main.go",
        "cmd/node/bootstrap.yaml",
        "internal/net/net.go",
        "names.json",
    ],
)
def test_an_input_changes_the_key(module: Path, name: str) -> None:
    before = build.key(node())
    (module / name).write_text("changed\n")
    assert build.key(node()) != before


def test_a_new_source_file_changes_the_key(module: Path) -> None:
    before = build.key(node())
    (module / "cmd/node/more.go").write_text("package main\n")
    assert build.key(node()) != before


@pytest.mark.parametrize("name", ["cmd/node/pki_test.go", "cmd/coredns/main.go"])
def test_what_is_no_input_does_not(module: Path, name: str) -> None:
    before = build.key(node())
    (module / name).write_text("changed\n")
    assert build.key(node()) == before


def test_flags_and_compiler_change_the_key(
    module: Path, tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {build.key(node())}
    other = dataclasses.replace(PROGRAMS[0], define=("main.version=2",))
    keys.add(build.key(dataclasses.replace(node(), programs=(other,))))
    monkeypatch.setattr(build, "LINK_FLAGS", "")
    keys.add(build.key(node()))
    script(tmp_path / "user-bin" / "go", "echo go1.27.0")
    keys.add(build.key(node()))
    assert len(keys) == 4


def test_a_failed_compile_leaves_nothing(module: Path, tmp_path: Path, script: Script) -> None:
    go = script(tmp_path / "user-bin" / "go", "echo cannot compile; exit 2")
    log = tmp_path / "log"
    with pytest.raises(SetupError, match="ended with 2") as caught:
        build.compile_programs("node", node(), log, str(go))
    assert "cannot compile" in caught.value.message
    assert caught.value.log == log
    assert list((tmp_path / "cache" / "alphintra" / "builds").iterdir()) == []


def test_too_little_disk_is_said_before(project: Path) -> None:
    with pytest.raises(SetupError, match="GB of free disk"):
        build.check_disk(10**9)


def test_the_collector_rests_only_where_memory_is_plenty() -> None:
    assert build.collector(24 * build.GIB, 2) == {"GOGC": "off", "GOMEMLIMIT": "6144MiB"}
    assert build.collector(8 * build.GIB, 8) == {}
    assert build.collector(0, 2) == {}
