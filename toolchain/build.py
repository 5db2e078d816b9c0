"""Compiles programs from pinned Go modules, with the settings that this machine's Go has."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from toolchain import versions
from toolchain.errors import SetupError
from toolchain.files import digest, new_folder, sha256, write_atomic
from toolchain.paths import GO_MODULES, cache_dir
from toolchain.run import output, run
from toolchain.versions import Build, Program

# No commit stamped in: it would differ from clone to clone, and git refuses other users' folders.
# No debug data made: linking throws it away (-s -w).
FLAGS = ("-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false")
LINK_FLAGS = "-s -w"
ENV = {"CGO_ENABLED": "0"}
GIB = 1 << 30
# The modules' own tests do not change a program.
NOT_SOURCES = "_test.go"


def go_command() -> str | None:
    usual = "/usr/local/go/bin/go"
    return shutil.which("go") or (usual if os.access(usual, os.X_OK) else None)


def require_go(minimum: str) -> str:
    """The go command, new enough; a clear message otherwise."""
    hint = (
        "Give this machine access to the releases (github.com, get.pulumi.com, dl.k8s.io), or "
        f"install Go {minimum} or newer, then run `make setup` again."
    )
    go = go_command()
    if go is None:
        raise SetupError("no release can be downloaded, and Go is not installed", hint=hint)
    version = output([go, "env", "GOVERSION"]) or ""
    if not versions.suits(version.removeprefix("go"), f">={minimum}"):
        raise SetupError(f"Go {version or 'of an unknown version'} is too old", hint=hint)
    return go


def check_disk(needed_gb: int) -> None:
    """A build from source fills Go's caches; better to say so before than to fail midway."""
    folder = cache_dir()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < needed_gb:
        raise SetupError(
            f"a build from source needs about {needed_gb} GB of free disk; {folder} has {free:.0f}",
            hint="Make room, or give this machine access to the official releases.",
        )


def sources(build: Build) -> list[str]:
    """What a build is made from: pinned modules, and the local files that it may compile in."""
    module = GO_MODULES / build.module
    parts: list[str] = []
    for path in sorted(module.rglob("*")):
        relative = path.relative_to(module)
        if not path.is_file() or path.name.endswith(NOT_SOURCES):
            continue
        # cmd/<program> belongs to one program; everything else may be used by all.
        if relative.parts[0] == "cmd" and not _belongs(relative, build):
            continue
        parts += [str(relative), sha256(path)]
    return parts


def _belongs(relative: Path, build: Build) -> bool:
    return any(
        program.package == f"./cmd/{relative.parts[1]}"
        or program.package.startswith(f"./cmd/{relative.parts[1]}/")
        for program in build.programs
    )


def key(build: Build) -> str:
    """Names a build's result by all of its inputs, so that a second clone finds it."""
    settings = [*versions.system(), *FLAGS, LINK_FLAGS, *(f"{k}={v}" for k, v in ENV.items())]
    programs = [repr(program) for program in build.programs]
    extra = [build.copy_module, *build.copy]
    return digest([go_version(), *settings, *programs, *extra, *sources(build)])


def go_version() -> str:
    """The version of Go, read from its folder: starting `go` would cost a no-op its speed."""
    go = go_command()
    if go is None:
        return ""
    version_file = Path(go).resolve().parent.parent / "VERSION"
    if version_file.is_file():
        return version_file.read_text().split()[0]
    return output([go, "env", "GOVERSION"]) or ""


def folder(name: str, build: Build) -> Path:
    return cache_dir() / "builds" / f"{name}-{key(build)}"


def download_modules(builds: Sequence[Build], log: Path, go: str) -> None:
    """Fetch what the programs of one graph import, and no more: listing imports does just that."""
    # One at a time: packages that are fine alone may clash in one list (logrus, by its two names).
    for package in dict.fromkeys(program.package for one in builds for program in one.programs):
        run(
            [go, "list", "-deps", "-f", "{{if .Error}}{{.Error}}{{end}}", package],
            log,
            cwd=GO_MODULES / builds[0].module,
            env=ENV,
            hint="Check that Go can fetch modules here (`go env`), then run `make setup` again.",
        )


def compile_programs(name: str, build: Build, log: Path, go: str) -> Path:
    """Compile into the user's cache; returns the folder with the programs."""
    target = folder(name, build)
    module = GO_MODULES / build.module
    with new_folder(target) as scratch:
        for program in build.programs:
            overlay = scratch / ".overlay.json"
            flags = write_overlay(program, module, overlay, log, go)
            settings = {**ENV, **collector(memory(), os.cpu_count() or 1)}
            run([go, "build", *flags, *arguments(program, scratch)], log, cwd=module, env=settings)
            overlay.unlink(missing_ok=True)
        for item in build.copy:
            copied = scratch / Path(item).name
            shutil.copyfile(module_folder(build.copy_module, module, log, go) / item, copied)
            copied.chmod(0o755)
    return target


def collector(memory: int, cores: int) -> dict[str, str]:
    """The compiler's garbage collection: on a machine with memory to spare it is left out, which
    saves a fifth of the time. The result is the same."""
    share = memory // (2 * cores)  # one process for each core, and as much again for the rest
    if share < 2 * GIB:
        return {}
    return {"GOGC": "off", "GOMEMLIMIT": f"{share >> 20}MiB"}


def memory() -> int:
    """Bytes of memory, or 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0


def module_folder(name: str, module: Path, log: Path, go: str) -> Path:
    found = output([go, "list", "-m", "-f", "{{.Dir}}", name], cwd=module)
    if not found:
        raise SetupError(f"the Go module {name} is not in place", log=log)
    return Path(found)


def write_overlay(program: Program, module: Path, file: Path, log: Path, go: str) -> list[str]:
    """Lay files of a dependency over the program's folder, where it embeds what that one has."""
    if not program.overlay:
        return []
    folder = module_folder(program.overlay_module, module, log, go)
    replace = {str(module / ours): str(folder / theirs) for ours, theirs in program.overlay}
    write_atomic(file, json.dumps({"Replace": replace}))
    return ["-overlay", str(file)]


def arguments(program: Program, folder: Path) -> list[str]:
    link = " ".join([LINK_FLAGS, *(f"-X {definition}" for definition in program.define)])
    return [*FLAGS, "-ldflags", link, "-o", str(folder / program.name), program.package]
