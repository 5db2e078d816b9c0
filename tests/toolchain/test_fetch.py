"""Official releases, against a server on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import fetch, probe
from toolchain.errors import SetupError
from toolchain.files import new_folder
from toolchain.versions import Official

from .server import Server, serving

PROGRAM = b"#!/bin/sh\necho 5.8.3\n"
DIGEST = hashlib.sha256(PROGRAM).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({"/k3d": PROGRAM}) as server:
        yield server


def get(official: Official, target: Path, programs: tuple[str, ...] = ("k3d",)) -> None:
    """As the tool step does it: the folder appears whole or not at all."""
    with new_folder(target) as scratch:
        fetch.release(official, scratch, programs)


def test_a_release_with_the_right_checksum(server: Server, tmp_path: Path) -> None:
    seen: list[str] = []
    with new_folder(tmp_path / "out") as scratch:
        official = Official(f"{server.url}/k3d", DIGEST, "", "")
        fetch.release(official, scratch, ("k3d",), seen.append)
    program = tmp_path / "out" / "k3d"
    assert program.read_bytes() == PROGRAM
    assert program.stat().st_mode & 0o111
    assert seen
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["k3d"]


def test_a_wrong_checksum_is_refused_and_nothing_is_left(server: Server, tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        get(Official(f"{server.url}/k3d", "0" * 64, "", ""), tmp_path / "out")
    assert DIGEST in caught.value.message
    assert "0" * 64 in caught.value.message
    assert "not used" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_published_list_of_checksums(server: Server, tmp_path: Path) -> None:
    server.files["/sums"] = f"{'1' * 64}  other\n{DIGEST}  ./k3d\n".encode()
    get(Official(f"{server.url}/k3d", "", f"{server.url}/sums", ""), tmp_path / "out")
    assert (tmp_path / "out" / "k3d").read_bytes() == PROGRAM

    server.files["/sums"] = f"{'1' * 64}  other\n".encode()
    with pytest.raises(SetupError, match="lists no checksum for k3d"):
        get(Official(f"{server.url}/k3d", "", f"{server.url}/sums", ""), tmp_path / "again")


def test_without_any_checksum_nothing_is_used(server: Server, tmp_path: Path) -> None:
    with pytest.raises(fetch.Unreachable, match="no checksum is known"):
        get(Official(f"{server.url}/k3d", "", "", ""), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_archive(server: Server, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("pulumi/pulumi", "pulumi/pulumi-language-python", "LICENSE"):
            member = tarfile.TarInfo(name)
            member.size = len(PROGRAM)
            tar.addfile(member, io.BytesIO(PROGRAM))
    archive = buffer.getvalue()
    server.files["/pulumi.tar.gz"] = archive
    official = Official(
        f"{server.url}/pulumi.tar.gz", hashlib.sha256(archive).hexdigest(), "", "pulumi"
    )
    get(official, tmp_path / "out", ("pulumi", "pulumi-language-python"))
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["pulumi", "pulumi-language-python"]

    with pytest.raises(SetupError, match="holds no missing"):
        get(official, tmp_path / "other", ("missing",))


def test_a_broken_connection_counts_as_unreachable(server: Server, tmp_path: Path) -> None:
    server.broken.add("/k3d")
    with pytest.raises(fetch.Unreachable):
        get(Official(f"{server.url}/k3d", DIGEST, "", ""), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_probe(server: Server) -> None:
    closed = "http://127.0.0.1:1/k3d"
    urls = [f"{server.url}/k3d", f"{server.url}/none", f"{server.url}/v2/", closed]
    assert list(probe.probe(urls, timeout=2).values()) == [True, False, True, False]
