"""The stand-in node enforces network policies. Needs what test_node.py needs; two minutes more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.node_cluster import (
    CALLER,
    DATA_NETWORK,
    LATE,
    NAME,
    NODES,
    PODS,
    Cluster,
    Servers,
    addresses,
    apply,
    assert_ready,
    call,
    connect_servers,
    created,
    docker,
    image,
    in_pod,
    k3d,
    kubectl,
    listeners,
    pods,
    service,
    wait,
    workload,
)
from tests.e2e.node_policies import (
    CLOSED,
    DNS,
    PORT,
    assert_closed,
    at,
    in_namespace,
    knock,
    namespace,
    pod_addresses,
    policy,
    reached,
)

Closed = Callable[..., None]
Witness = Callable[[], None]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with created(tmp_path_factory.mktemp("node")) as made:
        yield made


@pytest.fixture(scope="module")
def servers(cluster: Cluster) -> Servers:
    return connect_servers()


@pytest.fixture(scope="module")
def closed(cluster: Cluster, servers: Servers) -> Closed:
    """A closed namespace with a pod on every node, ready if their kubelets can probe them."""
    probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    apply(cluster, namespace(CLOSED))
    deny(cluster)
    apply(cluster, listeners("inner", CLOSED, readinessProbe=probe), service("inner", CLOSED))
    kubectl(cluster, "rollout", "status", "-n", CLOSED, "daemonset/inner", "--timeout=60s")
    return lambda *allowed: assert_closed(cluster, servers, set(allowed))


@pytest.fixture(scope="module")
def witness(cluster: Cluster, servers: Servers, closed: Closed) -> Witness:
    """Pods that knock from the moment they start where there is no allowance for them."""
    knocks = f"for i in {{1..100}}; do {knock([f'{servers.other}:8080'])}; sleep 0.02; done"
    script = ["bash", "-c", f"({knocks}) & sleep infinity"]
    apply(cluster, workload("DaemonSet", "witness", script, CLOSED))

    def testimony() -> None:
        kubectl(cluster, "rollout", "status", "-n", CLOSED, "daemonset/witness", "--timeout=120s")
        for pod in pods(cluster, "witness", CLOSED).values():
            assert kubectl(cluster, "logs", "-n", CLOSED, pod) == ""

    return testimony


def deny(cluster: Cluster) -> None:
    apply(cluster, policy("default-deny", ingress=[], egress=[]))


def allow(cluster: Cluster, name: str, **rules: list[dict[str, Any]]) -> None:
    apply(cluster, policy(name, **rules))


def allow_data(cluster: Cluster, servers: Servers) -> None:
    block = {"ipBlock": {"cidr": f"{servers.database}/32"}}
    allow(cluster, "allow-data", egress=[{"to": [block], "ports": PORT}])


def forbid(cluster: Cluster, *names: str) -> None:
    kubectl(cluster, "delete", "networkpolicy", "-n", CLOSED, *names)


def test_default_deny_closes_a_namespace_both_ways(closed: Closed) -> None:
    closed()


def test_an_allowance_opens_one_address_and_port(
    cluster: Cluster, servers: Servers, closed: Closed
) -> None:
    allow_data(cluster, servers)
    wait("allow-data", 5, lambda: closed(f"{servers.database}:8080"))


def test_names_and_services_by_allowance(cluster: Cluster, closed: Closed) -> None:
    inner, probe = pods(cluster, "inner", CLOSED), pods(cluster, "probe")
    ask = "for i in {1..30}; do %s; echo; done"

    def answers(pod: str, namespace: str, script: str) -> set[str]:
        return set(in_pod(cluster, pod, script, namespace).split())

    for pod in inner.values():
        assert not answers(pod, CLOSED, f"{call('probe.default')} || true")
    dns, callers = in_namespace("kube-system"), in_namespace("default", app="probe")
    allow(cluster, "allow-dns", egress=[{"to": [dns], "ports": DNS}])
    allow(cluster, "allow-calls", egress=[{"to": [callers], "ports": PORT}])

    def served_inside() -> None:
        for pod in inner.values():
            assert answers(pod, CLOSED, ask % call("probe.default")) == set(NODES)

    wait("allow-calls", 10, served_inside)
    for pod in probe.values():
        assert not answers(pod, "default", f"{call(f'inner.{CLOSED}')} || true")
    allow(cluster, "allow-callers", ingress=[{"from": [callers], "ports": PORT}])

    def served_outside() -> None:
        for pod in probe.values():
            assert answers(pod, "default", ask % call(f"inner.{CLOSED}")) == set(NODES)

    wait("allow-callers", 10, served_outside)
    forbid(cluster, "allow-dns", "allow-calls", "allow-callers")


def test_calls_from_outside_by_allowance(cluster: Cluster, closed: Closed) -> None:
    ports = [{"port": 80, "targetPort": 8080, "nodePort": 30099}]
    apply(cluster, service("inner", CLOSED, type="NodePort", ports=ports))
    docker(
        *("run", "-d", "--name", CALLER, "--network", f"k3d-{NAME}", image("debian")),
        *("sleep", "infinity"),
    )
    doors = at(addresses(cluster).values(), 30099)

    def come_in() -> set[str]:
        return set(docker("exec", CALLER, "bash", "-c", knock(doors)).split())

    assert come_in() == set()
    world = {"ipBlock": {"cidr": "0.0.0.0/0", "except": [PODS]}}
    allow(cluster, "allow-outside", ingress=[{"from": [world], "ports": PORT}])

    def all_come_in() -> None:
        assert come_in() == doors

    wait("allow-outside", 5, all_come_in)
    (probe, *_) = pods(cluster, "probe").values()
    inner = pod_addresses(cluster, "inner", CLOSED).values()
    assert reached(cluster, "default", probe, at(inner, 8080)) == set()
    forbid(cluster, "allow-outside")


def test_without_its_policies_a_namespace_is_open(
    cluster: Cluster, servers: Servers, closed: Closed
) -> None:
    forbid(cluster, "--all")
    inner = at(pod_addresses(cluster, "inner", CLOSED).values(), 8080)

    def open_again() -> None:
        for pod in pods(cluster, "probe").values():
            assert reached(cluster, "default", pod, inner) == inner

    wait("the end of the policies", 10, open_again)
    deny(cluster)
    allow_data(cluster, servers)
    wait("the policies", 10, lambda: closed(f"{servers.database}:8080"))


def test_policies_hold_from_a_pods_first_moment(cluster: Cluster, witness: Witness) -> None:
    for _ in range(3):
        witness()
        kubectl(cluster, "rollout", "restart", "-n", CLOSED, "daemonset/witness")


def test_policies_hold_over_a_stop_and_a_start(
    cluster: Cluster, servers: Servers, closed: Closed, witness: Witness
) -> None:
    k3d("cluster", "stop", NAME)
    k3d("cluster", "start", NAME, "--timeout", "240s")
    wait("nodes", 120, lambda: assert_ready(cluster))
    wait("pods", 120, lambda: closed(f"{servers.database}:8080"))
    witness()


def test_policies_hold_on_an_agent_that_joins_later(
    cluster: Cluster, servers: Servers, closed: Closed
) -> None:
    k3d("node", "create", LATE, "--cluster", NAME, "--image", image("node"), "--wait")
    late = f"k3d-{LATE}-0"
    docker("network", "connect", DATA_NETWORK, late)
    k3d("image", "import", "-c", NAME, image("debian"))

    def there() -> None:
        assert late in pods(cluster, "inner", CLOSED) and late in pods(cluster, "probe")

    wait("pods on the new agent", 60, there)
    closed(f"{servers.database}:8080")
