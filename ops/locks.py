"""The locks that a backend of files keeps of a stack: whose each is, and whether it still holds."""

import json
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ops import processes
from ops.commands import Commands, OpsError
from ops.console import say
from ops.context import Context
from ops.stack import PROJECT
from ops.state_files import ATTRIBUTES

CLOCKS_DIFFER = timedelta(seconds=5)
"""`ps` tells when a process began to the second, from the clock and the ticks since the start."""


@dataclass(frozen=True)
class Lock:
    """What Pulumi wrote of the run that took it."""

    file: Path
    pid: int
    username: str
    hostname: str
    taken: datetime

    def __str__(self) -> str:
        since = f"{self.taken.astimezone():%Y-%m-%d %H:%M:%S}"
        return f"{self.username}@{self.hostname} (pid {self.pid}, since {since})"


@dataclass(frozen=True)
class UnreadableLock:
    """A file that was cut off: by a power failure or a full disk. Pulumi writes one and then moves
    it to its place, so it is hardly ever one that is just being written."""

    file: Path


def take_stale_locks(context: Context, root: Path | None) -> bool:
    """Remove the locks of runs that are dead; refuse while one lives, or may live elsewhere.

    `root` is where a backend of files keeps everything; another keeps its own order. Returns
    whether there were any. Each file by itself: `pulumi cancel` would remove also the lock of a
    run that began since we looked.
    """
    locks = (
        read_locks(root / "locks" / "organization" / PROJECT / context.stack.name) if root else []
    )
    for lock in locks:
        if isinstance(lock, UnreadableLock):
            respect_unreadable(context, lock)
        else:
            respect(context, lock)
    if locks:
        say(f"The last run on {context.stack.name} died and left its lock: removing it.")
    for lock in locks:
        lock.file.unlink(missing_ok=True)
        lock.file.with_name(f"{lock.file.name}{ATTRIBUTES}").unlink(missing_ok=True)
    return bool(locks)


def respect(context: Context, lock: Lock) -> None:
    """Refuse if the run that took `lock` may be at work."""
    stack = context.stack
    if lock.hostname != socket.gethostname():
        raise OpsError(
            f"stack {stack.name} is locked by {lock}, on another machine. If no run is "
            f"under way there: pulumi cancel --stack={stack.name}"
        )
    if holds(context.commands, lock):
        raise OpsError(
            f"another run is at work on stack {stack.name}: {lock}. "
            f"Wait for it, or end it with `kill -INT {lock.pid}`."
        )


def respect_unreadable(context: Context, lock: UnreadableLock) -> None:
    """Nobody can tell whose it was: refuse if any Pulumi works on the stack's project."""
    for pid in processes.engines(context.commands):
        if processes.works_in(pid) == context.stack.folder:
            raise OpsError(
                f"stack {context.stack.name} has a lock that can't be read ({lock.file}), and "
                f"Pulumi is at work in this folder (pid {pid}). Wait for it, or end it with "
                f"`kill -INT {pid}`."
            )


def holds(commands: Commands, lock: Lock) -> bool:
    """Whether the process that took `lock` lives: a Pulumi of that number, begun before it.

    After a restart of the machine, or later, the number may be another's, even another Pulumi's.
    """
    began = processes.engine_began(commands, lock.pid)
    return began is not None and began <= lock.taken + CLOCKS_DIFFER


def read_locks(folder: Path) -> list[Lock | UnreadableLock]:
    """Every file there is a lock to Pulumi, also one that was not yet moved to its place."""
    files = sorted(folder.glob("*"))
    return [read_lock(file) for file in files if not file.name.endswith(ATTRIBUTES)]


def read_lock(file: Path) -> Lock | UnreadableLock:
    try:
        facts: dict[str, Any] = json.loads(file.read_text())
        taken = datetime.fromisoformat(facts["timestamp"])
        return Lock(file, int(facts["pid"]), facts["username"], facts["hostname"], taken)
    except (ValueError, KeyError, TypeError):
        return UnreadableLock(file)
