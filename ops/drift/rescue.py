"""A data volume that is gone: what is lost is said, and its replica's copy is taken where there is
one."""

from collections.abc import Sequence

from ops import docker_cli
from ops.commands import OpsError
from ops.console import say
from ops.context import Context
from ops.docker_cli import Kind
from ops.drift.difference import Difference
from ops.drift.docker import listed
from ops.pulumi_cli import Record, Resource

COPIES = {
    # The replica's folder is the primary's, but for the mark that it follows.
    "database": "cp -a /from/copy/. /to/ && rm -f /to/standby.signal /to/postmaster.pid",
    "cache": "cp -a /from/. /to/",
}
"""Component → how its data is made of its replica's, in a shell."""
DATA, COPY = "-data", "-replica-data"


def rescue(context: Context, state: Record, lost: Sequence[Difference]) -> list[str]:
    """For each volume of `lost`: make it anew from its replica's, or say that its data is gone.
    The URNs of the latter.

    A replica follows its primary, an empty one too, and would then lose its copy: so it is taken
    before the primary is there again.
    """
    volumes = {one.urn: one for one in state.resources}
    gone = {volumes[one.urn].id for one in lost}
    empty: list[str] = []
    for one in lost:
        volume = volumes[one.urn]
        copy = f"{volume.id.removesuffix(DATA)}{COPY}"
        component = volume.id.removesuffix(DATA).rpartition("-")[2]
        if volume.id.endswith(COPY):
            say(f"{volume.id} held a copy: it is made again from the primary.")
        elif (
            component in COPIES
            and copy in state.of(docker_cli.RESOURCES["volume"])
            and copy not in gone
        ):
            take(context, state, volume, copy, COPIES[component])
            continue
        else:
            say(
                f"{volume.id} is gone, and what was in it can't be brought back from here: it is "
                "made anew, empty. A backup fills it: "
                f"`{context.stack.command('restore', FILE='…')}`."
            )
        empty.append(one.urn)
    return empty


def take(context: Context, state: Record, volume: Resource, copy: str, line: str) -> None:
    """Make `volume` anew with what `copy` holds, by the shell `line` in the server's own image."""
    if docker_cli.facts(context.commands, "volume", [volume.id]):
        raise OpsError(f"{volume.id} is there again: somebody else is at work on this stack.")
    say(f"{volume.id} is gone. Its replica still holds the data: taking its copy, {copy}.")
    users = [
        one
        for one in state.resources
        if one.type == docker_cli.RESOURCES["container"]
        and any(mount["volumeName"] == copy for mount in listed(one.inputs, "volumes"))
    ]
    for one in users:
        docker_cli.stop(context.commands, one.id)  # so that it writes its data out
    labels = [f"--label={one['label']}={one['value']}" for one in volume.inputs["labels"]]
    image, name = users[0].inputs["image"], at_work(volume.id)
    mounts = f"--volume={copy}:/from:ro", f"--volume={volume.id}:/to"
    shell = ["--network=none", "--entrypoint=sh", *mounts, image, "-c", line]
    for command in (
        ["docker", "volume", "create", *labels, volume.id],
        ["docker", "run", f"--name={name}", *shell],
        ["docker", "rm", name],
        ["docker", "start", *(one.id for one in users)],
    ):
        result = context.commands.ask(command, timeout=3600)
        if not result.ok:
            discard(context, volume.id)
            raise OpsError(f"`{' '.join(command)}` failed: {result.words}")


def at_work(volume: str) -> str:
    """The container that copies into `volume`. It is removed when the copy is whole: one that is
    there says that it is not."""
    return f"{volume}-copying"


def discard_halves(context: Context, state: Record) -> None:
    """Remove volumes that hold half a copy, because a run that made one was cut short."""
    volumes = list(state.of(docker_cli.RESOURCES["volume"]))
    for one in docker_cli.facts(context.commands, "container", [*map(at_work, volumes)]):
        volume = one["Name"].lstrip("/").removesuffix(at_work(""))
        say(f"A run that was cut short left half a copy in {volume}: it is made again.")
        discard(context, volume)


def discard(context: Context, volume: str) -> None:
    things: list[tuple[Kind, str]] = [("container", at_work(volume)), ("volume", volume)]
    for kind, name in things:
        words = docker_cli.remove(context.commands, kind, [name])
        if words and not docker_cli.MISSING.search(words):
            raise OpsError(f"{kind} {name} can't be removed: {words}")
