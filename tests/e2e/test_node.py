"""The stand-in Kubernetes node, in a real cluster that the real k3d makes of it.

Needs Docker, k3d and kubectl on PATH and the images of `make setup`; takes about three minutes.
Nothing is published on the host but the API server's port, and nothing is left behind.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.node_cluster import (
    NAME,
    NODES,
    REGISTRY,
    SERVER,
    STRANGER,
    Cluster,
    addresses,
    apply,
    assert_every_node_reaches_the_service,
    assert_ready,
    call,
    connect_servers,
    created,
    docker,
    image,
    in_pod,
    items,
    k3d,
    kubectl,
    pods,
    upload,
    wait,
    workload,
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with created(tmp_path_factory.mktemp("node")) as made:
        yield made


def test_nodes_are_ready_and_say_what_they_are(cluster: Cluster) -> None:
    assert_ready(cluster)
    for node in items(cluster, "nodes"):
        labels = node["metadata"]["labels"]
        is_server = node["metadata"]["name"] == SERVER
        assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.31.4"
        assert ("node-role.kubernetes.io/control-plane" in labels) is is_server
        assert labels.get("alphintra.io/test") == (None if is_server else "yes")
        assert node["spec"]["podCIDR"].startswith("10.62.")
    assert "stand-in" in docker("run", "--rm", image("node"), "--version")


def test_names(cluster: Cluster) -> None:
    for pod in pods(cluster, "probe").values():
        found = wait(
            "names",
            120,  # the kubelet renews a ConfigMap's files within about 90 s
            lambda pod=pod: in_pod(
                cluster, pod, f"getent hosts kubernetes.default host.k3d.internal {SERVER}"
            ),
        )
        assert "10.63.0.1 " in found and "host.k3d.internal" in found
        assert addresses(cluster)[SERVER] in found


def test_a_service_is_reached_from_every_node_on_every_node(cluster: Cluster) -> None:
    wait("services", 60, lambda: assert_every_node_reaches_the_service(cluster))


def test_a_killed_kubelet_is_started_again(cluster: Cluster) -> None:
    before = docker("exec", NODES[1], "pidof", "kubelet").split()
    docker("exec", NODES[1], "sh", "-c", f"kill -9 {before[0]}")
    after = wait("kubelet", 30, lambda: docker("exec", NODES[1], "pidof", "kubelet").split())
    assert not set(before) & set(after)


def test_images_come_from_the_mirror(cluster: Cluster) -> None:
    docker("run", "-d", "--name", REGISTRY, "--network", f"k3d-{NAME}", image("registry"))
    form = f'{{{{(index .NetworkSettings.Networks "k3d-{NAME}").IPAddress}}}}'
    address = docker("inspect", "-f", form, REGISTRY).strip()
    archive = subprocess.run(
        ["docker", "save", "alphintra.local/pause:3.10"], capture_output=True, check=True
    ).stdout
    wait("registry", 30, lambda: upload(address, "trading/pause", archive))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "mirrored"},
        "spec": {
            "containers": [
                {
                    "name": "pause",
                    "image": "localhost:5050/trading/pause:1",
                    "imagePullPolicy": "Always",
                }
            ]
        },
    }
    apply(cluster, pod)
    kubectl(cluster, "wait", "pod/mirrored", "--for=condition=Ready", "--timeout=90s")


def test_pods_reach_a_second_network_without_a_way_out(cluster: Cluster) -> None:
    servers = connect_servers()
    for pod in pods(cluster, "probe").values():
        answer = wait(
            "data", 30, lambda pod=pod: in_pod(cluster, pod, call(servers.database, 8080))
        )
        assert answer == "data"


def test_data_and_addresses_survive_a_stop_and_a_start(cluster: Cluster) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kept"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Mi"}},
        },
    }
    volume = {"volumes": [{"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}]}
    mount = [{"name": "kept", "mountPath": "/kept"}]
    script = ["bash", "-c", "sleep infinity & trap 'kill $!' TERM; wait"]
    apply(cluster, claim, workload("Deployment", "keeper", script, volumeMounts=mount, pod=volume))
    kubectl(cluster, "rollout", "status", "deployment/keeper", "--timeout=120s")
    (keeper,) = pods(cluster, "keeper").values()
    in_pod(cluster, keeper, "echo 42 > /kept/answer && sync")

    k3d("cluster", "stop", NAME)
    k3d("cluster", "start", NAME, "--timeout", "240s")

    wait("nodes", 120, lambda: assert_ready(cluster))
    network = json.loads(docker("network", "inspect", f"k3d-{NAME}"))[0]["IPAM"]["Config"][0]
    for node, address in addresses(cluster).items():
        inside = ipaddress.ip_address(address) in ipaddress.ip_network(network["Subnet"])
        assert inside, f"{node} moved to {address}"

    def kept() -> None:
        (again,) = pods(cluster, "keeper").values()
        assert in_pod(cluster, again, "cat /kept/answer") == "42"

    wait("the volume", 120, kept)
    wait("services", 120, lambda: assert_every_node_reaches_the_service(cluster))


def test_an_agent_with_a_wrong_token_is_refused(cluster: Cluster) -> None:
    docker(
        *("run", "-d", "--privileged", "--name", STRANGER, "--hostname", "stranger"),
        *("--network", f"k3d-{NAME}", "-e", f"K3S_URL=https://{SERVER}:6443"),
        *("-e", "K3S_TOKEN=guessed", image("node"), "agent"),
    )
    assert docker("wait", STRANGER, timeout=120).strip() == "1"
    assert "its token (K3S_TOKEN, --token) is not the server's" in docker("logs", STRANGER)
    assert_ready(cluster)


def test_a_flag_that_is_not_known_ends_with_a_message(cluster: Cluster) -> None:
    arguments = ["docker", "run", "--rm", image("node"), "server", "--flannel-backend=none"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "unknown flag: --flannel-backend" in done.stdout
