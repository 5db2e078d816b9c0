"""What a run that was cut short leaves behind, and how the next one gets past it.

After Ctrl-C Pulumi finishes what it has begun and leaves nothing. After a second Ctrl-C, `kill -9`
of it or of a plugin, or a power failure there may be: a lock of a process that is dead; a state
that was cut off; plugins, still at work; operations that the state calls pending; and things in
Docker that the state does not know. docs/decisions/2026-11-21-interruptions.md
"""

from collections.abc import Sequence

from ops import docker_cli
from ops.commands import OpsError
from ops.console import say
from ops.context import Context
from ops.docker_cli import Kind
from ops.locks import take_stale_locks
from ops.processes import end_orphans
from ops.pulumi_cli import Record, record, refresh
from ops.state_files import restore_unreadable, state_root

IN_THE_WAY: tuple[Kind, ...] = ("container", "network")
"""What can't be made a second time under its name. A volume can: Docker hands out the one that is
there, with its data."""


def clear(context: Context) -> Record:
    """Undo what stands in the way of a run, saying what and why; the state as it is then."""
    cut_short = take_over(context)
    state = record(context.commands, context.stack)
    for what, urn in state.interrupted:
        say(f"An earlier run was cut short while {what} {urn.rsplit('::', 1)[-1]}.")
    if context.stack.target == "local" and (cut_short or not state.empty):
        remove_unrecorded(context, state)
    if not state.interrupted:
        return state
    # What was being made is in no state; its mark goes with any refresh, the least being the
    # stack's own entry.
    recorded = {urn for what, urn in state.interrupted if what != "creating"}
    if "deleting" in dict(state.interrupted):
        gone = recorded & set(gone_volumes(context, state))
        forget(context, sorted(gone))
        recorded -= gone
    urns = [context.stack.urn, *sorted(recorded)]
    refresh(context.commands, context.stack, urns, "--clear-pending-creates")
    return record(context.commands, context.stack)


def gone_volumes(context: Context, state: Record) -> list[str]:
    """The URNs of recorded volumes that Docker no longer has."""
    present = docker_cli.found(context.commands, "volume", docker_cli.ours(context.stack))
    recorded = state.of(docker_cli.RESOURCES["volume"])
    return [urn for name, urn in recorded.items() if name not in present]


def forget(context: Context, urns: Sequence[str]) -> None:
    """Take what is gone out of the state, where a refresh fails to find that it is: the provider of
    Docker can't "inspect" a volume that a `down` removed and, killed, did not record."""
    for urn in urns:
        command = ["pulumi", "state", "delete", urn, f"--stack={context.stack.name}", "--yes"]
        result = context.commands.ask(command, timeout=60)
        if not result.ok:
            raise OpsError(f"`{' '.join(command)}` failed: {result.words}")


def take_over(context: Context) -> bool:
    """Make sure that nobody else is at work on the stack, and that its state can be read. Whether
    the last run was cut short in a way that shows in either."""
    root = state_root(context.commands)
    locked = take_stale_locks(context, root)
    if context.stack.target == "local":
        end_orphans(context)
    return restore_unreadable(context, root) or locked


def unrecorded(context: Context, state: Record) -> list[tuple[Kind, str, str]]:
    """Containers and networks that carry the stack's labels but are not in its state: kind, id,
    name. What k3d made is left to it: it adopts or removes its own."""
    found: list[tuple[Kind, str, str]] = []
    for kind in IN_THE_WAY:
        made = docker_cli.found(context.commands, kind, docker_cli.ours(context.stack))
        known = set(state.of(docker_cli.RESOURCES[kind]))
        if made.keys() - known:
            known |= set(docker_cli.found(context.commands, kind, docker_cli.k3ds(context.stack)))
        found.extend((kind, id_, made[id_]) for id_ in sorted(made.keys() - known))
    return found


def remove_unrecorded(context: Context, state: Record) -> None:
    """A plugin that is killed, too, leaves what it was making, though Pulumi ends in good order.

    Data is in volumes, which stay. A server is asked to write it out first.
    """
    for kind, id_, name in unrecorded(context, state):
        say(f"Removing {kind} {name}, which a run made and did not record.")
        if kind == "container":
            docker_cli.stop(context.commands, id_)
        if words := docker_cli.remove(context.commands, kind, [id_]):
            raise OpsError(f"{kind} {name} can't be removed: {words}")


def refuse_anothers(context: Context, state: Record) -> None:
    """A state that records nothing is not the one from which what is there was made."""
    if state.empty and (there := unrecorded(context, state)):
        stack = context.stack
        names = ", ".join(name for _, _, name in there)
        raise OpsError(
            f"the state of {stack.name} is empty, but Docker has this of it: {names}. If it was "
            "made from a state elsewhere: `pulumi login` there, or set PULUMI_BACKEND_URL. If that "
            f"state is lost: `{stack.command('down')}` removes it, with its data."
        )
