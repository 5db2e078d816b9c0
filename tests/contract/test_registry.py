"""The container registry, as whoever publishes images and the cluster find it."""

import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.contract.commands import ask
from tests.contract.expect import Expect, configured
from tests.contract.platform import Platform
from tests.contract.pods import Pod, image_of_the_check

PUSH_SECONDS = 300


@dataclass
class Image:
    """An image of a few bytes, like no other."""

    tag: str
    id: str

    @staticmethod
    def made(tag: str) -> "Image":
        content = uuid.uuid4().hex.encode()
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            file = tarfile.TarInfo("word")
            file.size = len(content)
            tar.addfile(file, io.BytesIO(content))
        done = ask("docker", "import", "-", tag, stdin=archive.getvalue().decode())
        assert done.ok, done.words
        return Image(tag, done.out.strip())

    def digest(self) -> str:
        """`repository@sha256:…`, as the registry called it."""
        inspected = ask("docker", "image", "inspect", self.id)
        assert inspected.ok, inspected.words
        repository = self.tag.rpartition(":")[0]
        digests: list[str] = json.loads(inspected.out)[0]["RepoDigests"]
        return next(one for one in digests if one.startswith(f"{repository}@"))


@pytest.fixture
def tag(platform: Platform) -> Iterator[str]:
    """A tag that isn't there yet. The image stays in the registry: tags are immutable."""
    tag = f"{platform.outputs['registry_address']}/contract:{uuid.uuid4().hex[:12]}"
    yield tag
    ask("docker", "rmi", "--force", tag)


def test_push_and_pull_by_digest(tag: str, expect: Expect):
    image = Image.made(tag)
    expect.answer(ask("docker", "push", "--quiet", tag, timeout=PUSH_SECONDS))
    digest = image.digest()
    removed = ask("docker", "rmi", "--force", image.id)
    assert removed.ok, removed.words
    expect.answer(ask("docker", "pull", "--quiet", digest, timeout=PUSH_SECONDS))
    expect.said(digest)
    pulled = ask("docker", "image", "inspect", "--format={{.Id}}", digest)
    ask("docker", "rmi", "--force", digest)
    assert pulled.out.strip() == image.id, pulled.words


def test_tag_is_immutable(platform: Platform, tag: str, expect: Expect):
    configured(platform.settings.registry.immutable_tags, "registry.immutable_tags is off")
    first = Image.made(tag)
    pushed = ask("docker", "push", "--quiet", tag, timeout=PUSH_SECONDS)
    assert pushed.ok, pushed.words
    ask("docker", "rmi", "--force", first.id)
    second = Image.made(tag)
    moved = ask("docker", "push", "--quiet", tag, timeout=PUSH_SECONDS)
    ask("docker", "rmi", "--force", second.id)
    there = ask("docker", "pull", "--quiet", tag, timeout=PUSH_SECONDS)
    stays = ask("docker", "image", "inspect", "--format={{.Id}}", tag)
    assert there.ok and stays.out.strip() == first.id, f"the tag was moved: {moved.words}"
    expect.refusal(moved, "(?i)immutab")


def test_cluster_pulls_by_digest(platform: Platform, inside: Pod, expect: Expect):
    """The pod's image is always pulled anew (`imagePullPolicy: Always`)."""
    image = image_of_the_check(platform)
    address = platform.outputs["registry_address"]
    expect.said(inside.image_id)
    assert image.startswith(f"{address}/") and "@sha256:" in image, image
    assert inside.container["image"] == image
    assert inside.image_id.partition("@")[2] == image.partition("@")[2], inside.image_id
