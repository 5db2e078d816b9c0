"""Whether a disk that a stack writes to is full: each program says so in other words, or not."""

import os
import shutil
from pathlib import Path

from ops.commands import Commands

FULL_MB = 100
"""A disk with less than that is called full: a container that starts writes a few of them."""
MB, GB = 10**6, 10**9
DOCKERS = "Docker's data"


def places(commands: Commands) -> dict[str, Path]:
    """What is written where. Docker's folder may be in a virtual machine: then it is left out."""
    info = commands.ask(["docker", "info", "--format={{.DockerRootDir}}"], timeout=10)
    known = {
        DOCKERS: Path(info.out.strip() or "/var/lib/docker"),
        "this folder": Path.cwd(),
        "Pulumi's own": Path.home(),
        "temporary files": Path(os.environ.get("TMPDIR", "/tmp")),
    }
    return {what: path for what, path in known.items() if path.is_dir()}


def full(commands: Commands) -> list[str]:
    """A line for each disk that is full: what lies on it, how much is free, and the way out."""
    by_disk: dict[int, list[tuple[str, Path]]] = {}
    for what, path in places(commands).items():
        by_disk.setdefault(path.stat().st_dev, []).append((what, path))
    return [_line(found) for found in by_disk.values() if _free(found) < FULL_MB * MB]


def _free(found: list[tuple[str, Path]]) -> int:
    return shutil.disk_usage(found[0][1]).free


def _line(found: list[tuple[str, Path]]) -> str:
    size = shutil.disk_usage(found[0][1]).total
    lies_there = ", ".join(f"{what} ({path})" for what, path in found)
    prune = "`docker system df` shows what Docker keeps, `docker image prune` takes away old images"
    how = f": {prune}" if found[0][0] == DOCKERS else ""
    return (
        f"The disk is full on which these lie: {lies_there}. {_free(found) / MB:.0f} MB of its "
        f"{size / GB:.0f} GB are free. Make room{how}. Then run the same again: it goes on from "
        "here."
    )
