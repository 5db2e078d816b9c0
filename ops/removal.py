"""`make down`: removes a stack, asks first, and looks whether anything is left."""

import signal
import time
from collections.abc import Mapping, Set

from ops import docker_cli, interrupted
from ops.commands import Ended, OpsError
from ops.console import duration, say
from ops.context import Context
from ops.docker_cli import Kind
from ops.lifecycle import CLUSTER, must, tell_what_is_gone
from ops.pulumi_cli import UNREACHABLE_IS_GONE, Record, record

Things = dict[Kind, dict[str, str]]


def down(context: Context) -> int:
    started = time.monotonic()
    code = context.target.down(context)
    if code == 0:
        context.stack.kubeconfig.unlink(missing_ok=True)
        say(f"Took {duration(time.monotonic() - started)}.")
    return code


def local_down(context: Context) -> int:
    """Name what goes, ask, destroy, verify; remove what was left."""
    stack, commands = context.stack, context.commands
    docker_cli.engine(commands)
    things = docker_cli.everything(commands, stack)
    unlabelled = {
        volume
        for container in docker_cli.containers(commands, stack)
        for volume in container.anonymous_volumes
    }
    interrupted.take_over(context)
    if record(commands, stack).empty and not any(things.values()):
        say(f"{stack.name} is down already: nothing to remove.")
        return 0
    say(f"This removes stack {stack.name} for good:")
    say(described(things, docker_cli.volume_sizes(commands)))
    if not context.force:
        confirm(context)
    state = interrupted.clear(context)
    remove_unrecorded_cluster(context, state)
    if not state.empty:
        tell_what_is_gone(context, state)
        code = destroy(context, "--yes", "--skip-preview", env=UNREACHABLE_IS_GONE["local"])
        if code:
            say("The stack is not wholly removed: see above. Run it again: it goes on from here.")
            return code
    return verify(context, unlabelled)


def destroy(context: Context, *flags: str, env: Mapping[str, str] | None = None) -> int:
    """`pulumi destroy`; its exit code. Raises Ended where it was asked to stop between two steps,
    which Pulumi itself calls a success."""
    command = ["pulumi", "destroy", f"--stack={context.stack.name}", *flags]
    code = context.commands.show(command, env=env)
    if code == 0 and not record(context.commands, context.stack).empty:
        raise Ended(signal.SIGINT)
    return code


def remove_unrecorded_cluster(context: Context, state: Record) -> None:
    """Remove a cluster that a killed `up` had begun and did not record: its nodes are on networks
    that Docker removes only when nothing is on them."""
    nodes = docker_cli.found(context.commands, "container", docker_cli.k3ds(context.stack))
    if nodes and not state.of(CLUSTER):
        say("A cluster that an earlier run did not record: removing it.")
        must(context, ["k3d", "cluster", "delete", context.stack.cluster])


def gcp_down(context: Context) -> int:
    """Pulumi names what goes and asks; FORCE does not silence it: nothing brings data back."""
    if not context.interactive:
        raise OpsError(
            f"{context.stack.name} is on Google Cloud: its data is removed only when a person says "
            "so on a terminal."
        )
    interrupted.clear(context)
    return destroy(context)


def described(things: Things, sizes: dict[str, str]) -> str:
    """What goes, by kind, volumes with their size."""
    lines: list[str] = []
    for kind, named in things.items():
        names = sorted(
            f"{name} ({sizes[name]})" if kind == "volume" and name in sizes else name
            for name in named.values()
        )
        if names:
            lines.append(f"  {len(names)} {kind}{'s' * (len(names) > 1)}: {', '.join(names)}")
    return "\n".join(lines) or "  what its state records; Docker has nothing of it."


def confirm(context: Context) -> None:
    if not context.interactive:
        raise OpsError(
            "nobody is there to confirm that data may go, so nothing was removed. "
            f"If it may: `{context.stack.command('down', FORCE='1')}`"
        )
    if input("Remove all of it, with its data? Type yes: ").strip() != "yes":
        raise OpsError("nothing was removed.")


def verify(context: Context, unlabelled: Set[str]) -> int:
    """Look for what is left, by label and among the volumes `unlabelled`; say so, and remove it."""
    left = leftovers(context, unlabelled)
    if any(left.values()):
        say("Pulumi has finished, but this was left. Removing it:")
        say(described(left, {}))
        for kind, named in left.items():
            if words := docker_cli.remove(context.commands, kind, list(named)):
                say(f"  {kind}: {words}")
        left = leftovers(context, unlabelled)
    if any(left.values()):
        say(f"Still there:\n{described(left, {})}")
        return 1
    say(f"{context.stack.name} is down: no container, network or volume of it is left.")
    return 0


def leftovers(context: Context, unlabelled: Set[str]) -> Things:
    left = docker_cli.everything(context.commands, context.stack)
    volumes = docker_cli.found(context.commands, "volume", []) if unlabelled else {}
    left["volume"] |= {name: name for name in unlabelled & volumes.keys()}
    return left
