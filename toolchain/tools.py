"""One tool: from PATH if it suits, else the official release, else built from source."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toolchain import build, env, fetch, versions
from toolchain.files import digest, link, new_folder, write_atomic
from toolchain.paths import BIN, STATE, cache_dir
from toolchain.run import output
from toolchain.versions import Tool


def on_path(tool: Tool) -> str | None:
    """The version of a suitable tool that the user has, with all of its programs."""
    path = env.path_without_ours()
    if not all(shutil.which(program, path=path) for program in tool.programs):
        return None
    found = versions.parse(output(tool.version_command, env={"PATH": path}) or "")
    if found is None:
        return None
    version = ".".join(map(str, found))
    return version if versions.suits(version, tool.suitable) else None


def fingerprint(tool: Tool) -> list[str]:
    """What identifies the user's own programs, without starting them."""
    parts: list[str] = []
    for program in tool.programs:
        found = shutil.which(program, path=env.path_without_ours())
        if found is None:
            parts += [program, "missing"]
        else:
            status = os.stat(found)
            parts += [program, found, str(status.st_size), str(status.st_mtime_ns)]
    return parts


def release_folder(tool: Tool) -> Path:
    """In the user's cache, by what is asked for."""
    official = tool.official
    name = digest([official.url, official.sha256, official.checksums, *tool.programs])
    return cache_dir() / "releases" / f"{tool.name}-{tool.version}-{name}"


def complete(folder: Path, programs: tuple[str, ...]) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in programs)


def fetch_release(tool: Tool, progress: Callable[[str], None]) -> Path:
    """The official release, from the cache or the network; fetch.Unreachable if neither."""
    target = release_folder(tool)
    if not complete(target, tool.programs):
        with new_folder(target) as scratch:
            fetch.release(tool.official, scratch, tool.programs, progress)
    return target


def build_folder(tool: Tool) -> Path:
    return build.folder(tool.name, tool.build)


def link_programs(tool: Tool, folder: Path) -> None:
    for program in tool.programs:
        link(folder / program, BIN / program)


def unlink_programs(tool: Tool) -> None:
    for program in tool.programs:
        (BIN / program).unlink(missing_ok=True)


def linked(tool: Tool, folder: Path) -> bool:
    return complete(folder, tool.programs) and all(
        (BIN / program).resolve() == (folder / program).resolve() for program in tool.programs
    )


def remember(name: str, **facts: Any) -> None:
    """How a thing was got, for the next run and for `doctor`."""
    write_atomic(STATE / f"{name}.json", json.dumps(facts, indent=2) + "\n")


def recall(name: str) -> dict[str, Any]:
    try:
        return dict(json.loads((STATE / f"{name}.json").read_text()))
    except (OSError, ValueError):
        return {}


def program(name: str) -> str:
    """Where a program is, ours first."""
    path = f"{BIN}{os.pathsep}{env.path_without_ours()}"
    return shutil.which(name, path=path) or name
