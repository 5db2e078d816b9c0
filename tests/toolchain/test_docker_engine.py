"""The Docker Engine: what can be tried without one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from toolchain import docker_engine
from toolchain.errors import SetupError

from .conftest import Script


@pytest.mark.parametrize(
    ("mask", "lacks"),
    [("000001ffffffffff", False), ("000001fffeffffff", True), ("0000000000000000", True)],
)
def test_the_missing_capability_is_seen(mask: str, lacks: bool) -> None:
    status = f"Name:\tpython\nCapEff:\t000001ffffffffff\nCapBnd:\t{mask}\n"
    assert docker_engine.lacks_sys_resource(status) is lacks


def test_the_user_s_daemon_settings_stay() -> None:
    ours = docker_engine.RUNTIME_NAME
    fresh = docker_engine.with_runtime({})
    assert fresh["default-runtime"] == ours
    mine = {
        "default-runtime": "crun",
        "runtimes": {"crun": {"path": "/usr/bin/crun"}},
        "log-driver": "local",
    }
    merged = docker_engine.with_runtime(dict(mine))
    assert merged["default-runtime"] == "crun"
    assert merged["log-driver"] == "local"
    assert set(merged["runtimes"]) == {"crun", ours}  # pyright: ignore[reportArgumentType, reportUnknownVariableType, reportUnknownArgumentType]
    assert docker_engine.with_runtime(merged) == merged


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq comes with the engine")
def test_the_wrapper_drops_the_capability_and_nothing_else(tmp_path: Path, script: Script) -> None:
    calls = tmp_path / "calls"
    runc = script(tmp_path / "runc", f'echo "$@" > {calls}')
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(docker_engine.WRAPPER_SCRIPT.replace("RUNC", str(runc)))
    wrapper.chmod(0o755)
    caps = {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"], "effective": ["CAP_SYS_RESOURCE"]}
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    config = bundle / "config.json"
    config.write_text(json.dumps({"process": {"capabilities": caps, "args": ["sh"]}}))
    process = tmp_path / "process.json"
    process.write_text(json.dumps({"capabilities": caps, "cwd": "/"}))
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps({"cwd": "/"}))

    subprocess.run([wrapper, "create", "--bundle", str(bundle), "one"], check=True)
    assert calls.read_text().split() == ["create", "--bundle", str(bundle), "one"]
    subprocess.run([wrapper, "exec", f"--process={process}", "one"], check=True)
    subprocess.run([wrapper, "exec", "--process", str(plain), "one"], check=True)

    kept = {"bounding": ["CAP_CHOWN"], "effective": []}
    assert json.loads(config.read_text()) == {"process": {"capabilities": kept, "args": ["sh"]}}
    assert json.loads(process.read_text()) == {"capabilities": kept, "cwd": "/"}
    assert json.loads(plain.read_text())["cwd"] == "/"


def test_without_root_the_commands_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "server_version", lambda: None)
    monkeypatch.setattr(docker_engine.sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SetupError) as caught:
        docker_engine.ensure(Path("/dev/null"))
    assert "sudo apt-get install -y docker.io" in caught.value.hint
    assert "make setup" in caught.value.hint


def test_on_a_mac_docker_desktop_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "server_version", lambda: None)
    monkeypatch.setattr(docker_engine.sys, "platform", "darwin")
    with pytest.raises(SetupError) as caught:
        docker_engine.ensure(Path("/dev/null"))
    assert "Docker Desktop" in caught.value.hint


def test_a_running_engine_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "server_version", lambda: "27.0")
    assert docker_engine.ensure(Path("/dev/null")) == "already running, 27.0"


def test_a_stale_process_number_is_not_taken_for_the_daemon(tmp_path: Path) -> None:
    file = tmp_path / "dockerd.pid"
    assert not docker_engine.is_dockerd(file)
    file.write_text(str(os.getpid()))
    assert not docker_engine.is_dockerd(file)
    file.write_text("garbage")
    assert not docker_engine.is_dockerd(file)


def test_broken_daemon_settings_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "daemon.json"
    monkeypatch.setattr(docker_engine, "DAEMON_JSON", file)
    assert docker_engine.daemon_settings() == {}
    file.write_text('{"log-driver": "local"')
    with pytest.raises(SetupError, match=r"daemon\.json is not valid"):
        docker_engine.daemon_settings()
