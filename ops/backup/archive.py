"""The file of a backup: a tar of members in parts, sealed as a whole.

The first member is the manifest, the last one the size and SHA-256 of every other. A member is of
unknown length while it is written, and tar wants lengths first: so it is cut into parts, `<name>.
000000` and on, each of which fits into memory. By hand: `age --decrypt -i <key> <file> | tar -x`,
then `cat <name>.*`.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, BinaryIO, cast

from ops.backup.sealed import Damaged

PART_BYTES = 4 << 20
MANIFEST, DIGESTS = "manifest.json", "digests.json"
END = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True)
class Member:
    name: str
    content: Iterable[bytes]


def pack(members: Iterable[Member]) -> Iterator[bytes]:
    """The tar, as a stream."""
    digests: dict[str, dict[str, Any]] = {}
    for member in members:
        digest, size = hashlib.sha256(), 0
        for index, part in enumerate(_parts(member.content)):
            digest.update(part)
            size += len(part)
            yield from _entry(f"{member.name}.{index:06d}", part)
        digests[member.name] = {"bytes": size, "sha256": digest.hexdigest()}
    yield from _entry(f"{DIGESTS}.000000", json.dumps(digests, indent=1).encode())
    yield END


def _parts(content: Iterable[bytes]) -> Iterator[bytes]:
    """The content in parts of one size; one, if there is nothing."""
    part, first = bytearray(), True
    for piece in content:
        part += piece
        while len(part) >= PART_BYTES:
            yield bytes(part[:PART_BYTES])
            del part[:PART_BYTES]
            first = False
    if part or first:
        yield bytes(part)


def _entry(name: str, content: bytes) -> Iterator[bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    yield info.tobuf(tarfile.PAX_FORMAT)
    yield content
    yield bytes(-len(content) % tarfile.BLOCKSIZE)


def unpack(tar: BinaryIO) -> Iterator[Member]:
    """The members of a plain tar, each to be read before the next is asked for.

    Raises Damaged if a part is missing or a member is not what was written: at the end at the
    latest, so act on nothing that was read from a file before it was read to its end once.
    """
    seen: dict[str, dict[str, Any]] = {}
    claimed: dict[str, Any] | None = None
    try:
        with tarfile.open(fileobj=tar, mode="r|") as archive:
            for name, entries in groupby(_entries(archive), lambda entry: entry[0]):
                if claimed is not None or name in seen:
                    raise Damaged(f"{name} is where nothing is expected")
                content = _content(archive, name, entries, seen)
                if name == DIGESTS:
                    claimed = json.loads(b"".join(content))
                    del seen[DIGESTS]
                    continue
                yield Member(name, content)
                for _ in content:
                    pass
    except (tarfile.TarError, ValueError) as error:
        raise Damaged(f"the file is damaged, or no backup: {error}") from None
    if claimed != seen:
        raise Damaged("the file does not hold what its list of contents says")


def _entries(archive: tarfile.TarFile) -> Iterator[tuple[str, int, tarfile.TarInfo]]:
    while info := archive.next():
        cast(Any, archive).members = []  # it would keep all of them
        name, _, index = info.name.rpartition(".")
        yield name, int(index), info


def _content(
    archive: tarfile.TarFile,
    name: str,
    entries: Iterable[tuple[str, int, tarfile.TarInfo]],
    seen: dict[str, dict[str, Any]],
) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for expected, (_, index, info) in enumerate(entries):
        part = archive.extractfile(info) if index == expected else None
        if part is None:
            raise Damaged(f"a part of {name} is missing")
        content = part.read()
        digest.update(content)
        size += len(content)
        yield content
    seen[name] = {"bytes": size, "sha256": digest.hexdigest()}
