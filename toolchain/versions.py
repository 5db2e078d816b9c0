"""Reads versions.toml, and compares versions."""

from __future__ import annotations

import platform
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSIONS_FILE = Path(__file__).with_name("versions.toml")


@dataclass(frozen=True)
class Program:
    """One program compiled from a Go package."""

    name: str
    package: str
    define: tuple[str, ...]
    overlay_module: str = ""
    overlay: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Build:
    """Programs compiled together from one pinned Go module graph."""

    module: str
    seconds: int
    programs: tuple[Program, ...]
    copy_module: str
    copy: tuple[str, ...]


@dataclass(frozen=True)
class Official:
    """A published release. `folder` is the part of an archive that holds the programs."""

    url: str
    sha256: str
    checksums: str
    folder: str


@dataclass(frozen=True)
class Tool:
    name: str
    title: str
    version: str
    suitable: str
    version_command: tuple[str, ...]
    programs: tuple[str, ...]
    official: Official
    build: Build


@dataclass(frozen=True)
class Plugin:
    name: str
    version: str
    cloud: bool
    probe: str
    build: Build

    @property
    def program(self) -> str:
        return f"pulumi-resource-{self.name}"


@dataclass(frozen=True)
class Versions:
    go_minimum: str
    free_disk_gb: int
    tools: Mapping[str, Tool]
    plugins: Mapping[str, Plugin]
    node: Build


def system() -> tuple[str, str]:
    """This machine's (os, arch) in Go's words."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return sys.platform, arch.lower()


def load(path: Path = VERSIONS_FILE) -> Versions:
    data = tomllib.loads(path.read_text())
    tools = {name: _tool(name, entry) for name, entry in data["tools"].items()}
    plugins = {
        name: Plugin(
            name,
            entry["version"],
            entry.get("cloud", False),
            entry["probe"],
            _build(entry["build"], entry["version"]),
        )
        for name, entry in data["plugins"].items()
    }
    return Versions(
        data["go"]["minimum"],
        data["go"]["free_disk_gb"],
        tools,
        plugins,
        _build(data["node"]["build"], data["node"]["version"]),
    )


def _tool(name: str, entry: dict[str, Any]) -> Tool:
    version = entry["version"]
    return Tool(
        name,
        entry["title"],
        version,
        entry["suitable"],
        tuple(entry["version_command"]),
        tuple(entry["programs"]),
        _official(entry["official"], version),
        _build(entry["build"], version),
    )


def _official(entry: dict[str, Any], version: str) -> Official:
    os_name, arch = system()
    fill = {"version": version, "os": os_name, "arch": entry.get("arch", {}).get(arch, arch)}
    return Official(
        entry["url"].format(**fill),
        entry.get("sha256", {}).get(f"{os_name}-{arch}", ""),
        entry.get("checksums", "").format(**fill),
        entry.get("folder", ""),
    )


def _build(entry: dict[str, Any], version: str) -> Build:
    programs = tuple(
        Program(
            program["name"],
            program["package"],
            tuple(text.format(version=version) for text in program.get("define", ())),
            program.get("overlay_module", ""),
            tuple(sorted(program.get("overlay", {}).items())),
        )
        for program in entry["programs"]
    )
    return Build(
        entry["module"],
        entry["seconds"],
        programs,
        entry.get("copy_module", ""),
        tuple(entry.get("copy", ())),
    )


def parse(text: str) -> tuple[int, int, int] | None:
    """The first version number in a text: `v1.32.4-dispatcher` → (1, 32, 4)."""
    found = re.search(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    if not found:
        return None
    return int(found[1]), int(found[2]), int(found[3] or 0)


def suits(version: str, wanted: str) -> bool:
    """Whether a version is in a range such as `>=1.30.0,<1.33`."""
    have = parse(version)
    if have is None:
        return False
    for condition in wanted.split(","):
        match = re.fullmatch(r"(>=|<)(\d+)(?:\.(\d+))?(?:\.(\d+))?", condition.strip())
        if match is None:
            raise ValueError(f"not a version range: {wanted!r}")
        limit = (int(match[2]), int(match[3] or 0), int(match[4] or 0))
        if (have >= limit) != (match[1] == ">="):
            return False
    return True
