"""Docker Engine: used when one answers, installed and started on a bare Debian machine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from toolchain.errors import SetupError
from toolchain.files import write_atomic
from toolchain.paths import cache_dir
from toolchain.run import Cancelled, cancelled, output, run, tail

RUNC_WRAPPER = Path("/usr/local/sbin/alphintra-runc")
DAEMON_JSON = Path("/etc/docker/daemon.json")
RUNTIME_NAME = "alphintra-runc"
CAP_SYS_RESOURCE = 24
APT_PACKAGES = ("docker.io", "iptables", "jq")

# Some virtual machines do not hand out CAP_SYS_RESOURCE. runc then fails on every privileged
# container ("unable to apply caps"), so the wrapper takes the capability out of what runc is
# asked to grant: a container cannot be given what the machine itself does not have.
WRAPPER_SCRIPT = """\
#!/bin/sh
# Drops CAP_SYS_RESOURCE, which this machine does not have, from what runc is asked to grant.
set -eu
strip() {
  jq "$2 |= (if . then map_values(map(select(. != \\"CAP_SYS_RESOURCE\\"))) else . end)" \\
    "$1" > "$1.new"
  cat "$1.new" > "$1"
  rm -f "$1.new"
}
previous=
for argument in "$@"; do
  case "$previous" in
    --bundle | -b) strip "$argument/config.json" .process.capabilities ;;
    --process | -p) strip "$argument" .capabilities ;;
  esac
  case "$argument" in
    --bundle=*) strip "${argument#*=}/config.json" .process.capabilities ;;
    --process=*) strip "${argument#*=}" .capabilities ;;
  esac
  previous=$argument
done
exec RUNC "$@"
"""


def server_version() -> str | None:
    """The version of the engine that answers, if any."""
    version = output(["docker", "version", "--format", "{{.Server.Version}}"], timeout=10)
    return version or None


def ensure(log: Path) -> str:
    """Make an engine answer; returns how it was got."""
    if version := server_version():
        return f"already running, {version}"
    if sys.platform != "linux":
        raise SetupError(
            "Docker does not answer",
            hint="Start Docker Desktop (or `colima start`), then run `make setup` again.",
        )
    if os.geteuid() != 0:
        raise SetupError("Docker does not answer", hint=advice_without_root())
    installed = shutil.which("dockerd") is None
    if installed:
        install(log)
    configure_runtime()
    start(log)
    return f"{'installed and ' if installed else ''}started, {server_version()}"


def advice_without_root() -> str:
    again = "then run `make setup` again."
    if shutil.which("dockerd") is None:
        return (
            "Install it:\n  sudo apt-get update && sudo apt-get install -y docker.io\n"
            f"  sudo usermod -aG docker $USER && newgrp docker\n{again}"
        )
    if Path("/var/run/docker.sock").exists():
        return (
            "Your user may not use it:\n  sudo usermod -aG docker $USER && newgrp docker\n"
            "or it is stopped:\n  sudo systemctl start docker\n" + again
        )
    return f"Start it:\n  sudo systemctl enable --now docker\n{again}"


def install(log: Path) -> None:
    if shutil.which("apt-get") is None:
        raise SetupError(
            "Docker Engine is missing, and this is not a Debian or Ubuntu machine",
            hint="Install Docker Engine as your distribution describes it (its package is often "
            "named docker), start it, then run `make setup` again.",
        )
    # Before the package: its own scripts may start the daemon, which should find its settings.
    apt_install(log, "jq")
    configure_runtime()
    apt_install(log, *APT_PACKAGES)


_apt = threading.Lock()


def apt_install(log: Path, *packages: str) -> None:
    with _apt:  # dpkg allows one at a time
        _apt_install(log, *packages)


def _apt_install(log: Path, *packages: str) -> None:
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    hint = "Check that `apt-get update` works on this machine, then run `make setup` again."
    lock_wait = ["-o", "DPkg::Lock::Timeout=120"]
    with contextlib.suppress(SetupError):  # mends an installation that was cut short
        run(["dpkg", "--configure", "-a"], log, env=env, finish=True)
    run(["apt-get", *lock_wait, "update", "-qq"], log, env=env, finish=True, hint=hint)
    run(
        ["apt-get", *lock_wait, "install", "-y", "-qq", "--no-install-recommends", *packages],
        log,
        env=env,
        finish=True,
        hint=hint,
    )


def lacks_sys_resource(status: str) -> bool:
    """Whether `status` (/proc/self/status) shows a bounding set without CAP_SYS_RESOURCE."""
    for line in status.splitlines():
        if line.startswith("CapBnd:"):
            return not int(line.split()[1], 16) >> CAP_SYS_RESOURCE & 1
    return False


def with_runtime(settings: dict[str, object]) -> dict[str, object]:
    """The daemon's settings with our runtime added; the user's own choices stay."""
    runtimes = settings.get("runtimes")
    known: dict[str, object] = dict(runtimes) if isinstance(runtimes, dict) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    known[RUNTIME_NAME] = {"path": str(RUNC_WRAPPER)}
    return {"default-runtime": RUNTIME_NAME, **settings, "runtimes": known}


def daemon_settings() -> dict[str, object]:
    try:
        return dict(json.loads(DAEMON_JSON.read_text()))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise SetupError(
            f"{DAEMON_JSON} is not valid: {error}", hint="Mend it, then run `make setup` again."
        ) from error


def configure_runtime() -> None:
    """Put the runc wrapper in place, only where the machine lacks the capability."""
    if not lacks_sys_resource(Path("/proc/self/status").read_text()):
        return
    runc = shutil.which("runc", path="/usr/sbin:/usr/bin:/usr/local/bin") or "/usr/sbin/runc"
    write_atomic(RUNC_WRAPPER, WRAPPER_SCRIPT.replace("RUNC", runc), mode=0o755)
    settings = daemon_settings()
    wanted = with_runtime(settings)
    if wanted != settings:
        write_atomic(DAEMON_JSON, json.dumps(wanted, indent=2) + "\n", mode=0o644)


def start(log: Path, timeout: float = 60) -> None:
    """Start the daemon by systemd where there is one, else in the background by ourselves."""
    if Path("/run/systemd/system").is_dir():
        run(["systemctl", "start", "docker"], log, hint="See `journalctl -u docker`.")
        daemon = None
        daemon_log = log
    else:
        daemon_log = cache_dir() / "dockerd.log"
        daemon = spawn_daemon(daemon_log)
    deadline = time.monotonic() + timeout
    while server_version() is None:
        if cancelled():
            raise Cancelled
        if (daemon and daemon.poll() is not None) or time.monotonic() > deadline:
            raise SetupError(
                f"dockerd does not start:\n{tail(daemon_log)}",
                log=daemon_log,
                hint="Read the log; on a virtual machine, the kernel needs overlayfs, bridge and "
                "iptables support.",
            )
        time.sleep(0.3)


def spawn_daemon(daemon_log: Path) -> subprocess.Popen[bytes]:
    """dockerd in a session of its own, so that it outlives `make`."""
    daemon_log.parent.mkdir(parents=True, exist_ok=True)
    pid_file = cache_dir() / "dockerd.pid"
    if not is_dockerd(pid_file):
        pid_file.unlink(missing_ok=True)  # left by a reboot; the number may be another's by now
    with daemon_log.open("ab") as out:
        return subprocess.Popen(
            ["dockerd", "--pidfile", str(pid_file)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )


def is_dockerd(pid_file: Path) -> bool:
    try:
        pid = int(pid_file.read_text())
        return Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd"
    except (OSError, ValueError):
        return False
