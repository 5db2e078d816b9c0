"""The gate before the registry's storage: what it says, and what it does with a real registry."""

import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any

import pytest

from components.command import run
from components.proxy import CONFIG_FILE
from components.registry.gate import LUA_FILE, MANIFEST_KB, PORT, keeping_tags, passing_all
from components.registry.local import LUA
from tests.components.real_docker import container, image, internal_network, proxy, until

STORAGE = "10.60.32.13:5000"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = b"{}"
GATE_MEMORY_MB = 32


def test_all_that_is_let_through_goes_to_the_storage():
    for configuration in (passing_all(STORAGE), keeping_tags(STORAGE)):
        assert f"server storage {STORAGE}\n" in configuration
        assert "default_backend storage\n" in configuration


def test_only_a_gate_that_keeps_tags_looks_into_what_is_written():
    assert "lua" not in passing_all(STORAGE)
    assert f"lua-load {LUA_FILE}\n" in keeping_tags(STORAGE)
    assert f"lua.look_up_tag {STORAGE}\n" in keeping_tags(STORAGE)


def test_what_is_not_found_out_is_refused():
    *_, last = [line for line in keeping_tags(STORAGE).splitlines() if " return " in line]
    assert "status 503" in last
    assert last.endswith("if !{ var(txn.tag) -m str free same }")


