"""`make restore`: what a backup holds takes the place of what a local stack holds."""

import signal
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from ops import docker_cli
from ops.backup import contents, folders, postgres, postgres_restore, redis, sealed
from ops.backup.manifest import Manifest
from ops.backup.places import Places
from ops.backup.progress import megabytes
from ops.backup.sealed import Key
from ops.backup.servers import Server, alone, servers
from ops.backup.settle import finish, mark, settle, stagings, undo
from ops.commands import ENDING, OpsError
from ops.console import duration, say
from ops.context import Context


def restore(context: Context) -> int:
    return context.target.restore(context)


def local_restore(context: Context) -> int:
    docker_cli.engine(context.commands)
    started = time.monotonic()
    path = contents.chosen_file(context)
    key = sealed.read_key(sealed.key_file(context.key))
    # Held open: what was authenticated is what is restored, whatever becomes of its name.
    with alone(context), path.open("rb") as file:
        settle(context)
        say(f"Reading {path} ({megabytes(path.stat().st_size)}): all of it, before anything else …")
        wanted = contents.read_whole(file, key)
        say(f"It is whole: {wanted.stack}, {wanted.made_at}, commit {wanted.commit or 'unknown'}.")
        found = servers(context)
        fits(context, wanted, found)
        say(f"This replaces, in stack {context.stack.name}:")
        say(replaced(wanted, found))
        if not context.force:
            confirm(context)
        roles = prepare(context, file, key, wanted, found)
        with uninterrupted():
            say("All of it is there and as it was. Now it takes its place …")
            take_place(context, wanted, found, roles)
    say(
        f"{context.stack.name} holds what {path.name} does. "
        f"Took {duration(time.monotonic() - started)}."
    )
    say(
        "Services were cut off from their databases for a moment. "
        f"`{context.stack.command('health')}` asks each part."
    )
    return 0


def fits(context: Context, wanted: Manifest, found: dict[str, Server]) -> None:
    """Refuse what this stack can't take."""
    here = postgres.version(found["database"].container)
    if major(here) < major(wanted.versions["postgres"]):
        raise OpsError(
            f"the backup is of PostgreSQL {wanted.versions['postgres']}, this stack has {here}: "
            "a dump goes into the same or a later major version"
        )
    limit = redis.memory_limit(found["cache"].container)
    if limit and wanted.cache.memory_bytes > limit:
        raise OpsError(
            f"the backup's keys take {megabytes(wanted.cache.memory_bytes)}, this cache may have "
            f"{megabytes(limit)} and would evict some: raise "
            f"Pulumi.{context.stack.name}.yaml: alphintra:cache.memory_gb"
        )


def major(version: str) -> int:
    return int(version.split(".")[0])


def replaced(wanted: Manifest, found: dict[str, Server]) -> str:
    there = postgres_restore.existing(found["database"].container)
    lines = [
        f"  database {name}: "
        + ("replaced" if name in there else "made")
        + f", with {sum(rows for rows, _ in one.tables.values())} rows in {len(one.tables)} tables"
        for name, one in wanted.databases.items()
    ]
    kept = [name for name in there if name not in wanted.databases]
    lines += [f"  database {name}: stays, the backup has none of that name" for name in kept]
    keys = sum(count for count, _ in wanted.cache.keys.values())
    lines += [
        f"  all keys of the cache: by {keys}",
        f"  all images of the registry: by {len(wanted.registry.tags)} tags",
        "  Passwords stay: those of this stack.",
    ]
    return "\n".join(lines)


def confirm(context: Context) -> None:
    if not context.interactive:
        again = context.stack.command("restore", FILE=context.file or "", FORCE="1")
        raise OpsError(
            "nobody is there to confirm that data may be replaced, so nothing was. "
            f"If it may: `{again}`"
        )
    if input("Replace all of it? Type yes: ").strip() != "yes":
        raise OpsError("nothing was replaced.")


def prepare(
    context: Context, file: BinaryIO, key: Key, wanted: Manifest, found: dict[str, Server]
) -> bytes:
    """Put everything beside what is there, and hold it to the manifest. Whatever fails: it goes
    again, and nothing was replaced."""
    cache, storage = stagings(context, found)
    database = found["database"].container
    mark(context)
    try:
        with ExitStack() as stack:
            places = Places(
                database,
                postgres.version(database) == wanted.versions["postgres"],
                stack.enter_context(cache.open("cache")),
                folders.RESTORING,
                stack.enter_context(storage.open("registry")),
                folders.RESTORING,
            )
            roles = contents.put(file, key, wanted, places)
            redis.write_log(places.cache, places.cache_folder)
            cache.complete(places.cache)
            storage.complete(places.storage)
        return roles
    except BaseException:
        say("It did not go well. Nothing was replaced; removing what was prepared …")
        try:
            undo(context, found)
        except OpsError as error:
            say(f"Not all of it could be removed, the next run does: {error}")
        raise


def take_place(context: Context, wanted: Manifest, found: dict[str, Server], roles: bytes) -> None:
    try:
        postgres_restore.switch(found["database"].container, wanted.databases, roles)
    except OpsError:
        say("The databases could not take their place. Nothing was replaced.")
        undo(context, found)
        raise
    try:
        finish(context, found)
    except OpsError as error:
        raise OpsError(
            f"{error}\nThe databases are replaced, the rest is not yet: "
            f"`{context.stack.command('up')}` goes on from here."
        ) from None


@contextmanager
def uninterrupted() -> Generator[None]:
    """Ctrl-C waits: it is a matter of seconds, and half of it is worse than either whole."""

    def wait(_signal: int, _frame: object) -> None:
        say("Almost there: this part is not cut short.")

    before = {number: signal.signal(number, wait) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
