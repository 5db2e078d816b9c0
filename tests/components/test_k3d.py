"""The k3d cluster resource: what it asks of k3d, and when."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from components.cluster.k3d import REMAKING, K3dProvider
from components.command import CommandError
from tests.components.fake_host import FakeHost
from tests.programs import ROOT

PROPS: dict[str, Any] = {
    "name": "alphintra-dev-cluster",
    "servers": 1.0,  # Pulumi's numbers are floating-point
    "agents": 2.0,
    "image": "node:1",
    "image_id": "sha256:1",
    "proxy_image": "proxy:1",
    "tools_image": "tools:1",
    "network": "alphintra-dev-private",
    "extra_network": "alphintra-dev-database",
    "pods_cidr": "10.60.128.0/17",
    "services_cidr": "10.60.48.0/20",
    "dns_address": "10.60.48.10",
    "registry": "localhost:5050",
    "registry_mirror": "http://alphintra-dev-registry:5000",
    "api_port": 6550.0,
    "published_ports": {"8080": 30080.0},
    "labels": {"io.alphintra.stack": "dev"},
}
NAME = PROPS["name"]


class Host(FakeHost):
    """k3d and Docker with at most one cluster, of which the test says what k3d lists."""

    agents: int | None = None
    balancers = 1

    def cluster_list(self, _: Sequence[str]) -> str:
        if self.agents is None:
            return "[]"
        nodes = [{"name": f"k3d-{NAME}-server-0", "role": "server"}]
        nodes += [{"name": f"k3d-{NAME}-agent-{n}", "role": "agent"} for n in range(self.agents)]
        nodes += [{"name": f"k3d-{NAME}-serverlb", "role": "loadbalancer"}] * self.balancers
        return json.dumps([{"name": "another", "nodes": []}, {"name": NAME, "nodes": nodes}])


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr("components.cluster.k3d_cli.run", host.run)

    def create(_: Sequence[str]) -> str:
        host.agents = int(PROPS["agents"])
        return ""

    def delete(_: Sequence[str]) -> str:
        host.agents = None
        return ""

    monkeypatch.setattr("components.cluster.k3d_balancer.run", host.run)
    members = {"1": {"Name": f"k3d-{NAME}-agent-0"}}
    host.answers = {
        "k3d cluster list": host.cluster_list,
        "k3d cluster create": create,
        "k3d cluster delete": delete,
        "k3d cluster edit": "",
        "k3d node": "",
        "k3d kubeconfig get": "kind: Config",
        "docker network inspect": json.dumps([{"Containers": members}]),
        "docker network connect": "",
        "docker update": "",
        "docker exec": "",
    }
    return host


def test_create_says_all_that_the_spec_says(host: Host):
    result = K3dProvider().create(dict(PROPS))
    (command,) = host.ran("k3d cluster create")
    for part in (
        f"k3d cluster create {NAME} ",
        "--servers=1 ",
        "--agents=2 ",
        "--image=node:1 ",
        "--network=alphintra-dev-private ",
        "--api-port=127.0.0.1:6550 ",
        "--port=127.0.0.1:8080:30080@loadbalancer",
        "--k3s-arg=--cluster-cidr=10.60.128.0/17@server:*",
        "--k3s-arg=--service-cidr=10.60.48.0/20@server:*",
        "--k3s-arg=--cluster-dns=10.60.48.10@server:*",
        "--runtime-label=io.alphintra.stack=dev@agent:*",
        "--kubeconfig-update-default=false",
    ):
        assert part in command
    assert result.id == NAME
    assert result.outs and result.outs["kubeconfig"] == "kind: Config"


def test_every_node_joins_the_database_network_once(host: Host):
    K3dProvider().create(dict(PROPS))
    assert host.ran("docker network connect") == [
        f"docker network connect alphintra-dev-database k3d-{NAME}-agent-1",
        f"docker network connect alphintra-dev-database k3d-{NAME}-server-0",
    ]


def test_every_container_is_started_again_whatever_ended_it(host: Host):
    """k3d's own policy leaves them stopped after a crash of Docker."""
    K3dProvider().create(dict(PROPS))
    (command,) = host.ran("docker update")
    assert command.startswith("docker update --restart=always ")
    for node in ("server-0", "agent-0", "agent-1"):
        assert f"k3d-{NAME}-{node}" in command.split()


