"""The mark of a restore that is under way, and how one that was cut short is brought to its end.

What decides is PostgreSQL's one transaction: before it nothing was replaced, and what was put
beside the data is removed; after it the rest is replaced too.
"""

from collections.abc import Mapping

from ops import docker_cli
from ops.backup import folders, postgres, postgres_restore
from ops.backup.servers import SERVICES, Server, servers, wait_healthy
from ops.commands import OpsError
from ops.console import say
from ops.context import Context
from ops.stack import PROJECT


def mark_name(context: Context) -> str:
    return context.stack.container("restore-under-way")


def mark(context: Context) -> None:
    """An empty volume: it is where the data is, whatever folder the next run starts from."""
    command = ["docker", "volume", "create", mark_name(context)]
    labels = (f"project={PROJECT}", f"stack={context.stack.name}", "component=backup")
    command += [f"--label={docker_cli.NAMESPACE}.{label}" for label in labels]
    result = context.commands.ask(command)
    if not result.ok:
        raise OpsError(f"`{' '.join(command)}` failed: {result.words}")


def marked(context: Context) -> bool:
    volumes = docker_cli.found(context.commands, "volume", docker_cli.ours(context.stack))
    return mark_name(context) in volumes


def settle(context: Context) -> None:
    """Bring a restore to its end that was cut short; does nothing if there was none."""
    if not marked(context):
        return
    found = servers(context)
    if postgres_restore.switched(found["database"].container):
        say("A restore was cut short after its databases took their place: finishing it.")
        finish(context, found)
    else:
        say("A restore was cut short before it replaced anything: removing what it had prepared.")
        undo(context, found)


def stagings(context: Context, found: Mapping[str, Server]) -> list[folders.Staging]:
    """How the services other than the database are switched: by their folders."""
    image = found["cache"].image
    return [folders.Staging(context, found[service], image) for service in SERVICES[1:]]


def undo(context: Context, found: Mapping[str, Server]) -> None:
    postgres_restore.drop(found["database"].container, postgres.RESTORING)
    for staging in stagings(context, found):
        staging.clear()
    unmark(context)


def finish(context: Context, found: Mapping[str, Server]) -> None:
    """What follows on the switch of the databases; again, from wherever it was cut short."""
    healthy = [one.name for one in docker_cli.containers(context.commands, context.stack) if one.up]
    for staging in stagings(context, found):
        staging.switch()
    wait_healthy(context, healthy)
    for staging in stagings(context, found):
        staging.clear()
    postgres_restore.drop(found["database"].container, postgres.BEFORE)
    unmark(context)


def unmark(context: Context) -> None:
    if words := docker_cli.remove(context.commands, "volume", [mark_name(context)]):
        raise OpsError(f"the volume {mark_name(context)} can't be removed: {words}")
