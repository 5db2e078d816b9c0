"""The platform for real: up, used from the host and from inside the cluster, changed, gone.

The tests build on one another and run in the order in which they stand; `test_zz_…` is the last.
"""

# redis-py types its commands partly.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import redis.exceptions as redis_errors
from pulumi import automation as auto

from tests.contract.pods import pod_spec, restricted
from tests.e2e.conftest import CONFIG, STACK, Platform, owned, program, run, say

CHECK = ("--namespace=connectivity-check", "job/connectivity-check")
SERVICE, ROLE, DATABASE = "trading-api", "trading_api", "trading"
"""A service of the stack, its role in the database and its user of the cache, and what it owns."""


def test_the_check_inside_the_cluster_succeeded(platform: Platform):
    log = platform.kubectl("logs", *CHECK)
    assert log.count("ok    ") == 8, log
    assert log.rstrip().endswith("All checks passed.")


def test_the_checks_image_was_pulled_from_the_platforms_registry(platform: Platform):
    pods: dict[str, Any] = json.loads(
        platform.kubectl("get", "pods", "--namespace=connectivity-check", "--output=json")
    )
    (status,) = pods["items"][0]["status"]["containerStatuses"]
    assert status["imageID"].startswith("localhost:15050/connectivity-check@sha256:")


def test_all_nodes_are_ready(platform: Platform):
    nodes: dict[str, Any] = json.loads(platform.kubectl("get", "nodes", "--output=json"))
    ready = {
        node["metadata"]["name"]: condition["status"]
        for node in nodes["items"]
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    }
    assert ready == {
        f"k3d-alphintra-{STACK}-cluster-server-0": "True",
        f"k3d-alphintra-{STACK}-cluster-agent-0": "True",
    }


def authority(platform: Platform, server: str) -> str:
    """A file with whom a client of `server` trusts."""
    file = platform.kubeconfig.parent / f"{server}-ca.pem"
    file.write_text(platform.outputs[f"{server}_ca_certificate"])
    return str(file)


def connect(
    platform: Platform, port: int = 15432, host: str = "127.0.0.1", sslmode: str = "verify-full"
) -> psycopg.Connection:
    return psycopg.connect(
        host=host,
        port=port,
        user=ROLE,
        dbname=DATABASE,
        password=platform.outputs["database_passwords"][ROLE],
        sslmode=sslmode,
        sslrootcert=authority(platform, "database"),
        connect_timeout=5,
    )


def test_the_database_is_used_from_the_host(platform: Platform):
    assert platform.outputs["database_host_address"] == "127.0.0.1:15432"
    with connect(platform) as database:
        database.execute("CREATE TABLE trades (id int, symbol text)")
        database.execute("INSERT INTO trades VALUES (1, 'BTCUSDT')")
    with connect(platform, host="localhost") as database:
        assert database.execute("SELECT * FROM trades").fetchall() == [(1, "BTCUSDT")]


def test_the_databases_replica_is_read_from_the_host(platform: Platform):
    with connect(platform, port=15434) as replica:
        assert replica.execute("SELECT count(*) FROM trades").fetchone() == (1,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            replica.execute("INSERT INTO trades VALUES (2, 'ETHUSDT')")


def test_the_database_wants_tls_from_the_host_too(platform: Platform):
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(platform, sslmode="disable")


def cache(platform: Platform, port: int, user: str | None = ROLE) -> redis.Redis:
    return redis.Redis(
        host="127.0.0.1",
        port=port,
        username=user,
        password=platform.outputs["cache_passwords"][user] if user else None,
        decode_responses=True,
        ssl=True,
        ssl_ca_certs=authority(platform, "cache"),
    )


def test_the_cache_is_used_from_the_host(platform: Platform):
    primary, replica = cache(platform, 16379), cache(platform, 16380)
    primary.set("greeting", "hello")
    assert primary.execute_command("WAIT", 1, 5000) == 1
    assert replica.get("greeting") == "hello"
    with pytest.raises(redis_errors.ReadOnlyError):
        replica.set("greeting", "again")


def test_the_cache_wants_tls_and_a_password_from_the_host_too(platform: Platform):
    with pytest.raises(redis_errors.ConnectionError):
        redis.Redis(host="127.0.0.1", port=16379).ping()
    with pytest.raises(redis_errors.AuthenticationError):
        cache(platform, 16379, user=None).ping()


def run_in_a_service(platform: Platform, name: str, image: str, *command: str) -> str:
    """What a pod of a service said, once it is over; it is gone then."""
    where = f"--namespace={SERVICE}"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": SERVICE},
        "spec": pod_spec(restricted(image, command=list(command))),
    }
    platform.kubectl("apply", "--filename=-", stdin=json.dumps(pod))
    succeeded = "--for=jsonpath={.status.phase}=Succeeded"
    platform.kubectl("wait", where, succeeded, f"pod/{name}", "--timeout=120s")
    words = platform.kubectl("logs", where, name)
    platform.kubectl("delete", where, "pod", name)
    return words


def test_an_image_goes_in_from_the_host_and_runs_in_the_cluster(platform: Platform):
    """One name for both: what `docker push` takes is what the pod names."""
    image = f"{platform.outputs['registry_address']}/hello:1"
    base = platform.kubectl(
        "get", *CHECK, "--output=jsonpath={.spec.template.spec.containers[0].image}"
    )
    run("docker", "pull", "--quiet", base)
    run("docker", "tag", base, image)
    run("docker", "push", "--quiet", image)
    run("docker", "rmi", image)
    words = run_in_a_service(platform, "hello", image, "echo", "hello from the cluster")
    assert words == "hello from the cluster\n"
    run("docker", "rmi", base)


