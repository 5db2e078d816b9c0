"""The virtual environment: when it is made anew, and from which lock."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from toolchain import tools, venv
from toolchain.decide import Setup


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty lock file, and a place for an environment of its own."""
    monkeypatch.setattr(venv, "VENV", tmp_path / "venv")
    path = tmp_path / "requirements.txt"
    path.write_text("")
    return path


def test_the_key_follows_the_lock_and_the_python(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {venv.key(lock)}
    lock.write_text("idna==3.20\n")
    keys.add(venv.key(lock))
    monkeypatch.setattr(sys, "version", "3.99.0 (other)")
    keys.add(venv.key(lock))
    assert len(keys) == 3


@pytest.mark.slow
def test_it_is_made_from_outside_and_from_inside_of_one(lock: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    venv.create(log)
    assert venv.usable()
    assert Path(venv.base_python()).resolve() == (venv.VENV / "bin" / "python").resolve()


@pytest.mark.slow
def test_one_made_by_another_python_is_made_anew(lock: Path, tmp_path: Path) -> None:
    binaries = venv.VENV / "bin"
    binaries.mkdir(parents=True)
    for name in ("python", "pip"):
        (binaries / name).write_text("#!/bin/sh\necho 3.1.0\n")
        (binaries / name).chmod(0o755)
    venv.ensure(lock, tmp_path / "log")
    assert (binaries / "python").resolve() == Path(venv.base_python()).resolve()


def test_development_packages_once_installed_are_kept(project: Path) -> None:
    assert Setup(images={}).lock == venv.RUNTIME
    assert Setup(images={}, development=True).lock == venv.DEVELOPMENT
    tools.remember("venv", lock=venv.DEVELOPMENT.name, key="x")
    assert Setup(images={}).lock == venv.DEVELOPMENT
