"""A stack that is up, as Docker, Kubernetes and Pulumi's outputs would show it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.services import SERVICES
from ops.stack import PROJECT, Stack

NOWHERE = Path("/nowhere")
"""The folder of a stack whose files nobody reads; `down` removes the kubeconfig in it."""
SECRETS = {"postgres": "secret-of-postgres", "users": "secret-of-users"}
CACHE_SECRET, USER_SECRET = "secret-of-the-cache", "secret-of-a-user"
KUBECONFIG = "kind: Config # secret-of-the-cluster"
EVERY_SECRET = (*SECRETS.values(), CACHE_SECRET, USER_SECRET, "secret-of-the-cluster")
OUTPUTS: dict[str, Any] = {
    "kubeconfig": KUBECONFIG,
    "database_passwords": SECRETS,
    "database_ca_certificate": "the database's authority",
    "cache_password": CACHE_SECRET,
    "cache_passwords": {"auth": USER_SECRET},
    "cache_ca_certificate": "the cache's authority",
    "registry_address": "localhost:5050",
    "database_host_address": "10.0.0.2:5432",
    "cache_host_address": "10.0.0.3:6379",
    "cluster_name": "alphintra",
}
SPECS: dict[str, dict[str, Any]] = {
    "Database": {
        "host_port": 5432,
        "replica_host_port": 5434,
        "read_replica": True,
        "highly_available": False,
    },
    "Cache": {"host_port": 6379, "highly_available": True},
    "Registry": {"host_port": 5050},
}
"""What the stack asked of its components when it last was brought up."""
NODE_IMAGE = {"image": "node", "image_id": "sha256:made-of"}
"""What its cluster was made of."""
CLUSTER: dict[str, Any] = {
    **NODE_IMAGE,
    "servers": 1.0,
    "agents": 1.0,
    "network": "private",
    "extra_network": "database",
}
"""What was asked for of it."""
SERVER: dict[str, Any] = {"image": "sha256:server", "restart": "unless-stopped"}
"""What was asked for of every other container, besides its name."""


NETWORKS = {
    "server": ("private", "database"),
    "agent": ("private", "database"),
    "loadbalancer": ("private",),
}
"""Role in the cluster → the networks that it is on."""


def container(stack: Stack, component: str, **changes: Any) -> dict[str, Any]:
    """A container as `docker inspect` shows it; changes: status, health, role, name, ports."""
    role = changes.get("role")
    name = changes.get("name") or stack.container(component)
    health = changes.get("health", "healthy")
    labels = {
        "io.alphintra.project": PROJECT,
        "io.alphintra.stack": stack.name,
        "io.alphintra.component": component,
        **({"k3d.cluster": stack.cluster, "k3d.role": role} if role else {}),
    }
    return {
        "Id": f"id-of-{name}",
        "Name": f"/{name}",
        "Config": {"Labels": labels, "Cmd": None},
        "Image": SERVER["image"],
        "State": {
            "Status": changes.get("status", "running"),
            **({"Health": {"Status": health}} if health else {}),
        },
        "HostConfig": {
            "PortBindings": {
                f"{inside}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(outside)}]
                for inside, outside in changes.get("ports", {}).items()
            },
            "RestartPolicy": {"Name": SERVER["restart"]},
            "CpusetCpus": "",
            **dict.fromkeys(("Memory", "MemorySwap", "NanoCpus", "CpuShares", "CpuQuota"), 0),
        },
        "NetworkSettings": {"Networks": {name: {} for name in NETWORKS.get(role or "", ())}},
        "Mounts": changes.get(
            "mounts", [{"Type": "volume", "Name": f"{name}-data", "Destination": "/data"}]
        ),
    }


def platform(stack: Stack) -> list[dict[str, Any]]:
    """All containers of a stack that is up."""
    services = [container(stack, service) for service in SERVICES]
    nodes = [
        container(
            stack,
            "cluster",
            name=f"k3d-{stack.cluster}-{name}",
            role=role,
            health=None,
            ports={6443: 6550} if role == "loadbalancer" else {},
        )
        for name, role in (
            ("agent-0", "agent"),
            ("server-0", "server"),
            ("serverlb", "loadbalancer"),
        )
    ]
    return services + nodes


def with_condition(name: str, condition: str, holds: bool = True) -> dict[str, Any]:
    """A Kubernetes object of which `condition` holds, or not."""
    status = {"conditions": [{"type": condition, "status": "True" if holds else "False"}]}
    return {"metadata": {"name": name}, "status": status}


def asked_for(
    type_: str,
    id_: str,
    networks: Mapping[str, str],
    own: Mapping[str, tuple[dict[str, Any], dict[str, Any]]],
) -> dict[str, Any]:
    """The inputs and outputs of a recorded resource; `own`: id → those that a test wants."""
    inputs: dict[str, dict[str, Any]] = {
        "docker:index/container:Container": {**SERVER, "name": id_.removeprefix("id-of-")},
        "docker:index/network:Network": {"name": networks.get(id_, id_)},
        "pulumi-python:local:K3dCluster": CLUSTER,
    }
    outputs: dict[str, dict[str, Any]] = {
        "pulumi-python:local:K3dCluster": {"kubeconfig": KUBECONFIG},
        "kubernetes:batch/v1:Job": {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": id_, "namespace": "a-namespace"},
        },
    }
    found = inputs.get(type_, {}), outputs.get(type_, {})
    return dict(zip(("inputs", "outputs"), own.get(id_, found), strict=True))
