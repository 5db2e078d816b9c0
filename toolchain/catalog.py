"""The table of images, and which of each pair a machine uses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from toolchain.paths import IMAGES
from toolchain.run import output

INPUTS_LABEL = "io.alphintra.inputs"


@dataclass(frozen=True)
class Image:
    """One image: the official reference, and the name of its stand-in."""

    name: str
    official: str
    stand_in: str

    @property
    def registry(self) -> str:
        """The host that the official image is pulled from."""
        return self.official.split("/", 1)[0]


def load(path: Path = IMAGES / "catalog.toml") -> dict[str, Image]:
    table = tomllib.loads(path.read_text())
    return {
        name: Image(name, str(entry["official"]), str(entry["stand_in"]))
        for name, entry in table.items()
    }


def short(reference: str) -> str:
    """The name under which Docker lists an image: without its default registry."""
    return reference.removeprefix("docker.io/library/").removeprefix("docker.io/")


def present(images: Iterable[Image]) -> dict[str, str]:
    """Every image of the table that Docker has: short name → hash of its inputs ("" if none)."""
    references = [short(ref) for image in images for ref in (image.official, image.stand_in)]
    # `inspect` fails when one is missing, but prints those that are there: so no status check.
    text = output(
        [
            "sh",
            "-c",
            'docker image inspect --format "{{json .RepoTags}} {{json .Config.Labels}}" "$@" '
            "2>/dev/null || true",
            "inspect",
            *references,
        ]
    )
    found: dict[str, str] = {}
    for line in (text or "").splitlines():
        tags, _, labels = line.partition("] ")
        all_labels: dict[str, str] = json.loads(labels or "null") or {}
        inputs = all_labels.get(INPUTS_LABEL, "")
        for tag in json.loads(tags + "]"):
            found[short(tag)] = inputs
    return found


def chosen(image: Image, have: dict[str, str]) -> str | None:
    """The reference to use, official first; None when Docker has neither."""
    for reference in (image.official, image.stand_in):
        if short(reference) in have:
            return reference
    return None
