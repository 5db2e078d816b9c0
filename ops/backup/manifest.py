"""What a backup says of itself: whose it is, of what it was made, and what must be in it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from ops.backup.sealed import Damaged
from ops.commands import OpsError

FORMAT = 1
"""Counts up when a reader of today would not understand what is written."""

Measure = tuple[int, str]
"""How many (rows, keys) there are, and a checksum of all of them, whatever their order."""


@dataclass(frozen=True)
class Database:
    """One database, all of it seen at one moment."""

    properties: dict[str, Any]
    """What CREATE DATABASE and ALTER DATABASE are to be told."""
    tables: dict[str, Measure]
    """`schema.table` → its rows; large objects are one more."""
    schema: str
    """SHA-256 of the lines of `pg_dump --schema-only`, sorted: what there is, whose, and who may
    use it."""


@dataclass(frozen=True)
class Cache:
    keys: dict[str, list[int]]
    """`db0` … → its keys, and how many of them expire."""
    digest: str
    """Redis' own digest of every key and value."""
    memory_bytes: int
    """What they took in memory."""


@dataclass(frozen=True)
class Registry:
    blobs: list[str]
    """The digests of all layers, configurations and manifests."""
    tags: dict[str, str]
    """`repository:tag` → digest."""


@dataclass(frozen=True)
class Manifest:
    project: str
    stack: str
    made_at: str
    """When it was begun, UTC, ISO 8601."""
    commit: str
    """Of the project's folder; `+` at the end: with changes that are in no commit."""
    versions: dict[str, str]
    """Server → version."""
    images: dict[str, str]
    """Service → the id of the image it ran."""
    specs: dict[str, Any]
    """Component → what the stack asked of it."""
    databases: dict[str, Database]
    cache: Cache
    registry: Registry
    left_out: list[str] = field(default_factory=list[str])
    """What the stack holds and the backup does not."""
    format: int = FORMAT

    def text(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


def parse(content: Iterable[bytes]) -> Manifest:
    """Raises OpsError if it was written by a newer version of this program."""
    try:
        given: dict[str, Any] = json.loads(b"".join(content))
        if given["format"] != FORMAT:
            raise OpsError(
                f"the backup is of format {given['format']}, and this program reads {FORMAT}: "
                f"use the program that made it (commit {given.get('commit')})"
            )
        databases = {
            name: Database(
                one["properties"],
                {table: (rows, sum_) for table, (rows, sum_) in one["tables"].items()},
                one["schema"],
            )
            for name, one in given.pop("databases").items()
        }
        cache, registry = Cache(**given.pop("cache")), Registry(**given.pop("registry"))
        return Manifest(databases=databases, cache=cache, registry=registry, **given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"the manifest is not one: {error!r}") from None
