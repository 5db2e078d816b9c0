"""Files written whole or not at all, and hashes of what a result was made from."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """Write beside the target, then rename: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def new_folder(path: Path) -> Generator[Path]:
    """A scratch folder that becomes `path` when the block ends well, and vanishes otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield scratch
        scratch.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        scratch.rename(path)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def link(target: Path, name: Path) -> None:
    """Make `name` a symbolic link to `target`, replacing what was there in one move."""
    name.parent.mkdir(parents=True, exist_ok=True)
    scratch = name.with_name(f".{name.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(target)
    os.replace(scratch, name)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(parts: Iterable[str]) -> str:
    """A short hash of a list of strings; the separator keeps `a, bc` from equalling `ab, c`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def tree_parts(folder: Path) -> list[str]:
    """Names, modes and contents of all files under a folder, in a stable order."""
    parts: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            executable = "x" if os.access(path, os.X_OK) else "-"
            parts += [str(path.relative_to(folder)), executable, sha256(path)]
    return parts
