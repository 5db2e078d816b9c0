"""The stand-in Kubernetes node: an image with the node programs and the system pods' images."""

from __future__ import annotations

from pathlib import Path

from toolchain.catalog import Image


def build(image: Image, base: str, inputs_hash: str, programs: Path, log: Path) -> None:
    raise NotImplementedError
