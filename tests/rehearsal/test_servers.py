"""The servers behind the played cloud: what their operations say, and when they are there."""

from collections.abc import Callable
from typing import Any

import pytest

from components.command import CommandError
from rehearsal.cloud.control import routed
from rehearsal.cloud.documents import Json
from rehearsal.cloud.operations import fail
from rehearsal.cloud.state import Call
from rehearsal.servers import cluster
from rehearsal.servers.cluster import NO_NODE, Cluster
from tests.rehearsal.cloud import COMPUTE, LOCATION, project

WHERE: dict[str, tuple[str, Callable[[Json], str]]] = {
    # terraform-provider-google, container_operation.go: GKE's failure is its `StatusMessage`
    "container": (f"{LOCATION}/clusters", lambda one: one["statusMessage"]),
    "compute": (f"{COMPUTE}/global/networks", lambda one: one["error"]["errors"][0]["message"]),
    "redis": (f"{LOCATION}/instances", lambda one: one["error"]["message"]),
}
"""API → a URL that something is made at, and where the provider reads why it failed."""


@pytest.mark.parametrize("api", WHERE)
def test_a_failed_operation_says_so_where_the_provider_looks(api: str):
    path, where = WHERE[api]
    call = Call(f"{api}.googleapis.com", "POST", path)
    routed(project(api), call)
    operation: Json = {"name": "operation-1"}
    fail(call, operation, "no room")
    assert where(operation) == "no room"


@pytest.fixture
def made() -> Cluster:
    return Cluster("a", "nodes", "managed", "", "", "", "", "", "a-stack")


class Waits:
    """Stands in for k3d: says `words` so many times, then that the cluster is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int, words: str) -> None:
        self.left, self.words = times, words
        self.asked: list[str] = []
        monkeypatch.setattr(cluster, "image", str)
        monkeypatch.setattr(cluster.k3d, "create", self)
        monkeypatch.setattr(cluster.k3d, "wait_ready", self)
        monkeypatch.setattr(cluster, "PAUSE_SECONDS", 0)

    def __call__(self, props: dict[str, Any]) -> None:
        self.asked.append(props["name"])
        self.left -= 1
        if self.left >= 0:
            raise CommandError(f"docker exec: error: {self.words}")


def test_a_node_that_registers_late_is_waited_for(monkeypatch: pytest.MonkeyPatch, made: Cluster):
    waits = Waits(monkeypatch, 3, NO_NODE)
    made.make()
    assert waits.asked == ["a"] * 4


def test_a_node_that_never_registers_ends_the_wait(monkeypatch: pytest.MonkeyPatch, made: Cluster):
    Waits(monkeypatch, 10**9, NO_NODE)
    monkeypatch.setattr(cluster, "NODE_SECONDS", -1)
    with pytest.raises(CommandError, match=NO_NODE):
        made.make()


def test_what_else_goes_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch, made: Cluster):
    waits = Waits(monkeypatch, 1, "too many open files")
    with pytest.raises(CommandError, match="too many open files"):
        made.make()
    assert len(waits.asked) == 1
