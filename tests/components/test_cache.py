"""The cache's builders."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.cache import LARGEST_MEMORY_GB, CacheSpec
from components.cache.config import (
    ADMIN,
    AUTHORITY,
    BLOCKED,
    CERTIFICATE,
    KEPT,
    KEY,
    SETTINGS,
    configuration,
)
from components.cache.memory import capacity_gb, redis_configs
from components.cache.server_settings import CLI
from tests.graph import Graph
from tests.programs import STACKS, build, deploy

CONTAINER = "docker:index/container:Container"
INSTANCE = "gcp:redis/instance:Instance"


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    """Each stack, on Google Cloud."""
    return deploy(request.param, target="gcp")


PASSWORDS = {ADMIN: "adm1n", "default": "s3cret"}


def lines(primary: str | None = None) -> list[str]:
    return configuration(PASSWORDS, primary).splitlines()


def rules(user: str) -> set[str]:
    """What the primary's configuration says of a user."""
    (found,) = [line for line in lines() if line.startswith(f"user {user} ")]
    return set(found.split()[2:])


def test_the_primarys_configuration_is_the_platforms():
    settings = dict(line.split(" ", 1) for line in lines() if not line.startswith("user "))
    assert settings == {
        "port": "0",
        "tls-port": "6378",
        "tls-cert-file": "/etc/redis/server.pem",
        "tls-key-file": "/etc/redis/server.key",
        "tls-ca-cert-file": "/etc/redis/ca.pem",
        "tls-auth-clients": "no",
        "tls-protocols": '"TLSv1.2 TLSv1.3"',
        "tls-replication": "yes",
        "repl-diskless-sync-delay": "0",
        "save": "900 1 300 10 60 10000",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "tcp-keepalive": "60",
        "masteruser": "platform-admin",
        "masterauth": "adm1n",
        "include": "/data/platform*.conf",
    }


def test_what_changes_while_it_runs_is_told_to_every_server_and_to_none_at_its_start():
    """Settings in the words of `CONFIG GET`, and those among the others that must not change."""
    graph = build("cache", "local", CacheSpec(memory_gb=2, idle_timeout_seconds=60, users=["auth"]))
    for role in ("cache", "cache-replica"):
        told = graph.only("RedisSettings", f"{role}-settings")
        assert told.inputs["settings"] == {
            "maxmemory": "2147483648",
            "maxmemory-policy": "allkeys-lru",
            "timeout": "60",
            **{name: SETTINGS[name] for name in KEPT},
        }
        assert set(told.inputs["users"]) == {"auth"}
        assert set(told.request.additionalSecretOutputs) == {"users", "access_list"}
        (config,) = [
            one["content"]
            for one in graph.only(CONTAINER, role).inputs["uploads"]
            if one["file"].endswith("redis.conf")
        ]
        assert "maxmemory" not in config and "user auth" not in config
    others = build("cache", "local", CacheSpec(memory_gb=3, users=["auth", "more"]))
    for role in ("cache", "cache-replica"):
        made, again = (one.only(CONTAINER, role).inputs for one in (graph, others))
        assert made == again, "it would be made anew"


def test_the_replica_follows_the_primary():
    assert set(lines("10.0.0.1")) == {*lines(), "replicaof 10.0.0.1 6378"}


def test_clients_may_do_what_memorystore_lets_them():
    blocked = {f"-{command}" for command in BLOCKED}
    users = build("cache", "local", CacheSpec(users=["auth"])).only(
        "RedisSettings", "cache-settings"
    )
    for said in (rules("default"), set(users.inputs["users"]["auth"].split())):
        assert {"on", "~*", "&*", "+@all"} <= said
        assert {rule for rule in said if rule.startswith("-")} == blocked
    assert rules(ADMIN) >= {"on", "~*", "&*", "+@all"}
    assert not [rule for rule in rules(ADMIN) if rule.startswith("-")]


def test_each_user_has_a_password_of_its_own_and_the_file_its_digest():
    for user, password in PASSWORDS.items():
        passwords = [rule for rule in rules(user) if rule.startswith(("#", ">", "nopass"))]
        assert passwords == [f"#{hashlib.sha256(password.encode()).hexdigest()}"]


