"""A project and a user's cache folder of their own for each test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain import build, env, paths, pulumi_home, run, setup, steps, tools

Script = Callable[[Path, str], Path]


@pytest.fixture
def script() -> Script:
    """Write an executable shell script."""

    def write(path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder; nothing of the real one, the real cache or PATH is touched."""
    root = tmp_path / "project"
    local = root / ".toolchain"
    local.mkdir(parents=True)
    user_bin = tmp_path / "user-bin"
    user_bin.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(user_bin), "/usr/bin", "/bin"]))
    for name in [n for n in os.environ if n.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    for module in (paths, pulumi_home):
        monkeypatch.setattr(module, "home", lambda: tmp_path / "home")
    for module in (build, env, pulumi_home, setup, steps, tools):
        for constant, value in (
            ("ROOT", root),
            ("LOCAL", local),
            ("BIN", local / "bin"),
            ("STATE", local / "state"),
            ("LOGS", local / "logs"),
            ("ENV_FILE", local / "env"),
            ("GO_MODULES", root / "toolchain" / "go"),
        ):
            if hasattr(module, constant):
                monkeypatch.setattr(module, constant, value)
    run.reset()
    return root