def test_nodes_that_have_not_registered_are_waited_for(host: Host):
    """`kubectl wait nodes --all` would be content with those that have, and fail with none."""
    K3dProvider().create(dict(PROPS))
    registered, ready = host.ran(f"docker exec k3d-{NAME}-server-0 kubectl wait")
    for node in ("server-0", "agent-0", "agent-1"):
        assert f"node/k3d-{NAME}-{node}" in registered.split()
    assert "--for=create" in registered and "--for=condition=Ready" in ready


def test_the_users_kubeconfig_is_left_alone(host: Host):
    K3dProvider().create(dict(PROPS))
    K3dProvider().delete(NAME, PROPS)
    for command, environment in zip(host.commands, host.environments, strict=True):
        if command.startswith("k3d"):
            assert environment["KUBECONFIG"] != os.environ.get("KUBECONFIG")
            assert not Path(environment["KUBECONFIG"]).is_relative_to(Path.home())


def test_what_an_interrupted_run_left_is_removed_first(host: Host):
    host.agents = 0
    K3dProvider().create(dict(PROPS))
    changes = [c for c in host.commands if c.startswith(("k3d cluster c", "k3d cluster d"))]
    assert [c.split()[2] for c in changes] == ["delete", "create"]


def test_a_failed_creation_leaves_no_cluster(host: Host):
    def half_made(_: Sequence[str]) -> str:
        host.agents = 1
        raise CommandError("k3d cluster create: no space left on device")

    host.answers["k3d cluster create"] = half_made
    with pytest.raises(CommandError, match="no space left"):
        K3dProvider().create(dict(PROPS))
    assert host.agents is None


def test_a_cluster_that_k3d_does_not_list_is_removed_too(host: Host):
    """Where a full disk ended its making before the first node, a helper is left of it."""
    K3dProvider().delete(NAME, PROPS)
    assert host.ran("k3d cluster delete") == [f"k3d cluster delete {NAME}"]


def test_read_finds_a_cluster_that_is_gone(host: Host):
    assert K3dProvider().read(NAME, dict(PROPS)).id is None


def test_read_sees_agents_that_went_missing(host: Host):
    host.agents = 1
    read = K3dProvider().read(NAME, dict(PROPS))
    assert read.id == NAME
    assert read.outs and K3dProvider().diff(NAME, read.outs, PROPS).changes


def test_diff_without_a_change(host: Host):
    del host
    diff = K3dProvider().diff(NAME, {**PROPS, "kubeconfig": "x"}, {**PROPS, "kubeconfig": None})
    assert diff.changes is False


def changes(host: Host, news: dict[str, Any]) -> list[str]:
    """What an update to `news` does to the cluster, after a diff that says so without replacing."""
    host.agents = 2
    diff = K3dProvider().diff(NAME, PROPS, news)
    assert diff.changes and not diff.replaces
    K3dProvider().update(NAME, PROPS, news)
    return [" ".join(c.split()[1:3]) for c in host.commands if c.startswith("k3d cluster ")]


@pytest.mark.parametrize("key", [key for key in REMAKING if key != "name"])
def test_what_k3d_cannot_change_makes_the_cluster_anew(host: Host, key: str):
    value = 3.0 if isinstance(PROPS[key], float) else {"a": "b"} if key == "labels" else "another"
    done = changes(host, {**PROPS, key: value})
    assert [d for d in done if d != "cluster list"] == ["cluster delete", "cluster create"]


@pytest.mark.parametrize(
    ("ports", "steps"),
    [
        ({"8080": 30080.0, "9090": 30090.0}, ["cluster edit"]),
        ({}, ["cluster delete", "cluster create"]),
        ({"8080": 30081.0}, ["cluster delete", "cluster create"]),
    ],
)
def test_ports_are_added_in_place_and_removed_by_making_anew(
    host: Host, ports: dict[str, float], steps: list[str]
):
    done = changes(host, {**PROPS, "published_ports": ports})
    assert [d for d in done if d != "cluster list"] == steps


