"""A machine of its own within this host, that may be switched off: docs/decisions has why and what
it is not (2026-11-21-a-machine-of-its-own.md).

It is a set of Linux namespaces (processes, mounts, network, names) with a disk of its own, an ext4
file system in a file, and on it what a machine keeps: Docker's data, /tmp, the stack's folder and
its state. The program, the tools and Pulumi's plugins are this host's. Docker is supervised there
as systemd does it: what ends is started again. Whatever happens there, this host's Docker, its
network and its disk are as they were.
"""

import ctypes
import fcntl
import json
import os
import shlex
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, run, say
from toolchain.docker_engine import daemon_settings

STACK = "machine"
DISK, HOME = Path("/srv"), Path("/srv/alphintra")
"""Where the machine mounts its disk, and where on it the stack's folder is."""
CHECK = "connectivity-check"
PREBUILT = f"alphintra.test/{CHECK}"
"""The check's image, built on this host: building it fetches packages, which the machine can't."""
BOOTS_WITHIN_SECONDS = 60
GROUPS = Path("/sys/fs/cgroup")
CLONE_NEWNET = 0x40000000
EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
"""`_IOR('X', 125, __u32)`: the file system is dead from now on, and what it had not written to its
disk is lost. Linux' include/uapi/linux/ext4.h; xfstests cuts the power with it, too."""

INIT = """
set -eu
mount --make-rprivate /
mount -o loop "$1" /srv
mkdir -p /srv/docker /srv/tmp /srv/alphintra /srv/program /var/lib/docker
mount --bind "$4" /srv/program
mount -t tmpfs tmpfs /run
printf %s "$2" > /run/docker.json
hostname machine
ip link set lo up
mount --bind /srv/docker /var/lib/docker
chmod 1777 /srv/tmp
mount --bind /srv/tmp /tmp
mkdir -p "$4"
mount --bind /srv/program "$4"  # which may be below /tmp
while :; do
  dockerd --config-file=/run/docker.json --cgroup-parent="$3" \
    --exec-opt=native.cgroupdriver=cgroupfs >> /srv/dockerd.log 2>&1 || :
  sleep 1
done
"""
"""What its first process does: bash, so that orphans are buried, too."""


def needs_namespaces() -> None:
    """Skip the test, saying why, where no machine can be had."""
    reason = ""
    if os.geteuid():
        reason = "a machine of its own needs root"
    elif missing := [p for p in ("unshare", "nsenter", "mkfs.ext4", "ip") if not shutil.which(p)]:
        reason = f"a machine of its own needs {', '.join(missing)}"
    elif subprocess.run(
        ["unshare", "--pid", "--fork", "--mount", "--net", "--uts", "--ipc", "true"],
        capture_output=True,
        check=False,
    ).returncode:
        reason = "this host gives no namespaces"
    if reason:
        pytest.skip(reason)


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    words: str


