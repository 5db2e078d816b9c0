"""What a backup's file holds, by name; and how it is read: first all of it, then once more."""

from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from ops.backup import manifest, postgres_restore, redis, registry, sealed
from ops.backup.archive import MANIFEST, Member, unpack
from ops.backup.manifest import Manifest
from ops.backup.places import Places
from ops.backup.postgres import RESTORING
from ops.backup.progress import shown
from ops.backup.sealed import Key
from ops.commands import OpsError
from ops.context import Context
from ops.stack import PROJECT

FOLDER = "backups"
STACK_FILE = "stack.yaml"
ROLES_MADE, ROLES_KEPT = "postgres/roles-missing.sql", "postgres/roles.sql"
RDB = "redis/dump.rdb"


def dump_name(database: str) -> str:
    return f"postgres/{quote(database, safe='')}.dump"


def expected(found: Manifest) -> list[str]:
    """The members of a backup, in their order."""
    dumps = [dump_name(database) for database in found.databases]
    return [
        *(MANIFEST, STACK_FILE, ROLES_MADE, ROLES_KEPT),
        *dumps,
        *(RDB, registry.LINKS, registry.BLOBS),
    ]


def chosen_file(context: Context, *, newest: bool = False) -> Path:
    """FILE=…, or the newest backup of the stack."""
    folder = context.stack.folder / FOLDER
    there = sorted(
        folder.glob(f"{context.stack.name}-*.tar.age"), key=lambda one: one.stat().st_mtime
    )
    if context.file:
        path = context.stack.folder / context.file
        if path.is_file():
            return path
        given = f"there is no file {path}"
    elif newest and there:
        return there[-1]
    else:
        given = "name the backup"
    allowed = "".join(f"\n  FILE={one.relative_to(context.stack.folder)}" for one in there)
    raise OpsError(
        f"{given}. There {'are' if there else 'is none'} in {folder}{allowed and ':'}{allowed}"
    )


def read_whole(file: BinaryIO, key: Key) -> Manifest:
    """The manifest, once every byte of the file was found to be what was written. Raises Damaged
    otherwise."""
    file.seek(0)
    found: Manifest | None = None
    names: list[str] = []
    with sealed.unsealed(file, key) as plain:
        for member in unpack(plain):
            names.append(member.name)
            if member.name == MANIFEST:
                found = manifest.parse(member.content)
            else:
                for _ in member.content:
                    pass
    if found is None or names != expected(found):
        raise sealed.Damaged("the file does not hold what its manifest says")
    if found.project != PROJECT:
        raise OpsError(f"it is a backup of another project: {found.project}")
    return found


def put(file: BinaryIO, key: Key, found: Manifest, places: Places) -> bytes:
    """Put the contents of a file that was read whole where they go, and hold them to the manifest.
    Returns what the roles are to be given once they are in use."""
    file.seek(0)
    held: dict[str, bytes] = {}
    dumps = {dump_name(name): (index, name) for index, name in enumerate(found.databases)}

    def one(member: Member) -> None:
        if member.name in dumps:
            index, name = dumps[member.name]
            wanted = found.databases[name]
            database = f"{RESTORING}{index}"
            postgres_restore.fill(
                places.database, database, wanted, shown(member), exactly=places.exactly
            )
        elif member.name == RDB:
            redis.put(places.cache, places.cache_folder, shown(member))
        elif member.name in (registry.LINKS, registry.BLOBS):
            registry.put(places.storage, places.storage_folder, member.name, shown(member))
        else:
            held[member.name] = b"".join(member.content)
            if member.name == ROLES_MADE:
                postgres_restore.make_roles(places.database, held[ROLES_MADE])

    with sealed.unsealed(file, key) as plain:
        for member in unpack(plain):
            one(member)
    loaded = redis.load(places.cache, places.cache_folder)
    if (loaded.keys, loaded.digest) != (found.cache.keys, found.cache.digest):
        raise OpsError(
            f"the keys are not those that were backed up: {loaded.keys}, {loaded.digest}"
        )
    registry.check(places.storage, places.storage_folder, found.registry)
    return held[ROLES_KEPT]