def test_update_adds_agents_and_ports(host: Host):
    host.agents = 2
    news = {**PROPS, "agents": 3.0, "published_ports": {"8080": 30080.0, "9090": 30090.0}}
    K3dProvider().update(NAME, PROPS, news)
    (created,) = host.ran("k3d node create")
    assert f"{NAME}-agent-2" in created and "--role=agent" in created
    assert host.ran("k3d cluster edit") == [
        f"k3d cluster edit {NAME} --port-add=127.0.0.1:9090:30090@loadbalancer"
    ]


def test_update_drains_agents_before_it_removes_them(host: Host):
    host.agents = 2
    K3dProvider().update(NAME, PROPS, {**PROPS, "agents": 1.0})
    node = f"k3d-{NAME}-agent-1"
    steps = [c for c in host.commands if c.startswith(("docker exec", "k3d node"))]
    assert [s.split(" kubectl ")[-1].split(node)[0].strip() for s in steps[1:4]] == [
        "drain",
        "delete node",
        "k3d node delete",
    ]


def test_a_node_that_somebody_removed_is_forgotten_and_made_again(host: Host):
    """Under a name that no other has."""
    host.agents = 1
    gone = f"node/k3d-{NAME}-agent-1"
    there = [f"node/k3d-{NAME}-{node}" for node in ("server-0", "agent-0")]
    host.answers[f"docker exec k3d-{NAME}-server-0 kubectl get nodes"] = "\n".join([*there, gone])
    K3dProvider().update(NAME, {**PROPS, "agents": 1}, PROPS)
    assert host.ran(f"docker exec k3d-{NAME}-server-0 kubectl delete") == [
        f"docker exec k3d-{NAME}-server-0 kubectl delete {gone}"
    ]
    (created,) = host.ran("k3d node create")
    assert f"create {NAME}-agent-1 " in created


def test_a_load_balancer_that_somebody_removed_is_made_again(host: Host):
    """As k3d makes it, which can't make one alone."""
    host.agents, host.balancers = 2, 0
    read_by_nginx: list[str] = []

    def copy(command: Sequence[str]) -> str:
        """Into the stand-in of k3d's proxy, which makes nginx's configuration of it so."""
        awk = ["awk", "-f", str(ROOT / "images" / "k3d-proxy" / "nginx-config.awk")]
        read_by_nginx.append(
            subprocess.check_output([*awk, f"{command[2]}/values.yaml"], text=True)
        )
        return ""

    labels = {"k3d.cluster": NAME, "k3d.cluster.token": "t", "app": "k3d", "k3d.role": "server"}
    host.answers |= {
        "docker inspect": json.dumps([{"Config": {"Labels": labels}}]),
        "docker create": "",
        "docker cp": copy,
        "docker start": "",
    }
    read = K3dProvider().read(NAME, dict(PROPS))
    assert read.outs and K3dProvider().diff(NAME, read.outs, PROPS).changes
    K3dProvider().update(NAME, read.outs, PROPS)
    (command,) = host.ran("docker create")
    for part in (
        f" --name=k3d-{NAME}-serverlb ",
        " --network=alphintra-dev-private ",
        " --label=k3d.cluster.token=t ",
        " --label=k3d.role=loadbalancer ",
        " --label=io.alphintra.stack=dev ",
        " --publish=127.0.0.1:6550:6443 ",
        " --publish=127.0.0.1:8080:30080 ",
    ):
        assert part in command
    (routes,) = read_by_nginx
    assert f"server k3d-{NAME}-server-0:6443 " in routes
    assert f"server k3d-{NAME}-agent-1:30080 " in routes
    assert not host.ran("k3d cluster edit")
    assert host.ran("docker start") == [f"docker start k3d-{NAME}-serverlb"]


def test_without_its_server_a_cluster_is_gone(host: Host):
    """What Kubernetes knew was on it."""
    nodes = [{"name": f"k3d-{NAME}-agent-0", "role": "agent"}]
    host.answers["k3d cluster list"] = json.dumps([{"name": NAME, "nodes": nodes}])
    assert K3dProvider().read(NAME, dict(PROPS)).id is None