def test_everything_listens_on_loopback_only(platform: Platform):
    del platform
    for container in owned("container"):
        ports: dict[str, list[dict[str, str]] | None] = json.loads(
            run("docker", "inspect", "-f={{json .NetworkSettings.Ports}}", container)
        )
        for bindings in ports.values():
            for binding in bindings or []:
                assert binding["HostIp"] == "127.0.0.1", f"{container}: {binding}"


def test_a_second_preview_is_empty(platform: Platform):
    changes = platform.stack.preview(expect_no_changes=True).change_summary
    assert set(changes) == {auto.OpType.SAME}


def test_a_refresh_finds_no_drift(platform: Platform):
    refreshed = platform.stack.refresh(expect_no_changes=True)
    assert set(refreshed.summary.resource_changes or {}) <= {"same"}


def test_data_survives_a_restart(platform: Platform):
    """k3d drains its nodes first, so that the finished Job of the check loses its pod and log."""
    assert "Restarting the cluster" in platform.shell("make restart")
    platform.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")
    image = f"{platform.outputs['registry_address']}/hello:1"
    assert run_in_a_service(platform, "after", image, "echo", "after") == "after\n"
    deadline = time.monotonic() + 60
    while True:
        try:
            with connect(platform) as database:
                assert database.execute("SELECT count(*) FROM trades").fetchone() == (1,)
            assert cache(platform, 16379).get("greeting") == "hello"
            return
        except (psycopg.OperationalError, redis_errors.ConnectionError):
            assert time.monotonic() < deadline, "not back within 60 s"
            time.sleep(1)


def test_an_agent_is_added_in_place(platform: Platform):
    cluster = {**CONFIG["alphintra:cluster"], "agents": 2}
    platform.stack.set_config("alphintra:cluster", auto.ConfigValue(json.dumps(cluster)))
    result = platform.stack.up(on_output=say)
    summary: dict[str, int] = {
        str(k): v for k, v in (result.summary.resource_changes or {}).items()
    }
    assert "replace" not in summary and summary["update"] >= 1, summary
    nodes = platform.kubectl("get", "nodes", "--output=name").split()
    assert len(nodes) == 3
    platform.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")


def test_up_fails_with_the_checks_own_words(platform: Platform):
    deployment: Any = platform.stack.export_stack().deployment
    (urn,) = [
        resource["urn"]
        for resource in deployment["resources"]
        if resource["type"] == "kubernetes:batch/v1:Job"
    ]
    run("docker", "pause", f"alphintra-{STACK}-cache-replica")
    try:
        with pytest.raises(auto.CommandError) as error:
            platform.stack.up(replace=[urn], on_output=say)
    finally:
        run("docker", "unpause", f"alphintra-{STACK}-cache-replica")
    assert "FAIL  cache: read on 10.61.32.12" in str(error.value)
    platform.stack.up(on_output=say)  # the failed check is made anew
    assert "All checks passed." in platform.kubectl("logs", *CHECK)


def test_a_cluster_is_made_anew_with_all_that_stands_in_it(platform: Platform):
    """Another API port: k3d can't change it in place."""
    cluster = {**CONFIG["alphintra:cluster"], "api_port": 16551}
    platform.stack.set_config("alphintra:cluster", auto.ConfigValue(json.dumps(cluster)))
    platform.stack.up(on_output=say)
    platform.kubeconfig.write_text(platform.stack.outputs()["kubeconfig"].value)
    assert "All checks passed." in platform.kubectl("logs", *CHECK)
    platform.stack.preview(expect_no_changes=True)


def test_a_block_that_is_taken_is_refused_by_name(platform: Platform, tmp_path: Path):
    """The stack's own networks are what another stack runs into."""
    del platform
    stack = program(tmp_path, CONFIG, stack="clash")
    with pytest.raises(auto.CommandError) as error:
        stack.preview()
    assert f"overlaps the Docker network alphintra-{STACK}-private (10.61.16.0/20)" in str(
        error.value
    )
    assert "Pulumi.clash.yaml: alphintra:network.cidr" in str(error.value)


def test_wrong_settings_are_listed_without_a_traceback(tmp_path: Path):
    wrong = {**CONFIG, "alphintra:target": "aws", "alphintra:cache": {"memory_gb": 0}}
    stack = program(tmp_path, wrong, stack="wrong")
    with pytest.raises(auto.CommandError) as error:
        stack.preview()
    words = str(error.value)
    assert "Pulumi.wrong.yaml: alphintra:cache.memory_gb: given 0; allowed: a whole number" in words
    assert "Pulumi.wrong.yaml: alphintra:target: given 'aws'; allowed: one of local, gcp" in words
    assert "Traceback" not in words


def test_no_secret_is_in_the_state_as_plain_text(platform: Platform):
    folder = Path(platform.stack.workspace.work_dir)
    state = (folder / "state" / ".pulumi" / "stacks" / "alphintra" / f"{STACK}.json").read_text()
    secrets = [
        *platform.outputs["database_passwords"].values(),
        *platform.outputs["cache_passwords"].values(),
        platform.outputs["cache_password"],
        "PRIVATE KEY",
        platform.stack.outputs()["kubeconfig"].value,
    ]
    assert not [secret for secret in secrets if json.dumps(secret)[1:-1] in state]


def test_zz_nothing_is_left_after_destroy(platform: Platform):
    assert len(owned("container")) >= 7  # what is about to go
    said = platform.shell("make down FORCE=1")
    assert "no container, network or volume of it is left" in said
    assert {kind: owned(kind) for kind in ("container", "network", "volume")} == {
        "container": [],
        "network": [],
        "volume": [],
    }
    clusters = subprocess.run(["k3d", "cluster", "list"], capture_output=True, text=True).stdout
    assert f"alphintra-{STACK}-cluster" not in clusters
