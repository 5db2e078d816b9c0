"""A backup's file: what was cut, altered or put together otherwise is refused, and nothing leaves a
half of one."""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.backup import archive, contents, manifest, sealed
from ops.backup.archive import Member
from ops.backup.make import new_file
from ops.backup.manifest import Cache, Database, Manifest, Registry
from ops.backup.sealed import Damaged, Key
from ops.commands import OpsError

KEY = Key(pyrage.x25519.Identity.generate())
OTHER = Key(pyrage.x25519.Identity.generate())
MANIFEST = Manifest(
    project="alphintra",
    stack="dev",
    made_at="2026-01-31T12:00:00+00:00",
    commit="abc",
    versions={"postgres": "15.13", "redis": "7.0.15"},
    images={"database": "sha256:1"},
    specs={"database": {"version": "15"}},
    databases={"a/b": Database({"owner": "x"}, {"public.t": (3, "-12")}, "cafe")},
    cache=Cache({"db0": [2, 1]}, "d1", 100),
    registry=Registry(["00"], {"app:v1": "sha256:00"}),
)


def members(found: Manifest = MANIFEST, filler: bytes = b"x" * 200_000) -> Iterator[Member]:
    for name in contents.expected(found):
        yield Member(name, [found.text() if name == archive.MANIFEST else filler])


def sealed_file(found: Manifest = MANIFEST) -> bytes:
    file = io.BytesIO()
    sealed.seal(archive.pack(members(found)), file, KEY)
    return file.getvalue()


FILE = sealed_file()


def read(content: bytes, key: Key = KEY) -> Manifest:
    return contents.read_whole(io.BytesIO(content), key)


def test_what_is_whole_is_read():
    assert read(FILE) == MANIFEST


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(FILE) - 1))
def test_a_file_that_was_cut_anywhere_is_refused(length: int):
    with pytest.raises(OpsError):
        read(FILE[:length])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(FILE) * 8 - 1))
def test_a_file_of_which_any_bit_was_turned_is_refused(bit: int):
    content = bytearray(FILE)
    content[bit // 8] ^= 1 << bit % 8
    with pytest.raises(OpsError):
        read(bytes(content))


@settings(deadline=None, max_examples=20)
@given(st.binary(min_size=1, max_size=70_000))
def test_a_file_that_something_was_added_to_is_refused(more: bytes):
    with pytest.raises(OpsError):
        read(FILE + more)


@pytest.mark.parametrize("content", [b"", b"not age", b"age-encryption.org/v1\n", bytes(100)])
def test_what_is_no_backup_is_refused(content: bytes):
    with pytest.raises(OpsError):
        read(content)


def test_another_key_does_not_open_it():
    with pytest.raises(OpsError, match=r"made with another one\. Name that with KEY="):
        read(FILE, OTHER)


def test_the_damage_is_told_rather_than_what_it_led_to():
    """Whoever reads stops where the plain text ends; the reason is the file."""

    def use() -> None:
        with sealed.unsealed(io.BytesIO(FILE[:-100_000]), KEY) as plain:
            plain.read()
            raise OpsError("a dump that ends too early")

    with pytest.raises(Damaged, match="damaged, or no backup"):
        use()


def test_an_error_of_the_reader_is_its_own():
    def use() -> None:
        with sealed.unsealed(io.BytesIO(FILE), KEY) as plain:
            plain.read(10)
            raise OpsError("the disk of the server is full")

    with pytest.raises(OpsError, match="the disk of the server is full"):
        use()


def test_an_error_of_the_writer_is_its_own():
    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise OpsError("pg_dump failed")

    with pytest.raises(OpsError, match="pg_dump failed"):
        sealed.seal(pieces(), io.BytesIO(), KEY)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.binary(max_size=3000), max_size=5), max_size=6), st.integers(1, 4000))
def test_members_come_out_as_they_went_in(written: list[list[bytes]], part: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "PART_BYTES", part)
        packed = b"".join(archive.pack(Member(f"m{n}", one) for n, one in enumerate(written)))
    read = {one.name: b"".join(one.content) for one in archive.unpack(io.BytesIO(packed))}
    assert read == {f"m{n}": b"".join(one) for n, one in enumerate(written)}


def packed_parts() -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive.pack(members())))) as tar:
        return [(one, (tar.extractfile(one) or io.BytesIO()).read()) for one in tar]


@pytest.mark.parametrize("index", range(len(packed_parts())))
@pytest.mark.parametrize("change", ["left out", "twice", "altered"])
def test_a_tar_of_other_parts_is_refused(index: int, change: str):
    """As one that a person packed anew would be: its encryption says nothing against it."""
    parts = packed_parts()
    info, content = parts[index]
    parts[index : index + 1] = {
        "left out": [],
        "twice": [(info, content)] * 2,
        "altered": [(info, bytes([content[0] ^ 1]) + content[1:])],
    }[change]
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for one, data in parts:
            tar.addfile(one, io.BytesIO(data))
    with pytest.raises(OpsError):
        out = io.BytesIO()
        sealed.seal([file.getvalue()], out, KEY)
        read(out.getvalue())


def test_a_newer_format_is_refused_with_the_way_out():
    with pytest.raises(OpsError, match=r"of format 2, and this program reads 1: .*commit abc"):
        read(sealed_file(replace(MANIFEST, format=2)))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"format": 1}', MANIFEST.text()[:-9]])
def test_a_manifest_that_is_none_is_refused(text: bytes):
    with pytest.raises(Damaged):
        manifest.parse([text])


def test_a_key_is_made_once_for_the_user_alone(tmp_path: Path):
    path = tmp_path / "folder" / "key"
    assert sealed.make_key(path)
    first = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not sealed.make_key(path)
    assert path.read_text() == first
    key = sealed.read_key(path)
    assert sealed.KEY_LINE not in repr(key)


@pytest.mark.parametrize("text", [None, "", "# nothing\n", f"{sealed.KEY_LINE}NONSENSE\n"])
def test_a_key_that_is_none(tmp_path: Path, text: str | None):
    path = tmp_path / "key"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OpsError, match=r"KEY=|holds no key"):
        sealed.read_key(path)


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path):
    path = tmp_path / "backups" / "dev-2026-01-31T120000Z.tar.age"
    with new_file(path, "dev") as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "error", [OpsError("x"), KeyboardInterrupt(), OSError(28, "No space left")]
)
def test_a_backup_that_fails_leaves_no_file(tmp_path: Path, error: BaseException):
    path = tmp_path / "b.tar.age"
    with pytest.raises((OpsError, KeyboardInterrupt)), new_file(path, "dev") as file:
        file.write(b"half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_backup_left_goes_with_the_next_and_nothing_else(tmp_path: Path):
    mine = tmp_path / ".dev-2026-01-31T120000Z.tar.age.partial"
    others = tmp_path / ".dev-2-2026-01-31T120000Z.tar.age.partial"
    for one in (mine, others):
        one.touch()
    with new_file(tmp_path / "dev-2026-02-01T120000Z.tar.age", "dev"):
        pass
    assert not mine.exists()
    assert others.exists()
