"""Local images: pulled where a registry can be reached, else built from Debian packages."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from toolchain.catalog import INPUTS_LABEL, Image
from toolchain.docker_engine import apt_install
from toolchain.errors import SetupError
from toolchain.files import digest, tree_parts
from toolchain.paths import IMAGES
from toolchain.run import output, run

SUITE = "bookworm"
# The classic builder: part of every engine, while BuildKit wants a plugin that Debian lacks.
BUILD_ENV = {"DOCKER_BUILDKIT": "0"}
MIRROR_HINT = (
    "Check that containers can reach the Debian mirror that apt uses on this machine, then run "
    "`make setup` again."
)


def inputs(name: str, extra: Sequence[str] = ()) -> str:
    """A hash of all that a stand-in is made from: its folder, its base, what is added to it."""
    parts = [name, *tree_parts(IMAGES / name), *extra]
    if name != "debian":
        parts.append(inputs("debian"))
    return digest(parts)


def labels(inputs_hash: str) -> dict[str, str]:
    return {
        "io.alphintra.project": "alphintra",
        "io.alphintra.stand-in": "true",
        INPUTS_LABEL: inputs_hash,
    }


def pull(image: Image, log: Path) -> None:
    run(
        ["docker", "pull", "--quiet", image.official],
        log,
        hint="Check that Docker itself can reach the registry (its proxy settings are its own), "
        "then run `make setup` again; or build the images here, on Debian 12 as root: "
        "`python3 -m toolchain setup --from-source`.",
    )


def build(context: Path, image: Image, base: str, inputs_hash: str, log: Path) -> None:
    """Build one stand-in from a folder with a Dockerfile."""
    arguments = ["--build-arg", f"BASE={base}"]
    for key, value in labels(inputs_hash).items():
        arguments += ["--label", f"{key}={value}"]
    run(
        ["docker", "build", "--force-rm", "--tag", image.stand_in, *arguments, str(context)],
        log,
        env=BUILD_ENV,
        hint=MIRROR_HINT,
    )


def build_debian(image: Image, inputs_hash: str, log: Path) -> None:
    """The base image: a minimal Debian from the mirror that this machine's apt uses."""
    check_machine()
    if shutil.which("debootstrap") is None:
        apt_install(log, "debootstrap")
    mirror, sources = apt_sources()
    folder = Path(tempfile.mkdtemp(prefix="alphintra-debian-"))
    try:
        tree = folder / "tree"
        run(
            ["debootstrap", "--variant=minbase", *certificates(mirror), SUITE, str(tree), mirror],
            log,
            hint="Check that `apt-get update` works on this machine, then run `make setup` again.",
        )
        (tree / "etc/apt/sources.list").write_text(sources)
        prepare = tree / "prepare.sh"
        shutil.copy(IMAGES / "debian" / "prepare.sh", prepare)
        run(["chroot", str(tree), "/bin/sh", "/prepare.sh"], log)
        prepare.unlink()
        if proxy := apt_proxy():
            (tree / "etc/apt/apt.conf.d/proxy").write_text(proxy)
        changes = [f"LABEL {key}={value}" for key, value in labels(inputs_hash).items()]
        archive = folder / "tree.tar"
        run(["tar", "-C", str(tree), "-cf", str(archive), "."], log)
        flags = [part for change in [*changes, 'CMD ["bash"]'] for part in ("--change", change)]
        run(["docker", "import", *flags, str(archive), image.stand_in], log)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_machine() -> None:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError(
            "no container registry can be reached, and this machine cannot build the images",
            hint="Give Docker a way to its registries (`docker pull debian:bookworm-slim` must "
            "work), or run `make setup` as root on Debian 12.",
        )


def apt_sources() -> tuple[str, str]:
    """This machine's mirror of Debian 12, and its list of sources for the image."""
    lines = (
        output(
            ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)"], timeout=30
        )
        or ""
    ).splitlines()
    mirror, sources = parse_sources(lines)
    if not mirror:
        raise SetupError(
            f"apt on this machine has no source for Debian {SUITE}",
            hint=f"Add a mirror of Debian {SUITE} to apt's sources, run `apt-get update`, then "
            "`make setup` again; or give Docker a way to its registries.",
        )
    return mirror, sources


def parse_sources(lines: list[str]) -> tuple[str, str]:
    """`SITE RELEASE COMPONENT` lines → the main mirror and the text of a sources.list."""
    mirror = ""
    entries: set[str] = set()
    for line in lines:
        site, release, component = line.split()
        if component == "main" and release in (SUITE, f"{SUITE}-updates", f"{SUITE}-security"):
            entries.add(f"deb {site} {release} main")
            if release == SUITE:
                mirror = site
    return mirror, "".join(f"{entry}\n" for entry in sorted(entries))


def certificates(mirror: str) -> list[str]:
    return ["--include=ca-certificates"] if mirror.startswith("https") else []


def apt_proxy() -> str:
    """apt's proxy settings, which builds inside containers need too."""
    dump = output(["apt-config", "dump", "Acquire::http::Proxy", "Acquire::https::Proxy"]) or ""
    return "".join(
        f"{line}\n" for line in dump.splitlines() if "Proxy" in line and '""' not in line
    )