@dataclass(frozen=True)
class Registry:
    """A registry as its clients see it, at a loopback port."""

    port: int

    def ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, kind: str = ""
    ) -> tuple[int, HTTPMessage, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        answer = connection.getresponse()
        result = answer.status, answer.headers, answer.read()
        connection.close()
        return result

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/v2/")[0] == 200
        except OSError:
            return False

    def push_blob(self, name: str, content: bytes) -> str:
        digest = digest_of(content)
        status, headers, said = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202, said
        place = headers["Location"].split("/v2/", 1)[1]
        status, _, said = self.ask("PUT", f"/v2/{place}&digest={digest}", content)
        assert status == 201, said
        return digest

    def push(self, name: str, tag: str, content: bytes) -> tuple[int, str]:
        """The answer to a push of a manifest, and the message in it."""
        status, _, said = self.ask("PUT", f"/v2/{name}/manifests/{tag}", content, MANIFEST)
        return status, json.loads(said)["errors"][0]["message"] if said else ""

    def digest(self, name: str, tag: str) -> str:
        """What the tag names."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("HEAD", f"/v2/{name}/manifests/{tag}", headers={"Accept": MANIFEST})
        return connection.getresponse().headers["Docker-Content-Digest"]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def manifest(mark: str) -> bytes:
    config = {"mediaType": "application/octet-stream", "size": 2, "digest": digest_of(CONFIG)}
    fields: dict[str, Any] = {"mediaType": MANIFEST, "config": config, "layers": []}
    return json.dumps({"schemaVersion": 2, **fields, "annotations": {"mark": mark}}).encode()


@dataclass(frozen=True)
class Storage:
    """A registry that only containers on its network reach."""

    network: str
    container: str
    address: str


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    settings = "--env=REGISTRY_STORAGE_DELETE_ENABLED=true"
    with (
        internal_network("gate") as network,
        container(network, "storage", settings, image("registry")) as (name, address),
    ):
        yield Storage(network, name, f"{address}:5000")


@contextmanager
def gate(storage: Storage, role: str, configuration: Callable[[str], str]) -> Generator[Registry]:
    """The storage behind a gate."""
    files = {CONFIG_FILE: configuration(storage.address), LUA_FILE: LUA}
    with proxy(storage.network, role, files, PORT, GATE_MEMORY_MB) as port:
        registry = Registry(port)
        until(registry.answers)
        yield registry


@pytest.fixture(scope="module")
def registry(storage: Storage) -> Iterator[Registry]:
    with gate(storage, "keeping", keeping_tags) as registry:
        yield registry


@pytest.fixture(scope="module")
def open_registry(storage: Storage) -> Iterator[Registry]:
    with gate(storage, "open", passing_all) as registry:
        yield registry


@pytest.fixture
def pushed(registry: Registry, request: pytest.FixtureRequest) -> str:
    """A repository, of the test alone, whose tag 1.0 names the first manifest."""
    name = f"trading/{hashlib.sha256(request.node.name.encode()).hexdigest()}"
    registry.push_blob(name, CONFIG)
    assert registry.push(name, "1.0", manifest("first"))[0] == 201
    return name


@pytest.mark.slow
class TestWithARealRegistry:
    def test_a_tag_does_not_move(self, registry: Registry, pushed: str):
        assert registry.push(pushed, "1.0", manifest("second")) == (
            400,
            "cannot update tag 1.0. The repository has enabled tag immutability: "
            "push under another tag",
        )
        assert registry.digest(pushed, "1.0") == digest_of(manifest("first"))

    def test_what_is_there_may_be_pushed_again_and_under_another_tag(
        self, registry: Registry, pushed: str
    ):
        assert registry.push(pushed, "1.0", manifest("first"))[0] == 201
        assert registry.push(pushed, "1.1", manifest("first"))[0] == 201
        assert registry.push(pushed, "1.2", manifest("second"))[0] == 201
        assert registry.push(pushed, digest_of(manifest("third")), manifest("third"))[0] == 201

    @pytest.mark.parametrize(
        "path",
        [
            "/v2/{}/%6danifests/1.0",
            "/v2/{}/manifests/%31.0",
            "/v2/{}//manifests/1.0",
            "/v2/{}/./manifests/1.0",
            "/v2/other/../{}/manifests/1.0",
            "/v2/{}/manifests/1.0/",
            "//v2/{}/manifests/1.0",
            "/v2/{}/manifests/1.0?x=/blobs/uploads/1",
            "http://elsewhere/v2/{}/manifests/1.0",
        ],
    )
    def test_no_other_spelling_of_its_path_moves_it(
        self, registry: Registry, pushed: str, path: str
    ):
        status, _, _ = registry.ask("PUT", path.format(pushed), manifest("second"), MANIFEST)
        assert status >= 400
        assert registry.digest(pushed, "1.0") == digest_of(manifest("first"))

    def test_nothing_is_deleted(self, registry: Registry, pushed: str):
        first = digest_of(manifest("first"))
        for path in (f"manifests/{first}", "manifests/1.0", f"blobs/{digest_of(CONFIG)}"):
            status, _, said = registry.ask("DELETE", f"/v2/{pushed}/{path}")
            assert status == 400
            assert b"cannot delete. The repository has enabled tag immutability" in said
        assert registry.digest(pushed, "1.0") == first

    def test_an_upload_can_be_given_up(self, registry: Registry, pushed: str):
        _, headers, _ = registry.ask("POST", f"/v2/{pushed}/blobs/uploads/")
        place = "/v2/" + headers["Location"].split("/v2/", 1)[1]
        assert registry.ask("DELETE", place)[0] == 204

    def test_what_is_too_large_to_compare_takes_a_free_tag_only(
        self, registry: Registry, pushed: str
    ):
        large = manifest("x" * MANIFEST_KB * 1024)
        assert registry.push(pushed, "large", large)[0] == 201
        assert registry.push(pushed, "large", large)[0] == 400

    def test_a_body_of_no_known_length_moves_nothing(self, registry: Registry, pushed: str):
        parts = iter([manifest("first"), b" "])
        path = f"/v2/{pushed}/manifests/1.0"
        assert registry.ask("PUT", path, parts, MANIFEST)[0] == 400
        assert registry.digest(pushed, "1.0") == digest_of(manifest("first"))

    def test_of_two_that_push_a_new_tag_at_once_one_gets_it(self, registry: Registry, pushed: str):
        with ThreadPoolExecutor(8) as pool:
            for tag in map(str, range(20)):
                pushes = [
                    pool.submit(registry.push, pushed, tag, manifest(f"{tag} of {number}"))
                    for number in range(8)
                ]
                assert sorted(push.result()[0] for push in pushes) == [201, *[400] * 7]

    def test_layers_pass_through_and_are_not_kept(self, registry: Registry, pushed: str):
        layer = os.urandom(1024) * 1024 * 3 * GATE_MEMORY_MB
        digest = registry.push_blob(pushed, layer)
        status, _, content = registry.ask("GET", f"/v2/{pushed}/blobs/{digest}")
        assert (status, digest_of(content)) == (200, digest)

    def test_while_the_storage_is_silent_nothing_is_let_through(
        self, registry: Registry, storage: Storage, pushed: str
    ):
        run(["docker", "pause", storage.container])
        try:
            status, message = registry.push(pushed, "1.0", manifest("second"))
        finally:
            run(["docker", "unpause", storage.container])
        assert (status, message) == (503, "the storage does not answer")
        assert registry.digest(pushed, "1.0") == digest_of(manifest("first"))

    def test_where_tags_may_move_they_do(self, open_registry: Registry, pushed: str):
        second = digest_of(manifest("second"))
        assert open_registry.push(pushed, "1.0", manifest("second"))[0] == 201
        assert open_registry.digest(pushed, "1.0") == second
        assert open_registry.ask("DELETE", f"/v2/{pushed}/manifests/{second}")[0] == 202
