"""`make backup`: one encrypted file with what a local stack holds."""

import os
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ops import docker_cli
from ops.backup import archive, postgres, redis, registry, sealed
from ops.backup.archive import Member
from ops.backup.contents import FOLDER, RDB, ROLES_KEPT, ROLES_MADE, STACK_FILE, dump_name
from ops.backup.manifest import Manifest
from ops.backup.progress import megabytes, told
from ops.backup.servers import Server, alone, servers
from ops.backup.settle import settle
from ops.backup.throwaway import Container, throwaway
from ops.commands import OpsError
from ops.console import duration, say
from ops.context import Context
from ops.kubernetes import kubeconfig_text, kubectl
from ops.pulumi_cli import record
from ops.stack import PROJECT

DATED = "[0-9][0-9][0-9][0-9]-*T*Z.tar.age"
COPIED, STORED = "/tmp/copied", "/volume"


def backup(context: Context) -> int:
    return context.target.backup(context)


def local_backup(context: Context) -> int:
    docker_cli.engine(context.commands)
    started = time.monotonic()
    with alone(context):
        settle(context)
        found = servers(context)
        key_path = sealed.key_file(context.key)
        path = destination(context)
        made_key = sealed.make_key(key_path)
        key = sealed.read_key(key_path)
        with ExitStack() as stack:
            say(f"Backing up {context.stack.name}: looking at what there is …")
            source = stack.enter_context(looked_at(context, found))
            described(source.manifest)
            with new_file(path, context.stack.name) as file:
                sealed.seal(archive.pack(told(source.members(context))), file, key)
        size = path.stat().st_size
    say()
    say(f"Wrote {path} ({megabytes(size)}) in {duration(time.monotonic() - started)}.")
    if source.manifest.left_out:
        say(f"Not in it: {'; '.join(source.manifest.left_out)}.")
    again = context.stack.command("backup-verify", FILE=str(path))
    say(f"`{again}` restores it beside the running stack and compares.")
    word = "was made now" if made_key else "opens it"
    say(
        f"The key {key_path} {word}. Keep a copy of that file and of the backup away from this "
        "machine: without the key nobody can open the backup."
    )
    return 0


def destination(context: Context) -> Path:
    """Where to write: OUT=…, or a file with the time in its name."""
    if context.out:
        path = context.stack.folder / context.out
    else:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        path = context.stack.folder / FOLDER / f"{context.stack.name}-{at}.tar.age"
    if path.exists():
        raise OpsError(f"{path} is there already: name another one with OUT=…")
    return path


@contextmanager
def new_file(path: Path, stack: str) -> Generator[BinaryIO]:
    """A file that is there under its name only once it is complete, for the user alone.

    What a killed backup of `stack` left goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    for left in [partial, *path.parent.glob(f".{stack}-{DATED}.partial")]:
        left.unlink(missing_ok=True)
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        raise OpsError(f"{path} can't be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class Source:
    """A stack at the moment of its backup."""

    manifest: Manifest
    servers: dict[str, Server]
    snapshots: list[postgres.Snapshot]
    cache: Container
    storage: Container

    def members(self, context: Context) -> Iterator[Member]:
        """All that goes into the file, in its order."""
        database = self.servers["database"].container
        yield Member(archive.MANIFEST, [self.manifest.text()])
        stack_file = context.stack.folder / f"Pulumi.{context.stack.name}.yaml"
        yield Member(STACK_FILE, [stack_file.read_bytes()])
        made, kept = postgres.roles(database)
        yield Member(ROLES_MADE, [made])
        yield Member(ROLES_KEPT, [kept])
        for one in self.snapshots:
            yield Member(dump_name(one.name), postgres.dump(database, one))
        yield Member(RDB, redis.content(self.cache, COPIED))
        yield Member(registry.LINKS, registry.links(self.storage, STORED))
        yield Member(registry.BLOBS, registry.blobs(self.storage, STORED))


@contextmanager
def looked_at(context: Context, found: dict[str, Server]) -> Generator[Source]:
    """Measure everything, and hold the moment in which it was measured."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    image, database = found["cache"].image, found["database"].container
    volume = (found["registry"].volume, STORED)
    with ExitStack() as stack:
        copy = stack.enter_context(throwaway(context, "cache", image))
        storage = stack.enter_context(throwaway(context, "registry", image, volume=volume))
        snapshots = stack.enter_context(postgres.snapshots(database))
        redis.fetch(found["cache"].container, copy, COPIED)
        stored = registry.listed(storage, STORED)
        state = record(context.commands, context.stack)
        yield Source(
            Manifest(
                project=PROJECT,
                stack=context.stack.name,
                made_at=at,
                commit=commit(context),
                versions={
                    "postgres": postgres.version(database),
                    "redis": redis.version(found["cache"].container),
                },
                images={name: server.image for name, server in found.items()},
                specs={name: dict(state.spec(name)) for name in COMPONENTS},
                databases={one.name: postgres.measured(database, one) for one in snapshots},
                cache=redis.load(copy, COPIED),
                registry=stored,
                left_out=claims(context),
            ),
            found,
            snapshots,
            copy,
            storage,
        )


NAMES = (
    "--all-namespaces",
    "--no-headers",
    "--output=custom-columns=:.metadata.namespace,:.metadata.name",
)
COMPONENTS = ("network", "cluster", "database", "cache", "registry")


def commit(context: Context) -> str:
    git = ["git", "-C", str(context.stack.folder)]
    head = context.commands.ask([*git, "rev-parse", "HEAD"])
    changes = context.commands.ask([*git, "status", "--porcelain", "--untracked-files=no"])
    return f"{head.out.strip()}{'+' if changes.out.strip() else ''}" if head.ok else ""


def claims(context: Context) -> list[str]:
    """The volumes that services have in the cluster: their data lives and dies with it."""
    try:
        with kubectl(context.commands, kubeconfig_text(context.commands, context.stack)) as cluster:
            listed = cluster.ask("get", "persistentvolumeclaims", *NAMES)
    except OpsError:
        return ["volumes of services in the cluster, which does not answer"]
    return [f"the volume {'/'.join(line.split())} in the cluster" for line in listed.splitlines()]


def described(found: Manifest) -> None:
    rows = sum(measure[0] for one in found.databases.values() for measure in one.tables.values())
    keys = sum(count for count, _ in found.cache.keys.values())
    say(
        f"  {len(found.databases)} databases with {rows} rows, {keys} keys, "
        f"{len(found.registry.tags)} tags with {len(found.registry.blobs)} blobs"
    )
