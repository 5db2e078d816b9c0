"""The questions: what each looks at, when it is content, and the way out. Each of their limits
names where it comes from."""

import contextlib
import os
import shutil
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

from ops import disk, locks
from ops.commands import OpsError
from ops.doctor import ports
from ops.doctor.model import (
    ALWAYS,
    FAIL,
    LOCAL,
    OK,
    SKIPPED,
    WARN,
    WHEN_DOWN,
    Finding,
    Question,
    Questions,
)
from ops.stack import PROJECT
from ops.state_files import state_root
from toolchain import docker_engine, pulumi_home
from toolchain.decide import Setup
from toolchain.setup import missing_steps

LOW_DISK_GB, LITTLE_DISK_GB = 1, 5
"""An estimate: a stack's containers write about 1 GB until all is up; images and data want more."""
LOW_MEMORY_MB, LITTLE_MEMORY_MB = 1000, 2000
"""An estimate: the `dev` stack holds about 900 MB once it is up."""
INOTIFY, CLUSTER_TAKES = Path("/proc/sys/fs/inotify/max_user_instances"), 40
"""How many inotify instances a user may have, for all clusters of the host together; each takes
about 30 (seen: with four clusters the next node never became ready under the usual 128)."""
MANY_INOTIFY = 1024
SKEW = timedelta(seconds=30)
"""Tokens and certificates allow for about a minute."""
EXPIRES_SOON = timedelta(days=30)
"""From then on `up` makes a certificate anew (components/certificates.py)."""
RESOLVES_WITHIN_SECONDS = 1.5
KNOWN_NAME = "github.com"
"""Where set-up gets releases from."""


def docker(known: Questions) -> Finding:
    facts = known.docker
    if "error" not in facts:
        return Finding(OK, f"engine {facts['ServerVersion']}")
    if shutil.which("docker") is None:
        return Finding(FAIL, "not installed", one_line(docker_engine.advice_without_root()))
    if "permission denied" in facts["error"].lower():
        remedy = "sudo usermod -aG docker $USER && newgrp docker"
        return Finding(FAIL, "your user may not use it", remedy)
    return Finding(FAIL, f"does not answer: {facts['error']}", "`make setup` starts it.")


def tools(known: Questions) -> Finding:
    """Programs, plugins, images and Python packages, by set-up's own rules."""
    missing = missing_steps(Setup(cloud=known.stack.target == "gcp"))
    if not missing:
        return Finding(OK, "all there, of suitable versions")
    words = f"missing or of another version: {', '.join(missing)}"
    return Finding(FAIL, words, "`make setup` brings them.")


def passphrase(known: Questions) -> Finding:
    given = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    path = Path(given) if given else pulumi_home.passphrase_file()
    if not given and not pulumi_home.needs_passphrase_file():
        return Finding(OK, "given, or the backend's own matter")
    if not path.is_file():
        if not given and not pulumi_home.state_file(known.stack.name).exists():
            return Finding(OK, "none yet: `make setup` makes one")
        return Finding(FAIL, f"{path} is missing", "Put it back from where you keep a copy of it.")
    if path.stat().st_mode & 0o077:
        return Finding(WARN, f"others may read {path}", f"chmod 600 {path}")
    return Finding(OK, str(path))


def free_ports(known: Questions) -> Finding:
    wanted: dict[str, str] = known.wanted["ports"]
    ours = known.stack.name
    by_container = ports.published(known.commands)
    clashes: list[str] = []
    for text, setting in wanted.items():
        port = int(text)
        name, project, stack = by_container.get(port, ("", "", ""))
        if (project, stack) == (PROJECT, ours) or name.startswith(f"k3d-{known.stack.cluster}-"):
            continue
        if name or ports.taken(port):
            who = f"the container {name}" if name else ports.process(port)
            clashes.append(f"{port} (alphintra:{setting}) by {who}")
    if not clashes:
        return Finding(OK, f"{len(wanted)} ports are free, or the stack's")
    remedy = f"End that, or set another port in Pulumi.{ours}.yaml."
    return Finding(FAIL, f"taken: {'; '.join(clashes)}", remedy)


