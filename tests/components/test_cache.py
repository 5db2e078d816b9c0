"""The cache's builders."""

import pytest

from components.cache import CacheSpec
from components.cache.config import configuration
from tests.programs import build

CONTAINER = "docker:index/container:Container"


def settings(text: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in text.splitlines())


def test_the_primarys_configuration_is_the_platforms():
    assert settings(configuration(CacheSpec(), "s3cret")) == {
        "maxmemory": "1gb",
        "maxmemory-policy": "allkeys-lru",
        "save": "900 1 300 10 60 10000",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "tcp-keepalive": "60",
        "timeout": "300",
        "requirepass": "s3cret",
        "masterauth": "s3cret",
    }


def test_the_replica_follows_the_primary():
    replica = settings(configuration(CacheSpec(), "s3cret", "10.0.0.1"))
    assert replica.pop("replicaof") == "10.0.0.1 6379"
    assert replica == settings(configuration(CacheSpec(), "s3cret"))


def test_locally_primary_and_replica_have_addresses_and_ports_of_their_own():
    graph = build("cache", "local")
    ports = {n.name: n.inputs["ports"][0]["external"] for n in graph.of(CONTAINER)}
    assert ports == {"cache": 6379, "cache-replica": 6380}
    assert graph.result["host"] == "10.60.32.11"
    assert graph.result["reader_host"] == "10.60.32.12"


def test_locally_the_password_is_in_no_command_and_no_environment():
    for container in build("cache", "local").of(CONTAINER):
        password = "secret-of-cache-password"
        assert password not in str(container.inputs["command"])
        assert password not in str(container.inputs["healthcheck"])
        assert "envs" not in container.inputs
        assert password in str(container.inputs["uploads"])


def test_without_high_availability_reads_go_to_the_primary():
    for target in ("local", "gcp"):
        graph = build("cache", target, CacheSpec(highly_available=False))
        assert graph.result["reader_host"] == graph.result["host"]
    assert build("cache", "local", CacheSpec(highly_available=False)).count(CONTAINER) == 1


@pytest.mark.parametrize(
    ("spec", "tier", "read_replicas"),
    [
        (CacheSpec(highly_available=False), "BASIC", None),
        (CacheSpec(memory_gb=4), "STANDARD_HA", None),
        (CacheSpec(memory_gb=5), "STANDARD_HA", "READ_REPLICAS_ENABLED"),
    ],
)
def test_on_gcp_read_replicas_start_at_five_gigabytes(
    spec: CacheSpec, tier: str, read_replicas: str | None
):
    inputs = build("cache", "gcp", spec).only("gcp:redis/instance:Instance").inputs
    assert inputs["tier"] == tier
    assert inputs.get("readReplicasMode") == read_replicas
    assert inputs["authEnabled"] is True