class Machine:
    """Switched off until `boot`; `close` when it is of no use any more."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self.group = f"alphintra-machine-{os.getpid()}-{disk.stat().st_ino}"
        self._holder: subprocess.Popen[bytes] | None = None
        self._init = 0

    def boot(self) -> None:
        """Switch it on; ends when its Docker answers."""
        wanted = ("default-runtime", "runtimes")
        settings = {k: v for k, v in daemon_settings().items() if k in wanted}
        spaces = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc"]
        spaces += ["--net", "--uts", "--ipc"]
        given = [str(self.disk), json.dumps(settings), f"/{self.group}", str(ROOT)]
        init = ["bash", "-c", INIT, "init", *given]
        self._holder = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "unshare", *spaces, *init],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children")
        deadline = time.monotonic() + BOOTS_WITHIN_SECONDS
        while not (child := children.read_text().split()):
            assert time.monotonic() < deadline, "no namespaces"
            time.sleep(0.05)
        self._init = int(child[0])
        while self.run("docker version").code:
            if self._holder.poll() is not None:
                raise AssertionError(self._holder.communicate()[1].decode())
            assert time.monotonic() < deadline, f"no Docker: {self.file('dockerd.log')}"
            time.sleep(0.2)

    def switch_off(self, *, power_cut: bool = False) -> None:
        """Kill every process at once. What they had written is on the disk, though not by their
        own doing: in the page cache. With `power_cut`, what was in there alone is lost."""
        assert self._holder
        if power_cut:
            disk = os.open(self.path(), os.O_RDONLY)
            fcntl.ioctl(disk, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
            os.close(disk)
        os.kill(self._init, signal.SIGKILL)
        self._holder.wait()
        self._holder = None
        # Nobody may mount the disk a second time.
        while run("losetup", "--associated", str(self.disk)):
            time.sleep(0.1)
        for hierarchy in {GROUPS, *GROUPS.iterdir()}:
            remove_groups(hierarchy / self.group)

    def close(self) -> None:
        if self._holder:
            self.switch_off()
        self.disk.unlink()

    def path(self, inside: Path = DISK) -> Path:
        """A file of the machine's as this host sees it."""
        return Path(f"/proc/{self._init}/root{inside}")

    def file(self, name: str) -> str:
        """The text of a file on its disk."""
        return self.path(DISK / name).read_text()

    def enter(self, line: str) -> list[str]:
        """The command that runs a command line there, in the stack's folder."""
        if (self.path(HOME) / ".toolchain").exists():
            line = f". .toolchain/env && {line}"
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid")
        inside = ["sh", "-c", f"cd {HOME} && {line}"]
        return ["nsenter", f"--target={self._init}", *spaces, *inside]

    def run(self, line: str, *, stdin: str = "", shown: bool = False) -> Said:
        """Run a command line as its user would, in the stack's folder; with `shown`, print what it
        says."""
        done = subprocess.Popen(
            self.enter(line),
            env={**os.environ, "STACK": STACK},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert done.stdin and done.stdout
        with done, done.stdin:
            done.stdin.write(stdin)
            done.stdin.close()
            words: list[str] = []
            for text in done.stdout:
                words.append(text)
                if shown:
                    say(text.rstrip())
        return Said(done.returncode, "".join(words))

    def must(self, line: str, *, stdin: str = "", shown: bool = False) -> str:
        """The same, for what has to succeed; what it printed."""
        said = self.run(line, stdin=stdin, shown=shown)
        assert said.code == 0, f"{line}: {said.words}"
        return said.words

    def fill(self) -> None:
        """Leave no room on its disk."""
        self.must(f"fallocate --length=$(df --output=avail -B1 {DISK} | tail -1) {DISK}/full || :")
        self.must(f"cat /dev/zero > {DISK}/full-too 2> /dev/null || :")

    def make_room(self) -> None:
        self.must(f"rm {DISK}/full {DISK}/full-too")

    def kill(self, name: str, with_signal: str = "KILL") -> None:
        """Kill the processes of a name (`pgrep --exact`)."""
        self.must(f"pkill --signal={with_signal} --exact {name}")

    @contextmanager
    def network(self) -> Generator[None]:
        """Sockets that this thread makes meanwhile are the machine's: its loopback is in reach.
        They stay when all its processes die, as a client's on another machine do."""
        libc = ctypes.CDLL(None, use_errno=True)
        ours = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            theirs = os.open(f"/proc/{self._init}/ns/net", os.O_RDONLY)
            try:
                assert libc.setns(theirs, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            finally:
                os.close(theirs)
            yield
        finally:
            libc.setns(ours, CLONE_NEWNET)
            os.close(ours)

    def install(self, config: dict[str, object]) -> None:
        """Put the program there, as a stack that is not up yet."""
        prepare = (
            "from pathlib import Path; from tests.e2e.conftest import program; import json, sys; "
            f"program(Path({str(HOME)!r}), json.load(sys.stdin), {STACK!r})"
        )
        python = f"cd {ROOT} && . .toolchain/env && .venv/bin/python -c {shlex.quote(prepare)}"
        self.must(python, stdin=json.dumps(config))
        images = self.path(HOME) / "images"
        images.unlink()
        (images / CHECK).mkdir(parents=True)
        for entry in (ROOT / "images").iterdir():
            if entry.name != CHECK:
                (images / entry.name).symlink_to(entry)
        (images / CHECK / "Dockerfile").write_text(f"FROM {PREBUILT}\n")


def remove_groups(group: Path) -> None:
    """Remove a control group whose processes are dead, from its leaves up, as a reboot does."""
    for folder, _, _ in os.walk(group, topdown=False):
        for _ in range(50):
            try:
                os.rmdir(folder)
                break
            except OSError:  # its last process is not buried yet
                time.sleep(0.1)