def networks(known: Questions) -> Finding:
    if "error" in known.docker:
        return Finding(SKIPPED, "Docker does not answer")
    block = IPv4Network(known.wanted["cidr"])
    clashes = [
        f"{name} ({range_})"
        for name, range_ in ports.networks(known.commands, known.stack)
        if range_.overlaps(block)
    ]
    if not clashes:
        return Finding(OK, f"{block} is free, or the stack's")
    remedy = f"Set another block: Pulumi.{known.stack.name}.yaml: alphintra:network.cidr"
    return Finding(FAIL, f"{block} overlaps {', '.join(clashes)}", remedy)


def free_disk(known: Questions) -> Finding:
    free = {
        what: shutil.disk_usage(path).free / disk.GB
        for what, path in disk.places(known.commands).items()
    }
    what, least = min(free.items(), key=lambda one: one[1])
    words = f"{least:.1f} GB free, at the least ({what})"
    if least >= LITTLE_DISK_GB:
        return Finding(OK, words)
    remedy = "`docker system df` shows what takes it; `docker image prune` removes unused images."
    return Finding(FAIL if least < LOW_DISK_GB else WARN, words, remedy)


def memory(known: Questions) -> Finding:
    if known.runs:
        return Finding(OK, "the stack runs already")
    file = Path("/proc/meminfo")
    total = int(known.docker.get("MemTotal", 0)) // disk.MB
    lines = file.read_text().splitlines() if file.exists() else []
    available = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    free = min(int(available) * 1024 // disk.MB, total) if available else total
    words = f"{free} MB available"
    if free >= LITTLE_MEMORY_MB:
        return Finding(OK, words)
    remedy = "End what takes memory (`docker stats`), or give Docker's virtual machine more."
    return Finding(FAIL if free < LOW_MEMORY_MB else WARN, words, remedy)


def lock(known: Questions) -> Finding:
    root = state_root(known.commands)
    if root is None:
        return Finding(OK, "kept by the backend")
    folder = root / "locks" / "organization" / PROJECT / known.stack.name
    found = locks.read_locks(folder)
    for one in found:
        try:
            if isinstance(one, locks.UnreadableLock):
                locks.respect_unreadable(known.context, one)
            else:
                locks.respect(known.context, one)
        except OpsError as error:
            return Finding(WARN, str(error), "Nothing else can run on the stack meanwhile.")
    if found:
        up = known.stack.command("up")
        return Finding(WARN, f"left by a run that is dead: {found[0]}", f"`{up}` removes it.")
    return Finding(OK, "none")


def nodes(known: Questions) -> Finding:
    down = [f"{one.name} ({one.state})" for one in known.containers if not one.up]
    if not down:
        return Finding(OK, f"{len(known.containers)} containers, none of them down")
    remedy = f"`{known.stack.command('up')}` starts what is stopped and mends the rest."
    return Finding(WARN, f"down: {', '.join(down)}", remedy)


def kernel(known: Questions) -> Finding:
    """What k3s needs of the kernel; where Docker runs in a machine of its own, that has it."""
    if not Path("/proc/sys").exists():
        return Finding(SKIPPED, "Docker runs in a virtual machine")
    lacking = [
        name for name in ("overlay",) if name not in Path("/proc/filesystems").read_text().split()
    ]
    if not any(Path(f"/sys/fs/cgroup/{one}").exists() for one in ("cgroup.controllers", "memory")):
        lacking.append("control groups (memory)")
    if lacking:
        return Finding(FAIL, f"the kernel lacks {', '.join(lacking)}", "modprobe overlay, or boot "
                       "a kernel that has them.")  # fmt: skip
    left = int(INOTIFY.read_text()) - inotify_instances() if INOTIFY.exists() else MANY_INOTIFY
    if left < CLUSTER_TAKES and not known.runs:
        words = (
            f"only {left} inotify instances are left: a node may fail with «too many open files»"
        )
        remedy = f"sudo sysctl fs.inotify.max_user_instances={MANY_INOTIFY}, or end other clusters."
        return Finding(WARN, words, remedy)
    return Finding(OK, "overlay, control groups, inotify")


def inotify_instances() -> int:
    """Those in use, as far as this user may know."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            for link in folder.iterdir():
                with contextlib.suppress(OSError):
                    count += os.readlink(link) == "anon_inode:inotify"
    return count


def clock(known: Questions) -> Finding:
    """Against what can be known without a network: Docker's clock, and files that can't be of
    tomorrow."""
    remedy = "Set the clock: sudo timedatectl set-ntp true (a virtual machine: restart it)."
    now = datetime.now(UTC)
    if told := str(known.docker.get("SystemTime", "")):
        theirs = datetime.fromisoformat(f"{told[:19]}{told[-6:]}" if told[-1] != "Z" else told[:19])
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        if abs(theirs - now) > SKEW:
            return Finding(FAIL, f"Docker's clock says {theirs:%Y-%m-%d %H:%M:%S} UTC", remedy)
    root = state_root(known.commands)
    states = root.glob(f"stacks/{PROJECT}/{known.stack.name}.json") if root else list[Path]()
    for file in [*states, Path("requirements.txt")]:
        if (
            file.exists()
            and (made := datetime.fromtimestamp(file.stat().st_mtime, UTC)) > now + SKEW
        ):
            return Finding(FAIL, f"{file.name} was written at {made:%Y-%m-%d %H:%M}, later than "
                           f"now, {now:%Y-%m-%d %H:%M} UTC", remedy)  # fmt: skip
    return Finding(OK, f"{now:%Y-%m-%d %H:%M} UTC, as Docker's and the files'")


def certificates(known: Questions) -> Finding:
    """Of what the stack serves by TLS on this machine."""
    from cryptography import x509  # a tenth of a second, which no other command is to pay

    if not known.runs:
        return Finding(SKIPPED, "the stack does not run")
    ends: dict[str, datetime] = {}
    for port, setting in known.wanted["ports"].items():
        if setting in ("cluster.api_port", "cache.host_port"):
            try:
                text = ssl.get_server_certificate((ports.LOOPBACK, int(port)), timeout=1)
            except OSError:
                continue
            ends[setting] = x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc
    if not ends:
        return Finding(SKIPPED, "nothing answers by TLS")
    what, end = min(ends.items(), key=lambda one: one[1])
    if end - datetime.now(UTC) < EXPIRES_SOON:
        remedy = f"`{known.stack.command('up')}` makes them anew."
        return Finding(WARN, f"the one at {what} ends {end:%Y-%m-%d}", remedy)
    return Finding(OK, f"the first ends {end:%Y-%m-%d}")


def names(_: Questions) -> Finding:
    answers: list[str] = []

    def look_up() -> None:
        with contextlib.suppress(OSError):
            answers.append(str(socket.getaddrinfo(KNOWN_NAME, 443)[0][4][0]))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(RESOLVES_WITHIN_SECONDS)
    if answers:
        return Finding(OK, f"{KNOWN_NAME} is {answers[0]}")
    return Finding(
        WARN,
        f"{KNOWN_NAME} is not found: nothing can be downloaded; what is here works",
        "See /etc/resolv.conf; behind a proxy or without a network that is as it should be.",
    )


def one_line(text: str) -> str:
    return " ".join(text.split())


QUESTIONS = (
    Question("docker", docker, before_up=ALWAYS),
    Question("tools", tools),
    Question("passphrase", passphrase, before_up=ALWAYS),
    Question("ports", free_ports, before_up=WHEN_DOWN, targets=LOCAL),
    Question("networks", networks, before_up=WHEN_DOWN, targets=LOCAL),
    Question("disk", free_disk, before_up=ALWAYS),
    Question("memory", memory, before_up=WHEN_DOWN, targets=LOCAL),
    Question("lock", lock),
    Question("containers", nodes, targets=LOCAL),
    Question("kernel", kernel, before_up=ALWAYS, targets=LOCAL),
    Question("clock", clock),
    Question("certificates", certificates, targets=LOCAL),
    Question("names", names),
)
