"""An image built from a folder of `images/` and pushed to the platform's registry."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

from components.command import CommandError, run
from components.images import CATALOG, ImageSource, catalog, resolve

BASE = "debian"
WHAT_IT_IS = ("name", "registry", "content", "platform")
"""The inputs that make another image."""
ON_THIS_MACHINE = "localhost:"
GONE = ("no such manifest", "connection refused", "503 Service Unavailable")
"""Docker's words for: the registry does not have it, or there is none: nobody answers at its
address, or only the gate before it. To publish an image that is there after all changes nothing."""


def content_digest(folder: Path) -> str:
    """A digest of the names, modes and contents of the files in `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    facts = [
        (
            path.relative_to(folder).as_posix(),
            bool(path.stat().st_mode & 0o100),
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in files
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


class PublishedImageProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Build, push, and name the image by what the registry says its digest is.

        The tag is the image's own id, so that a registry whose tags can't be moved takes the same
        image twice, and another build of the same folder (newer packages) beside it.
        Docker must be signed in to a registry that asks for it (`gcloud auth configure-docker`).
        """
        base, _ = resolve(ImageSource(props["base_official"], props["base_stand_in"]))
        repository = f"{props['registry']}/{props['name']}"
        build = ["docker", "build", "--quiet", f"--build-arg=BASE={base}"]
        if props["platform"]:
            build.append(f"--platform={props['platform']}")
        image_id = run([*build, str(CATALOG.parent / props["name"])], timeout_seconds=900).strip()
        tag = f"{repository}:{image_id.removeprefix('sha256:')[:12]}"
        run(["docker", "tag", image_id, tag])
        run(["docker", "push", "--quiet", tag], timeout_seconds=900)
        digests = json.loads(run(["docker", "image", "inspect", tag]))[0]["RepoDigests"]
        image = next(digest for digest in digests if digest.startswith(f"{repository}@"))
        return CreateResult(image, {**props, "image": image})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone if a registry on this machine, whose storage can be lost, says so. Another one asks
        for a sign-in, which who looks for drift need not have."""
        if id_.startswith(ON_THIS_MACHINE):
            try:
                # Not `docker pull`: by digest, it is content with what this host has.
                run(["docker", "manifest", "inspect", "--insecure", id_])
            except CommandError as error:
                if any(words in str(error) for words in GONE):
                    return ReadResult(None, props)
        return ReadResult(id_, props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        # An image published before there was a platform was for the host's own.
        olds = {"platform": "", **_olds}
        replaces = [key for key in WHAT_IT_IS if olds[key] != _news[key]]
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The image stays in the registry, for whoever still runs it; it goes with the registry."""


class PublishedImage(Resource, module="alphintra", name="PublishedImage"):
    """The image of `images/<image>`, in `registry`, for `platform` (`os/architecture`; empty is the
    host's own)."""

    image: Output[str]
    """`<registry>/<image>@sha256:…`."""

    def __init__(
        self,
        name: str,
        image: str,
        registry: Input[str],
        platform: Input[str],
        opts: ResourceOptions,
    ) -> None:
        base = catalog()[BASE]
        props = {
            "name": image,
            "registry": registry,
            "platform": platform,
            "content": content_digest(CATALOG.parent / image),
            "base_official": base.official,
            "base_stand_in": base.stand_in,
            "image": None,
        }
        super().__init__(PublishedImageProvider(), name, props, opts)
