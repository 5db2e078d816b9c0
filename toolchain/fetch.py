"""Downloads an official release, and refuses it unless its checksum is right."""

from __future__ import annotations

import http.client
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from toolchain.errors import SetupError
from toolchain.files import sha256
from toolchain.run import Cancelled, cancelled
from toolchain.versions import Official

CHUNK = 1 << 20


class Unreachable(Exception):
    """The release could not be had; another way may do."""


def release(
    official: Official,
    folder: Path,
    programs: tuple[str, ...],
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Put the programs of a release into `folder` (a scratch folder of the caller's)."""
    name = official.url.rsplit("/", 1)[1]
    archive = folder / f".{name}"
    try:
        download(official.url, archive, progress)
        expected = official.sha256 or published_checksum(official.checksums, name)
        actual = sha256(archive)
        if actual != expected:
            raise SetupError(
                f"{official.url} has the checksum {actual}, but {expected} is expected",
                hint="It was changed on the way or at its source, and is not used. Try another "
                "network; if it stays so, report it.",
            )
        if name.endswith(".tar.gz"):
            unpack(archive, folder, official.folder)
        else:
            archive.rename(folder / programs[0])
    finally:
        archive.unlink(missing_ok=True)
    for program in programs:
        path = folder / program
        if not path.is_file():
            raise SetupError(f"{official.url} holds no {program}")
        path.chmod(0o755)


def download(url: str, target: Path, progress: Callable[[str], None]) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "alphintra-setup"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response, target.open("wb") as out:
            size = int(response.headers.get("Content-Length") or 0)
            done = 0
            while chunk := response.read(CHUNK):
                if cancelled():
                    raise Cancelled
                out.write(chunk)
                done += len(chunk)
                total = f" of {size >> 20}" if size else ""
                progress(f"{done >> 20}{total} MB")
        if size and done != size:
            raise Unreachable(f"{url}: the connection broke after {done} of {size} bytes")
    except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
        raise Unreachable(f"{url}: {error}") from error


def published_checksum(url: str, name: str) -> str:
    """The checksum of `name` in a release's own list (`<sha256>  <name>` lines)."""
    if not url:
        raise Unreachable(f"no checksum is known for {name}")
    request = urllib.request.Request(url, headers={"User-Agent": "alphintra-setup"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read().decode()
    except OSError as error:
        raise Unreachable(f"{url}: {error}") from error
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[1].lstrip("*").rsplit("/", 1)[-1] == name:
            return fields[0].lower()
    raise SetupError(f"{url} lists no checksum for {name}")


def unpack(archive: Path, folder: Path, inner: str) -> None:
    """Unpack the files of one folder of an archive, without that folder's name."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            path = member.name.removeprefix("./")
            if inner and not path.startswith(f"{inner}/"):
                continue
            member.name = path.removeprefix(f"{inner}/") if inner else path
            if hasattr(tarfile, "data_filter"):  # absent from the first 3.11 releases
                tar.extract(member, folder, filter="data")
            elif member.isfile() and ".." not in Path(member.name).parts:
                tar.extract(member, folder)
