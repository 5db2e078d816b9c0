"""The container images of the local target: which there are, and which of each this host uses."""

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pulumi import Output, ResourceOptions
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
)

from components.command import CommandError, run

CATALOG = Path(__file__).parent.parent / "images" / "catalog.toml"


@dataclass(frozen=True)
class ImageSource:
    """One image under its two names."""

    official: str
    """The pinned official reference, used wherever a container registry can be reached."""
    stand_in: str
    """What `make setup` builds in its place where none can."""


@cache
def catalog() -> dict[str, ImageSource]:
    """Every image by its short name, from `images/catalog.toml`."""
    return {name: ImageSource(**row) for name, row in tomllib.loads(CATALOG.read_text()).items()}


def present(reference: str) -> str | None:
    """The id of a local image, or None where Docker has none of that name."""
    try:
        return json.loads(run(["docker", "image", "inspect", reference]))[0]["Id"]
    except CommandError as error:
        if "No such image" in str(error):
            return None
        raise


def resolve(source: ImageSource) -> tuple[str, str]:
    """The name and id of the image to use: the official one or the stand-in, if present; else the
    official one is pulled."""
    for reference in (source.official, source.stand_in):
        if image_id := present(reference):
            return reference, image_id
    try:
        run(["docker", "pull", "--quiet", source.official], timeout_seconds=900)
    except CommandError as error:
        raise CommandError(
            f"{error}\nNo container registry could be reached, and the stand-in "
            f"{source.stand_in} is not built: `make setup` builds it."
        ) from error
    return source.official, present(source.official) or ""


class LocalImageProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        reference, image_id = resolve(ImageSource(props["official"], props["stand_in"]))
        return CreateResult(image_id, {**props, "reference": reference, "image_id": image_id})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_ if present(id_) else None, props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Changed if another image is asked for, or if the one in use was built anew."""
        replaces = [key for key in ("official", "stand_in") if _olds[key] != _news[key]]
        if not replaces and present(_olds["reference"]) != _olds["image_id"]:
            replaces = ["image_id"]
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The image stays: it is a cache of the host, and other stacks use it."""


class LocalImage(Resource, module="alphintra", name="Image"):
    """An image that is present in this host's Docker Engine."""

    reference: Output[str]
    """The name under which Docker has it."""
    image_id: Output[str]
    """Its content: `sha256:…`."""

    def __init__(self, name: str, image: str, opts: ResourceOptions) -> None:
        source = catalog()[image]
        props = {
            "official": source.official,
            "stand_in": source.stand_in,
            "reference": None,
            "image_id": None,
        }
        super().__init__(LocalImageProvider(), name, props, opts)
