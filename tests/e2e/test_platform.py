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

from tests.e2e.conftest import CONFIG, STACK, Platform, owned, program, run, say

CHECK = ("--namespace=connectivity-check", "job/connectivity-check")


def test_the_check_inside_the_cluster_succeeded(platform: Platform):
    log = platform.kubectl("logs", *CHECK)
    assert log.count("ok    ") == 5, log
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


def connect(platform: Platform, role: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1",
        port=15432,
        user=role,
        dbname=database,
        password=platform.outputs["database_passwords"][role],
        connect_timeout=5,
    )


def test_the_database_is_used_from_the_host(platform: Platform):
    assert platform.outputs["database_host_address"] == "127.0.0.1:15432"
    with connect(platform, "trading", "trading") as database:
        database.execute("CREATE TABLE trades (id int, symbol text)")
        database.execute("INSERT INTO trades VALUES (1, 'BTCUSDT')")
    with connect(platform, "trading", "trading") as database:
        assert database.execute("SELECT * FROM trades").fetchall() == [(1, "BTCUSDT")]


def test_the_database_is_tuned(platform: Platform):
    wanted = {
        "max_connections": "200",
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "4MB",
        "maintenance_work_mem": "64MB",
        "checkpoint_completion_target": "0.9",
    }
    with connect(platform, "postgres", "postgres") as database:
        version = database.info.server_version
        query = "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)"
        rows = database.execute(query, [list(wanted)]).fetchall()
    assert version // 10000 == 15
    assert dict(rows) == wanted


def test_a_role_is_kept_out_of_other_databases(platform: Platform):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(platform, "trading", "users")


def test_a_wrong_password_is_refused(platform: Platform):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect("host=127.0.0.1 port=15432 user=trading dbname=trading password=wrong")


def cache(platform: Platform, port: int) -> redis.Redis:
    password = platform.outputs["cache_password"]
    return redis.Redis(host="127.0.0.1", port=port, password=password, decode_responses=True)


def test_the_cache_is_used_from_the_host(platform: Platform):
    primary, replica = cache(platform, 16379), cache(platform, 16380)
    primary.set("greeting", "hello")
    assert primary.execute_command("WAIT", 1, 5000) == 1
    assert replica.get("greeting") == "hello"
    assert primary.config_get("maxmemory")["maxmemory"] == str(1 << 30)
    assert primary.config_get("save")["save"] == "900 1 300 10 60 10000"
    with pytest.raises(redis_errors.ReadOnlyError):
        replica.set("greeting", "again")


def test_the_cache_wants_a_password():
    with pytest.raises(redis_errors.AuthenticationError):
        redis.Redis(host="127.0.0.1", port=16379).ping()


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
    words = platform.kubectl(
        *("run", "hello", f"--image={image}", "--restart=Never", "--rm", "--attach", "--quiet"),
        *("--command", "--", "echo", "hello from the cluster"),
    )
    assert "hello from the cluster" in words
    run("docker", "rmi", base)


def test_a_volume_survives_its_pod(platform: Platform):
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "keeper"},
        "spec": {
            "restartPolicy": "Never",
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "kept"}}],
            "containers": [
                {
                    "name": "keeper",
                    "image": f"{platform.outputs['registry_address']}/hello:1",
                    "securityContext": {"runAsUser": 0},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }
            ],
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kept"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    platform.kubectl("apply", "--filename=-", stdin=json.dumps(claim))
    for command in ("echo kept >/data/word", "cat /data/word"):
        pod["spec"]["containers"][0]["command"] = ["sh", "-c", command]
        platform.kubectl("apply", "--filename=-", stdin=json.dumps(pod))
        phase = "--for=jsonpath={.status.phase}=Succeeded"
        platform.kubectl("wait", phase, "pod/keeper", "--timeout=120s")
        words = platform.kubectl("logs", "keeper")
        platform.kubectl("delete", "pod", "keeper")
    assert words == "kept\n"
    platform.kubectl("delete", "pvc", "kept")


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
    platform.kubectl(
        "run",
        "after",
        f"--image={platform.outputs['registry_address']}/hello:1",
        "--restart=Never",
        "--command",
        "--",
        "true",
    )
    platform.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/after")
    platform.kubectl("delete", "pod", "after")
    deadline = time.monotonic() + 60
    while True:
        try:
            with connect(platform, "trading", "trading") as database:
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
        platform.outputs["cache_password"],
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
