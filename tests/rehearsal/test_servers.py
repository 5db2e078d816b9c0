"""The servers behind the played cloud: what their operations say, where the provider looks."""

from collections.abc import Callable

import pytest

from rehearsal.cloud.control import routed
from rehearsal.cloud.documents import Json
from rehearsal.cloud.operations import fail
from rehearsal.cloud.state import Call
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
