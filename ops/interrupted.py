"""What a run that was cut short leaves behind, and how the next one gets past it.

After Ctrl-C Pulumi finishes what it has begun and leaves nothing. After a second Ctrl-C, `kill -9`
or a power cut there may be: a lock of a process that is dead; its plugins, still at work;
operations that the state calls pending; and things in Docker that the state does not know.
"""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from ops import docker_cli
from ops.commands import OpsError
from ops.console import say
from ops.context import Context
from ops.docker_cli import Kind
from ops.pulumi_cli import Record, record, refresh
from ops.stack import PROJECT

PLUGINS_END_WITHIN_SECONDS = 10
IN_THE_WAY: tuple[Kind, ...] = ("container", "network")
"""What can't be made a second time under its name. A volume can: Docker hands out the one that is
there, with its data."""


def clear(context: Context) -> Record:
    """Undo what stands in the way of a run, saying what and why; the state as it is then."""
    locked = break_stale_locks(context)
    state = record(context.commands, context.stack)
    if not locked and not state.interrupted:
        return state
    for what, urn in state.interrupted:
        say(f"An earlier run was cut short while {what} {urn.rsplit('::', 1)[-1]}.")
    if context.stack.target == "local":
        remove_unrecorded(context, state)
    if state.interrupted:
        # What was being made is in no state; its mark goes with any refresh, the least being the
        # stack's own entry.
        recorded = {urn for what, urn in state.interrupted if what != "creating"}
        urns = [context.stack.urn, *sorted(recorded)]
        refresh(context.commands, context.stack, urns, "--clear-pending-creates")
    return record(context.commands, context.stack)


def break_stale_locks(context: Context) -> bool:
    """Remove the lock of a process that is dead; refuse while it lives. Whether there was one."""
    locks = list(read_locks(lock_folder(context)))
    for lock in locks:
        who = f"{lock['username']}@{lock['hostname']} (pid {lock['pid']}, {lock['timestamp'][:19]})"
        if lock["hostname"] != socket.gethostname():
            raise OpsError(
                f"stack {context.stack.name} is locked by {who}, on another machine. If no run is "
                f"under way there: pulumi cancel --stack={context.stack.name}"
            )
        if alive(context, int(lock["pid"])):
            raise OpsError(
                f"another run is at work on stack {context.stack.name}: {who}. "
                f"Wait for it, or end it with `kill -INT {lock['pid']}`."
            )
    if not locks:
        return False
    say(f"The last run on {context.stack.name} died and left its lock: removing it.")
    end_orphans(context)
    cancel = ["pulumi", "cancel", f"--stack={context.stack.name}", "--yes"]
    result = context.commands.ask(cancel)
    if not result.ok:
        raise OpsError(f"`{' '.join(cancel)}` failed: {result.words}")
    return True


def lock_folder(context: Context) -> Path | None:
    """Where a backend of files keeps its locks of this stack; others keep their own order."""
    result = context.commands.ask(["pulumi", "whoami", "--json"])
    if not result.ok:
        raise OpsError(f"pulumi does not know where its state is: {result.words}")
    url = urlparse(str(json.loads(result.out).get("url", "")))
    if url.scheme != "file":
        return None
    root = Path(f"{url.netloc}{url.path}").expanduser()
    return root / ".pulumi" / "locks" / "organization" / PROJECT / context.stack.name


def read_locks(folder: Path | None) -> Iterable[dict[str, Any]]:
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.json")):
            yield json.loads(path.read_text())


def alive(context: Context, pid: int) -> bool:
    """Whether `pid` is a process of Pulumi; after a restart the number may be another's."""
    words = context.commands.ask(["ps", "-p", str(pid), "-o", "stat=,comm="]).out.split()
    return len(words) > 1 and is_engine(*words[:2])


def is_engine(state: str, program: str) -> bool:
    """Whether that is Pulumi at work, not a zombie that nobody has buried yet."""
    return Path(program).name == "pulumi" and not state.startswith("Z")


def end_orphans(context: Context) -> None:
    """End the plugins of a dead Pulumi: they work on, and would race with the new run's.

    A plugin leads a process group, with what it has started in it.
    """
    for pid in _our_orphans(context):
        say(f"Ending a plugin of that run (pid {pid}).")
        os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + PLUGINS_END_WITHIN_SECONDS
    while time.monotonic() < deadline and _our_orphans(context):
        time.sleep(0.2)
    for pid in _our_orphans(context):
        os.killpg(pid, signal.SIGKILL)


def _our_orphans(context: Context) -> list[int]:
    processes = context.commands.ask(["ps", "-A", "-o", "pid=,ppid=,stat=,comm=,args="]).out
    return [pid for pid in orphans(processes) if _works_in(pid) == context.stack.folder]


def orphans(processes: str) -> list[int]:
    """The plugins in a process list whose parent is no Pulumi any more."""
    rows = [line.split() for line in processes.splitlines()]
    engines = {pid for pid, _, state, program, *_ in rows if is_engine(state, program)}
    return [
        int(pid)
        for pid, parent, state, _, *arguments in rows
        if parent not in engines and not state.startswith("Z") and is_plugin(arguments)
    ]


def is_plugin(arguments: Sequence[str]) -> bool:
    """Whether a command line is a plugin's: its program, or the script that a shell runs, and then
    the address of its engine."""
    names = [Path(word).name for word in arguments[:2]]
    return bool(re.fullmatch(r"127\.0\.0\.1:\d+", arguments[-1])) and any(
        name.startswith(("pulumi-resource-", "pulumi-language-")) for name in names
    )


def _works_in(pid: int) -> Path | None:
    """A process's working folder, where the system tells (Linux)."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None


def remove_unrecorded(context: Context, state: Record) -> None:
    """Remove containers and networks that carry the stack's labels but are not in its state.

    Data is in volumes, which stay. What k3d made is left to it: it adopts or removes its own.
    """
    for kind in IN_THE_WAY:
        made = docker_cli.found(context.commands, kind, docker_cli.ours(context.stack))
        by_k3d = docker_cli.found(context.commands, kind, docker_cli.k3ds(context.stack))
        for id_ in made.keys() - by_k3d.keys() - state.of(docker_cli.RESOURCES[kind]).keys():
            say(f"Removing {kind} {made[id_]}, which that run made and did not record.")
            if words := docker_cli.remove(context.commands, kind, [id_]):
                raise OpsError(f"{kind} {made[id_]} can't be removed: {words}")
