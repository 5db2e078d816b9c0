"""The processes of Pulumi on this machine: its engines at work, and what dead ones left behind."""

import os
import re
import signal
import time
from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.commands import Commands
from ops.console import say
from ops.context import Context

END_WITHIN_SECONDS = 10
IN_ENGLISH = {"LC_ALL": "C"}
BEGAN = "%a %b %d %H:%M:%S %Y"
"""How `ps` writes when a process began, in that language."""
ADDRESS = re.compile(r"127\.0\.0\.1:\d+")
PROGRAMS = ("pulumi-resource-", "pulumi-language-", "pulumi.dynamic")
"""How the names of plugins begin, and of what their shells start."""


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    group: int
    """The number of its group, which is that of the process that leads it."""
    state: str
    program: str
    arguments: Sequence[str]

    @property
    def is_engine(self) -> bool:
        """Whether that is Pulumi at work, not a zombie that nobody has buried yet."""
        return Path(self.program).name == "pulumi" and self.alive

    @property
    def alive(self) -> bool:
        return not self.state.startswith("Z")

    @property
    def is_plugin(self) -> bool:
        """Whether the command line is a plugin's: its program, or the shell or Python that runs
        it, and the address of its engine."""
        names = [Path(word).name for word in self.arguments]
        return any(map(ADDRESS.fullmatch, self.arguments)) and any(
            name.startswith(PROGRAMS) for name in names[:4]
        )


def engine_began(commands: Commands, pid: int) -> datetime | None:
    """When the process `pid` began, if it is a Pulumi at work."""
    return began(commands, pid, {"pulumi"})


def began(commands: Commands, pid: int, programs: Set[str]) -> datetime | None:
    """When the process `pid` began, if it lives and is one of `programs`."""
    command = ["ps", "-p", str(pid), "-o", "stat=,lstart=,comm="]
    words = commands.ask(command, env=IN_ENGLISH).out.split()
    if len(words) < 7 or words[0].startswith("Z") or Path(words[6]).name not in programs:
        return None
    return datetime.strptime(" ".join(words[1:6]), BEGAN).astimezone()


def listed(commands: Commands) -> list[Process]:
    # Whole lines, whatever the width of the terminal (or COLUMNS) is.
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,pgid=,stat=,comm=,args="]
    rows = (line.split() for line in commands.ask(command).out.splitlines())
    return [
        Process(int(pid), int(parent), int(group), state, program, arguments)
        for pid, parent, group, state, program, *arguments in rows
    ]


def engines(commands: Commands) -> list[int]:
    return [one.pid for one in listed(commands) if one.is_engine]


def works_in(pid: int) -> Path | None:
    """A process's working folder, where the system tells (Linux)."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None


def end_orphans(context: Context) -> None:
    """End what dead plugins and the plugins of a dead Pulumi left at work: they would race with
    the new run's. All of it that works in the project's folder, a process group at a time."""

    def left() -> list[int]:
        found = orphans(listed(context.commands), context.stack.cluster)
        folder = context.stack.folder
        return sorted({one.group for one in found if works_in(one.pid) == folder})

    for group in left():
        say(f"Ending what a run that died left at work (process group {group}).")
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + END_WITHIN_SECONDS
    while (groups := left()) and time.monotonic() < deadline:
        time.sleep(0.2)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(group, number)


def orphans(processes: Iterable[Process], cluster: str) -> list[Process]:
    """Plugins that no Pulumi at work has started; and k3d at work on `cluster` for a plugin that is
    dead.

    A plugin leads a process group, with what it has started in it.
    """
    alive = {one.pid: one for one in processes if one.alive}
    engines = {one.pid for one in alive.values() if one.is_engine}

    def leaderless(one: Process) -> bool:
        return one.group not in alive

    def abandoned(one: Process) -> bool:
        return leaderless(one) or alive[one.group].parent not in engines

    return [
        one
        for one in alive.values()
        if (one.is_plugin and abandoned(one))
        or (one.program == "k3d" and cluster in one.arguments and leaderless(one))
    ]
