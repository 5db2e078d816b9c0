"""Which image a host uses, and when another is due."""

import json

import pytest

from components.command import CommandError
from components.images import ImageSource, LocalImageProvider, catalog, resolve
from tests.components.fake_host import NO_IMAGE, FakeHost, install

SOURCE = ImageSource(official="docker.io/library/thing:1", stand_in="alphintra.local/thing:1")
PROPS = {"official": SOURCE.official, "stand_in": SOURCE.stand_in}


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    host = install(monkeypatch, "components.images")
    host.answers["docker image inspect"] = NO_IMAGE
    return host


def has(docker: FakeHost, reference: str, image_id: str) -> None:
    docker.answers[f"docker image inspect {reference}"] = json.dumps([{"Id": image_id}])


def test_the_official_image_comes_first(docker: FakeHost):
    has(docker, SOURCE.official, "sha256:official")
    has(docker, SOURCE.stand_in, "sha256:stand-in")
    assert resolve(SOURCE) == (SOURCE.official, "sha256:official")
    assert not docker.ran("docker pull")


def test_the_stand_in_comes_before_a_pull(docker: FakeHost):
    has(docker, SOURCE.stand_in, "sha256:stand-in")
    assert resolve(SOURCE) == (SOURCE.stand_in, "sha256:stand-in")
    assert not docker.ran("docker pull")


def test_else_the_official_image_is_pulled(docker: FakeHost):
    def pull(_: object) -> str:
        has(docker, SOURCE.official, "sha256:pulled")
        return ""

    docker.answers["docker pull"] = pull
    assert resolve(SOURCE) == (SOURCE.official, "sha256:pulled")


def test_neither_is_said_with_what_to_do(docker: FakeHost):
    docker.answers["docker pull"] = CommandError("docker pull: no route to host")
    with pytest.raises(CommandError, match="no route to host") as error:
        resolve(SOURCE)
    assert SOURCE.stand_in in str(error.value)
    assert "make setup" in str(error.value)


def test_a_broken_docker_is_not_a_missing_image(docker: FakeHost):
    docker.answers["docker image inspect"] = CommandError("Cannot connect to the Docker daemon")
    with pytest.raises(CommandError, match="Cannot connect"):
        resolve(SOURCE)


def test_an_image_that_was_built_anew_is_another_image(docker: FakeHost):
    provider = LocalImageProvider()
    state = {**PROPS, "reference": SOURCE.stand_in, "image_id": "sha256:old"}
    has(docker, SOURCE.stand_in, "sha256:old")
    assert provider.diff("sha256:old", state, PROPS).changes is False
    has(docker, SOURCE.stand_in, "sha256:new")
    assert provider.diff("sha256:old", state, PROPS).replaces == ["image_id"]


def test_another_version_is_another_image(docker: FakeHost):
    state = {**PROPS, "reference": SOURCE.stand_in, "image_id": "sha256:old"}
    has(docker, SOURCE.stand_in, "sha256:old")
    diff = LocalImageProvider().diff("sha256:old", state, {**PROPS, "stand_in": "other"})
    assert diff.replaces == ["stand_in"]


def test_read_finds_an_image_that_is_gone(docker: FakeHost):
    assert LocalImageProvider().read("sha256:gone", dict(PROPS)).id is None


def test_the_catalogue_pins_every_image():
    for name, source in catalog().items():
        assert ":" in source.official.rsplit("/", 1)[1], f"{name} has no tag"
        assert source.stand_in.startswith("alphintra.local/"), f"{name} bears an official name"
