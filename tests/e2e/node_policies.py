"""Network policies, and who gets through them, for test_node_policies.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.e2e.node_cluster import Cluster, Servers, in_pod, running

# The namespace with a policy that lets nothing through, but for its allowances.
CLOSED = "closed"
PORT = [{"protocol": "TCP", "port": 8080}]
DNS = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def policy(name: str, **rules: list[dict[str, Any]]) -> dict[str, Any]:
    """`rules` are `ingress` and `egress`; each that is given is closed but for what it lists."""
    types = [direction.capitalize() for direction in rules]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": CLOSED},
        "spec": {"podSelector": {}, "policyTypes": types, **rules},
    }


def in_namespace(name: str, **labels: str) -> dict[str, Any]:
    """The pods of a namespace, as a policy names them."""
    by_name = {"matchLabels": {"kubernetes.io/metadata.name": name}}
    return {"namespaceSelector": by_name, "podSelector": {"matchLabels": labels}}


def pod_addresses(cluster: Cluster, app: str, namespace: str = "default") -> dict[str, str]:
    """Of an app's running pods: address by name."""
    found = running(cluster, app, namespace)
    # After a node's restart a pod is said to run before it has an address again.
    assert all("podIP" in p["status"] for p in found), f"{namespace}/{app}: no address yet"
    return {p["metadata"]["name"]: p["status"]["podIP"] for p in found}


def knock(places: Iterable[str]) -> str:
    """A script that prints those of `places` (address:port) that answer."""
    return (
        f"for p in {' '.join(places)}; do"
        ' (timeout 2 bash -c "cat < /dev/tcp/${p/:/\\/}" >&/dev/null && echo $p) & done; wait'
    )


def reached(cluster: Cluster, namespace: str, pod: str, places: Iterable[str]) -> set[str]:
    return set(in_pod(cluster, pod, knock(places), namespace).split())


def at(addresses: Iterable[str], *ports: int) -> set[str]:
    return {f"{address}:{port}" for address in addresses for port in ports}


def assert_closed(cluster: Cluster, servers: Servers, allowed: set[str]) -> None:
    """No pod outside reaches the closed namespace; its own reach what is allowed and no more."""
    outside, inside = pod_addresses(cluster, "probe"), pod_addresses(cluster, "inner", CLOSED)
    assert outside and len(outside) == len(inside)
    for pod in outside:
        assert reached(cluster, "default", pod, at(inside.values(), 8080)) == set(), pod
    for pod, own in inside.items():
        others = {*inside.values(), *outside.values()} - {own}
        places = at(servers, 8080, 8081) | at(others, 8080)
        assert reached(cluster, CLOSED, pod, places) == allowed, pod