def test_a_user_is_a_name_and_not_the_one_that_is_always_there():
    for wrong in ("default", "platform-admin", "Trading", "a b", ""):
        with pytest.raises(ValidationError, match="users"):
            CacheSpec(users=[wrong])


def test_a_user_that_is_named_twice_is_one():
    graph = build("cache", "local", CacheSpec(users=["auth", "auth"]))
    assert graph.result["passwords"] == {"auth": "secret-of-cache-user-auth"}


def test_locally_each_user_signs_in_as_itself():
    result = build("cache", "local", CacheSpec(users=["trading_api", "auth"])).result
    assert result["usernames"] == {"auth": "auth", "trading_api": "trading_api"}
    assert len({*result["passwords"].values(), result["password"]}) == 3


def test_on_gcp_every_user_is_the_default_one():
    result = build("cache", "gcp", CacheSpec(users=["trading_api", "auth"])).result
    assert result["usernames"] == {"auth": "default", "trading_api": "default"}
    assert result["passwords"] == {"auth": "redis-auth", "trading_api": "redis-auth"}


def test_both_targets_have_the_same_ports():
    local, gcp = build("cache", "local").result, build("cache", "gcp").result
    for port in ("port", "reader_port"):
        assert local[port] == gcp[port] == 6378


class TestLocally:
    """The containers."""

    def test_the_servers_are_on_the_database_network_alone_and_publish_nothing(self):
        graph = build("cache", "local")
        for role, address in (("cache", "10.60.32.11"), ("cache-replica", "10.60.32.12")):
            inputs = graph.only(CONTAINER, role).inputs
            assert inputs["networksAdvanced"] == [
                {"name": "managed-services", "ipv4Address": address}
            ]
            assert not inputs.get("ports")
        assert graph.result["host"] == "10.60.32.11"
        assert graph.result["reader_host"] == "10.60.32.12"

    def test_one_way_in_leads_to_both(self):
        way_in = build("cache", "local").only(CONTAINER, "cache-way-in").inputs
        assert [port["external"] for port in way_in["ports"]] == [6379, 6380]
        (config,) = [upload["content"] for upload in way_in["uploads"]]
        assert "10.60.32.11:6378" in config
        assert "10.60.32.12:6378" in config

    def test_one_certificate_names_every_address_of_both(self):
        graph = build("cache", "local")
        certificate = graph.only("ServerCertificate").inputs
        assert certificate["addresses"] == ["10.60.32.11", "10.60.32.12", "127.0.0.1"]
        assert certificate["names"] == ["localhost"]
        assert graph.result["ca_certificate"] == certificate["authority_certificate"]
        for role in ("cache", "cache-replica"):
            files = uploads(graph, role)
            assert files[AUTHORITY] == graph.result["ca_certificate"]
            assert files[CERTIFICATE] and files[KEY]

    def test_secrets_are_in_files_alone(self):
        graph = build("cache", "local")
        for role in ("cache", "cache-replica"):
            container = graph.only(CONTAINER, role)
            assert "secret-of" not in str({**container.inputs, "uploads": None})
            assert "secret-of-cache-admin" in str(container.inputs["uploads"])
            assert "secret-of-cache-user-trading_api" not in str(container.inputs)

    def test_its_health_is_asked_over_tls(self):
        for role in ("cache", "cache-replica"):
            _, command = (
                build("cache", "local").only(CONTAINER, role).inputs["healthcheck"]["tests"]
            )
            assert command.startswith(f"{CLI} ")
            assert f"--tls --cacert {AUTHORITY}" in CLI


def uploads(graph: Graph, role: str) -> dict[str, str]:
    files = graph.only(CONTAINER, role).inputs["uploads"]
    return {one["file"]: one["content"] for one in files}


def test_without_high_availability_reads_go_to_the_primary():
    for target in ("local", "gcp"):
        graph = build("cache", target, CacheSpec(highly_available=False))
        assert graph.result["reader_host"] == graph.result["host"]
    graph = build("cache", "local", CacheSpec(highly_available=False))
    assert {node.name for node in graph.of(CONTAINER)} == {"cache", "cache-way-in"}
    assert len(graph.only(CONTAINER, "cache-way-in").inputs["ports"]) == 1


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
