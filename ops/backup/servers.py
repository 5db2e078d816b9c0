"""The servers of a stack that hold data, as Docker has them; and that one run at a time is at
them."""

import fcntl
import json
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from ops import docker_cli
from ops.backup.throwaway import Container, remove_left
from ops.commands import OpsError
from ops.context import Context

SERVICES = ("database", "cache", "registry")
HEALTHY_WITHIN_SECONDS = 180


@dataclass(frozen=True)
class Server:
    service: str
    container: Container
    image: str
    """The id of the image that it runs."""
    volume: str
    folder: str
    """Where its volume is mounted in it."""


def servers(context: Context) -> dict[str, Server]:
    """Service → its server. Raises OpsError unless all are healthy."""
    names = [context.stack.container(service) for service in SERVICES]
    found = {one.name: one for one in docker_cli.inspect(context.commands, names)}
    if lacking := [name for name in names if name not in found or not found[name].up]:
        raise OpsError(
            f"not up: {', '.join(lacking)}. `{context.stack.command('up')}` makes and starts "
            "what is missing."
        )
    result = context.commands.ask(["docker", "container", "inspect", *names])
    servers: dict[str, Server] = {}
    for service, facts in zip(SERVICES, json.loads(result.out), strict=True):
        mount = next(mount for mount in facts["Mounts"] if mount["Type"] == "volume")
        servers[service] = Server(
            service,
            Container(context.commands, context.stack.container(service)),
            facts["Image"],
            mount["Name"],
            mount["Destination"],
        )
    return servers


def wait_healthy(context: Context, names: Iterable[str]) -> None:
    waiting = list(names)
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while waiting := [
        one.name for one in docker_cli.inspect(context.commands, waiting) if not one.up
    ]:
        if time.monotonic() > deadline:
            raise OpsError(
                f"not healthy within {HEALTHY_WITHIN_SECONDS} s: {', '.join(waiting)}. "
                f"`{context.stack.command('logs', SERVICE='…')}` shows why."
            )
        time.sleep(0.5)


@contextmanager
def alone(context: Context) -> Generator[None]:
    """One backup, restore or verification of a stack at a time, and no `up` meanwhile; what a
    killed one left goes."""
    with _locked(context, fcntl.LOCK_EX):
        remove_left(context)
        yield


@contextmanager
def without_backup(context: Context) -> Generator[None]:
    """No backup or restore of the stack meanwhile: `up` would take its containers for left ones."""
    with _locked(context, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(context: Context, how: int) -> Generator[None]:
    path = context.stack.folder / ".toolchain" / f"backup-{context.stack.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except OSError:
            others = "backup or restore" if how == fcntl.LOCK_SH else "backup, restore or up"
            raise OpsError(f"a {others} of {context.stack.name} is at work: wait for it") from None
        yield
