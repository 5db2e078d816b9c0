"""The stand-in Kubernetes node: an image with the node programs and the system pods' images."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from toolchain import images
from toolchain.catalog import Image
from toolchain.paths import IMAGES
from toolchain.run import run

FOLDER = IMAGES / "node"
# The system pods' images, and the program that each is made around.
SYSTEM = {
    "pause": ("alphintra.local/pause:3.10", ()),
    "coredns": ("alphintra.local/coredns:1.11.3", ("coredns",)),
    "local-path-provisioner": (
        "alphintra.local/local-path-provisioner:v0.0.30",
        ("local-path-provisioner",),
    ),
}
PACKAGES_STAGE = "packages"


def build_packages(base: str, log: Path) -> None:
    """The stage with the Debian packages: it needs no compiled program, so it can come early."""
    run(
        ["docker", "build", "--target", PACKAGES_STAGE, "--build-arg", f"BASE={base}", str(FOLDER)],
        log,
        env=images.BUILD_ENV,
        hint=images.MIRROR_HINT,
    )


def build(image: Image, base: str, inputs: str, programs: Path, log: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="alphintra-node-"))
    try:
        tags: list[str] = []
        for name, (tag, wanted) in SYSTEM.items():
            context = scratch / name
            shutil.copytree(FOLDER / "system" / name, context)
            for program in wanted:
                shutil.copy(programs / program, context)
            images.build(context, Image(name, "", tag), base, inputs, log)
            tags.append(tag)
        context = scratch / "node"
        shutil.copytree(FOLDER, context, ignore=shutil.ignore_patterns("system"))
        shutil.copy(programs / "node", context / "node")
        run(["docker", "save", "--output", str(context / "system-images.tar"), *tags], log)
        images.build(context, image, base, inputs, log)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
