"""The k3d commands behind a cluster: make, find, change, remove."""

import json
import os
import tempfile
from collections.abc import Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any

from components.command import run

CREATE_TIMEOUT_SECONDS = 600
"""Time for a whole cluster; on a slow link most of it goes into pulling the node's images."""


def k3d(*arguments: str, images: Mapping[str, str] | None = None) -> str:
    """Run k3d so that it leaves the user's kubeconfig alone (deleting a cluster edits it)."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "KUBECONFIG": str(Path(folder) / "kubeconfig"), **(images or {})}
        return run(["k3d", *arguments], env=env, timeout_seconds=CREATE_TIMEOUT_SECONDS)


def find(name: str) -> dict[str, Any] | None:
    """What k3d knows of the cluster `name`, or None where there is none."""
    clusters = json.loads(k3d("cluster", "list", "--output", "json"))
    return next((cluster for cluster in clusters if cluster["name"] == name), None)


def nodes(cluster: Mapping[str, Any], *roles: str) -> list[str]:
    """The names of the cluster's nodes (containers) in `roles`, in order."""
    return sorted(node["name"] for node in cluster["nodes"] if node["role"] in roles)


def create(props: Mapping[str, Any]) -> None:
    """Make the cluster and wait for its nodes.

    `props`: name; servers and agents (counts); image, proxy_image and tools_image (references);
    network (the nodes' Docker network) and extra_network (a second one that they join);
    pods_cidr, services_cidr, dns_address; registry (what image names begin with) and
    registry_mirror (its URL as the nodes reach it); api_port and published_ports (loopback port →
    NodePort); labels for the containers.
    """
    k3s_flags = {
        "cluster-cidr": props["pods_cidr"],
        "service-cidr": props["services_cidr"],
        "cluster-dns": props["dns_address"],
        "disable": "traefik",  # the platform brings its own gateway
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as registries:
        json.dump(
            {"mirrors": {props["registry"]: {"endpoint": [props["registry_mirror"]]}}}, registries
        )
        registries.flush()
        k3d(
            *("cluster", "create", props["name"], "--no-rollback"),
            f"--servers={int(props['servers'])}",
            f"--agents={int(props['agents'])}",
            f"--image={props['image']}",
            f"--network={props['network']}",
            f"--api-port=127.0.0.1:{int(props['api_port'])}",
            f"--registry-config={registries.name}",
            "--kubeconfig-update-default=false",
            "--wait",
            f"--timeout={CREATE_TIMEOUT_SECONDS}s",
            *(f"--k3s-arg=--{flag}={value}@server:*" for flag, value in k3s_flags.items()),
            *(f"--port={port_mapping(*port)}" for port in props["published_ports"].items()),
            *(
                f"--runtime-label={key}={value}@{group}:*"
                for key, value in props["labels"].items()
                for group in ("server", "agent", "loadbalancer")
                if group != "agent" or props["agents"]
            ),
            images=helper_images(props),
        )
    wait_ready(props)


def helper_images(props: Mapping[str, Any]) -> dict[str, str]:
    """What tells k3d which images to use for its helper containers."""
    return {
        "K3D_IMAGE_LOADBALANCER": props["proxy_image"],
        "K3D_IMAGE_TOOLS": props["tools_image"],
    }


def port_mapping(host_port: str, node_port: float) -> str:
    """k3d's words for: loopback `host_port` reaches `node_port` of the nodes."""
    return f"127.0.0.1:{host_port}:{int(node_port)}@loadbalancer"


def wait_ready(props: Mapping[str, Any]) -> None:
    """Join every node to the extra network, have Docker start every container again whatever ended
    it (`components/containers.py` says why), and wait until Kubernetes calls all nodes ready."""
    cluster = find(props["name"])
    if cluster is None:
        raise RuntimeError(f"k3d made no cluster {props['name']}")
    joined = _members(props["extra_network"])
    for node in nodes(cluster, "server", "agent"):
        if node not in joined:
            run(["docker", "network", "connect", props["extra_network"], node])
    everything = nodes(cluster, "server", "agent", "loadbalancer")
    run(["docker", "update", "--restart=always", *everything])
    # k3d calls a server up before its node has registered; to wait for all nodes of none is an
    # error at once.
    registered = (f"node/{node}" for node in nodes(cluster, "server", "agent"))
    _kubectl(cluster, "wait", "--for=create", *registered, "--timeout=180s")
    _kubectl(cluster, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=180s")


def scale_agents(props: Mapping[str, Any]) -> None:
    """Add or remove agents until there are as many as asked for; the newest go first."""
    name, wanted = props["name"], int(props["agents"])
    cluster = find(name)
    if cluster is None:
        raise RuntimeError(f"there is no cluster {name} any more: run `pulumi refresh`")
    agents = nodes(cluster, "agent")
    _forget_missing(cluster)
    for node in agents[wanted:]:
        _kubectl(cluster, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force")
        _kubectl(cluster, "delete", "node", node)
        k3d("node", "delete", node)
    first, later = f"k3d-{name}-agent-{{}}", f"k3d-{name}-agent-{{}}-0"
    free = (n for n in count() if not {first.format(n), later.format(n)} & set(agents))
    for number in islice(free, max(0, wanted - len(agents))):
        k3d(
            *("node", "create", f"{name}-agent-{number}", "--role=agent"),
            f"--cluster={name}",
            f"--image={props['image']}",
            *(f"--runtime-label={key}={value}" for key, value in props["labels"].items()),
            "--wait",
            images=helper_images(props),
        )


def _forget_missing(cluster: Mapping[str, Any]) -> None:
    """Have Kubernetes forget the nodes whose containers somebody removed."""
    known = _kubectl(cluster, "get", "nodes", "--output=name").split()
    there = {f"node/{node}" for node in nodes(cluster, "server", "agent")}
    for node in sorted(set(known) - there):
        _kubectl(cluster, "delete", node)


def add_ports(name: str, ports: Mapping[str, float]) -> None:
    """Publish more loopback ports; k3d makes its load balancer anew for it."""
    if ports:
        k3d("cluster", "edit", name, *(f"--port-add={port_mapping(*p)}" for p in ports.items()))


def kubeconfig(name: str) -> str:
    """The administrator's kubeconfig: a secret."""
    return k3d("kubeconfig", "get", name)


def delete(name: str) -> None:
    """Remove the cluster with its volumes; nothing to do where there is none. `find` is not asked:
    k3d lists no cluster of which only a helper was made, and refuses to make another beside it."""
    k3d("cluster", "delete", name)


def _members(network: str) -> set[str]:
    inspected = json.loads(run(["docker", "network", "inspect", network]))
    return {container["Name"] for container in inspected[0]["Containers"].values()}


def _kubectl(cluster: Mapping[str, Any], *arguments: str) -> str:
    """Run kubectl on the first server, which has it, whatever the host has."""
    server = nodes(cluster, "server")[0]
    return run(["docker", "exec", server, "kubectl", *arguments], timeout_seconds=300)
