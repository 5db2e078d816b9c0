"""The cache's builders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import ResourceOptions

from components.cache import LARGEST_MEMORY_GB, CacheSpec
from components.cache.config import configuration
from components.cache.gcp import memorystore
from components.cache.local import redis_containers
from components.cache.memory import capacity_gb, redis_configs
from tests.graph import Graph, record
from tests.programs import GCP, STACKS, build, deploy, foundation, network

CONTAINER = "docker:index/container:Container"
INSTANCE = "gcp:redis/instance:Instance"


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    """Each stack, on Google Cloud."""
    return deploy(request.param, target="gcp")


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


def test_the_urls_scheme_says_whether_the_server_speaks_tls():
    def url(target: str) -> str:
        def program() -> Any:
            outputs = {"local": redis_containers, "gcp": memorystore}[target](
                "cache", CacheSpec(), foundation(), network(), ResourceOptions()
            )
            return outputs.url

        return record(program, config=GCP).result

    assert url("local") == "redis://:secret-of-cache-password@10.60.32.11:6379"
    assert url("gcp") == "rediss://:redis-auth@10.0.0.3:6378"


class TestMemory:
    """How much of an instance is for data."""

    @given(st.integers(1, LARGEST_MEMORY_GB))
    def test_a_fifth_of_the_instance_and_no_more_than_needed_is_kept_free(self, memory_gb: int):
        capacity = capacity_gb(memory_gb)
        assert memory_gb <= 0.8 * capacity
        assert memory_gb > 0.8 * (capacity - 1)

    def test_the_largest_cache_is_the_largest_instance(self):
        assert capacity_gb(LARGEST_MEMORY_GB) == 300

    def test_memorystores_settings_are_the_platforms(self):
        assert redis_configs(CacheSpec(memory_gb=4)) == {
            "maxmemory-gb": "4",
            "maxmemory-policy": "allkeys-lru",
            "timeout": "300",
            "activedefrag": "yes",
            "lazyfree-lazy-eviction": "yes",
            "lazyfree-lazy-expire": "yes",
        }


@pytest.mark.parametrize(
    ("spec", "tier", "read_replicas", "replicas"),
    [
        (CacheSpec(highly_available=False, memory_gb=4), "BASIC", False, None),
        (CacheSpec(memory_gb=3), "STANDARD_HA", False, None),
        (CacheSpec(memory_gb=4), "STANDARD_HA", True, 1),
        (CacheSpec(memory_gb=4, read_replicas=2), "STANDARD_HA", True, 2),
    ],
)
def test_on_gcp_read_replicas_start_at_instances_of_five_gigabytes(
    spec: CacheSpec, tier: str, read_replicas: bool, replicas: int | None
):
    graph = build("cache", "gcp", spec)
    inputs = graph.only(INSTANCE).inputs
    assert inputs["tier"] == tier
    assert inputs["readReplicasMode"].endswith("ENABLED" if read_replicas else "DISABLED")
    assert inputs.get("replicaCount") == replicas
    assert (graph.result["reader_host"] != graph.result["host"]) == read_replicas


class TestOnGcp:
    """What every instance has, whatever its environment."""

    def test_its_traffic_is_encrypted_and_it_asks_for_a_password(self, graph: Graph):
        inputs = graph.only(INSTANCE).inputs
        assert inputs["transitEncryptionMode"] == "SERVER_AUTHENTICATION"
        assert inputs["authEnabled"] is True
        assert graph.result["cache_ca_certificate"] == "old authority\nnew authority\n"
        assert graph.result["cache_port"] == 6378

    def test_its_data_are_encrypted_with_the_caches_own_key(self, graph: Graph):
        key = graph.only(INSTANCE).inputs["customerManagedKey"]
        assert key == graph.only("kms/cryptoKey:CryptoKey", "foundation-cache-key").name + "-id"

    def test_it_is_on_a_private_address_of_the_stacks_network(self, graph: Graph):
        inputs = graph.only(INSTANCE).inputs
        assert inputs["connectMode"] == "PRIVATE_SERVICE_ACCESS"
        assert inputs["authorizedNetwork"] == "network-id"
        assert inputs["region"] == "europe-west1"

    def test_it_takes_a_snapshot_each_hour(self, graph: Graph):
        assert graph.only(INSTANCE).inputs["persistenceConfig"] == {
            "persistenceMode": "RDB",
            "rdbSnapshotPeriod": "ONE_HOUR",
            "rdbSnapshotStartTime": "2026-01-01T00:30:00Z",
        }

    def test_it_is_maintained_on_sunday_night(self, graph: Graph):
        (window,) = graph.only(INSTANCE).inputs["maintenancePolicy"]["weeklyMaintenanceWindows"]
        assert window["day"] == "SUNDAY"
        assert window["startTime"]["hours"] == 3

    def test_its_password_is_in_secret_manager_in_one_region_under_the_same_key(self, graph: Graph):
        secret = graph.only("secretmanager/secret:Secret", "cache-password").inputs
        (replica,) = secret["replication"]["userManaged"]["replicas"]
        assert replica == {
            "location": "europe-west1",
            "customerManagedEncryption": {
                "kmsKeyName": graph.only(INSTANCE).inputs["customerManagedKey"]
            },
        }
        version = graph.only("secretmanager/secretVersion:SecretVersion", "cache-password")
        assert version.inputs["secretData"] == "redis-auth"
        assert "secretData" in version.secrets

    def test_cost_is_told_apart_by_its_labels(self, graph: Graph):
        for type_ in (INSTANCE, "secretmanager/secret:Secret"):
            (labels,) = [n.inputs["labels"] for n in graph.of(type_) if n.name.startswith("cache")]
            assert labels["component"].startswith("cache")
            assert labels["managed-by"] == "pulumi"


@pytest.mark.parametrize(
    ("stack", "capacity", "replicas", "protected"),
    [("dev", 2, None, False), ("staging", 5, 1, True), ("prod", 5, 2, True)],
)
def test_what_differs_by_environment(
    stack: str, capacity: int, replicas: int | None, protected: bool
):
    graph = deploy(stack, target="gcp")
    instance = graph.only(INSTANCE)
    inputs = instance.inputs
    assert inputs["tier"] == "STANDARD_HA"
    assert inputs["memorySizeGb"] == capacity
    assert inputs.get("replicaCount") == replicas
    assert inputs["deletionProtection"] is instance.request.protect is protected
    secret = graph.only("secretmanager/secret:Secret", "cache-password").inputs
    assert secret["deletionProtection"] is protected
