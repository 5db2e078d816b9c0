"""`make backup-verify`: restores a backup beside the running stack, to nobody, and compares."""

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager

from ops import docker_cli
from ops.backup import contents, postgres, redis, registry, sealed
from ops.backup.manifest import Cache, Database, Manifest, Registry
from ops.backup.places import Places
from ops.backup.postgres_restore import differences
from ops.backup.progress import megabytes
from ops.backup.servers import Server, alone, servers
from ops.backup.throwaway import throwaway, wait_until
from ops.commands import OpsError
from ops.console import duration, say
from ops.context import Context

# Nothing of it outlives the container, so nothing waits for the disk. Over TCP once it is itself:
# while the image sets up the data folder, the server has only its socket.
POSTGRES = (
    "docker-entrypoint.sh postgres -c listen_addresses=127.0.0.1 -c fsync=off"
    " -c full_page_writes=off -c synchronous_commit=off -c max_wal_size=4GB"
    " -c autovacuum=off > /tmp/postgres.log 2>&1 &"
)
TRUSTS = ("POSTGRES_HOST_AUTH_METHOD=trust",)
READY = ("pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres")
COPIED = "/tmp/copied"


def verify(context: Context) -> int:
    return context.target.backup_verify(context)


def local_verify(context: Context) -> int:
    """Exits with 0 if what was restored is what was backed up, whatever became of the stack."""
    docker_cli.engine(context.commands)
    started = time.monotonic()
    path = contents.chosen_file(context, newest=True)
    key = sealed.read_key(sealed.key_file(context.key))
    with alone(context), path.open("rb") as file:
        say(f"Reading {path} ({megabytes(path.stat().st_size)}) …")
        wanted = contents.read_whole(file, key)
        say(f"It is whole: {wanted.stack}, {wanted.made_at}, commit {wanted.commit or 'unknown'}.")
        images = usableother_images(context, wanted)
        with places(context, images, wanted) as copies:
            contents.put(file, key, wanted, copies)
        say(f"Restored, and as it was: {counted(wanted)} ({duration(time.monotonic() - started)}).")
        for line in moved_on(context, wanted):
            say(line)
    say(f"Took {duration(time.monotonic() - started)}.")
    return 0


def counted(wanted: Manifest) -> str:
    tables = [table for one in wanted.databases.values() for table in one.tables.values()]
    keys = sum(count for count, _ in wanted.cache.keys.values())
    return (
        f"{len(wanted.databases)} databases, {len(tables)} tables, "
        f"{sum(rows for rows, _ in tables)} rows, {keys} keys, {len(wanted.registry.blobs)} blobs, "
        f"{len(wanted.registry.tags)} tags, each compared by its checksum"
    )


def usableother_images(context: Context, wanted: Manifest) -> dict[str, str]:
    """The images that the backup was made from, or else those that the stack runs now."""
    ids = [wanted.images[service] for service in ("database", "cache")]
    if context.commands.ask(["docker", "image", "inspect", "--format={{.Id}}", *ids]).ok:
        return wanted.images
    return {service: server.image for service, server in servers(context).items()}


@contextmanager
def places(context: Context, images: dict[str, str], wanted: Manifest) -> Generator[Places]:
    with ExitStack() as stack:
        database = stack.enter_context(
            throwaway(context, "database", images["database"], script=POSTGRES, env=TRUSTS)
        )
        cache = stack.enter_context(throwaway(context, "cache", images["cache"]))
        storage = stack.enter_context(throwaway(context, "registry", images["cache"]))
        wait_until(database, "PostgreSQL", *READY)
        exactly = postgres.version(database) == wanted.versions["postgres"]
        yield Places(database, exactly, cache, COPIED, storage, COPIED)


def moved_on(context: Context, wanted: Manifest) -> Iterator[str]:
    """How what the stack holds now differs from the backup, a line each."""
    try:
        found = servers(context)
    except OpsError as error:
        yield f"The stack itself was not compared: {error}"
        return
    lines = list(_changes(context, wanted, found))
    if not lines:
        yield "The running stack holds the same."
        return
    yield f"Since the backup the running stack has moved on ({len(lines)} differences):"
    yield from (f"  {line}" for line in lines)


def _changes(context: Context, wanted: Manifest, found: dict[str, Server]) -> Iterator[str]:
    now: dict[str, Database] = {}
    database = found["database"].container
    with postgres.snapshots(database) as snapshots:
        for one in snapshots:
            now[one.name] = postgres.measured(database, one)
    for name in sorted(wanted.databases.keys() | now.keys()):
        if name not in now or name not in wanted.databases:
            yield f"database {name} is {'missing' if name not in now else 'new'}"
            continue
        then = wanted.databases[name]
        yield from (f"{name}: {line}" for line in differences(then.tables, now[name].tables))
        if then.schema != now[name].schema:
            yield f"{name}: its definitions or grants are other ones"
    image, volume = found["cache"].image, (found["registry"].volume, "/volume")
    with throwaway(context, "cache", image) as copy:
        redis.fetch(found["cache"].container, copy, COPIED)
        yield from other_keys(wanted.cache, redis.load(copy, COPIED))
    with throwaway(context, "registry", image, volume=volume) as storage:
        yield from other_images(wanted.registry, registry.listed(storage, "/volume"))


def other_keys(then: Cache, now: Cache) -> Iterator[str]:
    for database in sorted(then.keys.keys() | now.keys.keys()):
        before, after = (one.keys.get(database, [0, 0])[0] for one in (then, now))
        if before != after:
            yield f"cache {database}: {before} keys then, {after} now"
    if then.keys == now.keys and then.digest != now.digest:
        yield "cache: as many keys as then, but of other content"


def other_images(then: Registry, now: Registry) -> Iterator[str]:
    for tag in sorted(then.tags.keys() | now.tags.keys()):
        if then.tags.get(tag) != now.tags.get(tag):
            what = "new" if tag not in then.tags else "gone" if tag not in now.tags else "another"
            yield f"registry: {tag} is {what}"
