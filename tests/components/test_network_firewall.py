"""What may pass in the VPC on Google Cloud, by the rules in the order in which they are applied."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network
from itertools import chain
from typing import Any

import pytest
from hypothesis import given

from components.network import NetworkSpec
from components.network.firewall import ANYWHERE, LOAD_BALANCERS, egress, ingress
from components.network.plan import address_plan
from tests.components.test_plan import blocks
from tests.programs import build

BLOCK = IPv4Network("10.60.0.0/16")
PLAN = address_plan(BLOCK)


@cache
def rules() -> list[dict[str, Any]]:
    """As the provider is given them, in the order in which they are applied."""
    graph = build("network", "gcp", NetworkSpec(cidr=BLOCK))
    found = [node.inputs for node in graph.of(":NetworkFirewallPolicyRule")]
    return sorted(found, key=lambda rule: rule["priority"])


PLACES = {
    "node": PLAN.private[5],
    "another node": PLAN.private[6],
    "pod": PLAN.pods[300],
    "another pod": PLAN.pods[900],
    "control plane": PLAN.control_plane[2],
    "public": PLAN.public[5],
    "own database": PLAN.database[10],
    "managed": PLAN.managed[7],
    "google api": IPv4Address("199.36.153.5"),
    "private api": IPv4Address("199.36.153.9"),
    "load balancer": IPv4Address("35.191.3.4"),
    "iap": IPv4Address("35.235.240.9"),
    "internet": IPv4Address("198.51.100.7"),
    "peer": IPv4Address("10.200.0.9"),
}


def fits(rule: dict[str, Any], source: IPv4Address, to: IPv4Address, how: tuple[str, int]) -> bool:
    match = rule["match"]
    layer4: list[dict[str, Any]] = match["layer4Configs"]
    return (
        any(source in IPv4Network(block) for block in match["srcIpRanges"])
        and any(to in IPv4Network(block) for block in match["destIpRanges"])
        and any(
            one["ipProtocol"] in ("all", how[0])
            and (not one["ports"] or str(how[1]) in one["ports"])
            for one in layer4
        )
    )


def verdict(direction: str, source: IPv4Address, to: IPv4Address, how: tuple[str, int]) -> str:
    for rule in rules():
        if rule["direction"] == direction and fits(rule, source, to, how):
            return rule["action"]
    raise AssertionError("no rule decides")


def passes(source: str, destination: str, protocol: str, port: int) -> bool:
    """Both ends have a say, where they are machines of the VPC. Google's own (the control plane,
    managed services) are behind firewalls of Google's."""
    sender, receiver = PLACES[source], PLACES[destination]
    machines = (PLAN.public, PLAN.private, PLAN.database, PLAN.pods)
    verdicts = [
        verdict(direction, sender, receiver, (protocol, port))
        for direction, end in (("EGRESS", sender), ("INGRESS", receiver))
        if any(end in subnet for subnet in machines)
    ]
    assert verdicts
    return set(verdicts) == {"allow"}


@pytest.mark.parametrize(
    ("source", "destination", "protocol", "port"),
    [
        # The Kubernetes network model: every node and pod reaches every other.
        ("node", "another node", "tcp", 10250),
        ("node", "pod", "tcp", 8080),
        ("pod", "another pod", "udp", 53),
        ("pod", "another pod", "tcp", 9090),
        ("pod", "node", "tcp", 4240),
        # GKE where egress is denied: the API, the tunnel; and back, without the tunnel.
        ("node", "control plane", "tcp", 443),
        ("node", "control plane", "tcp", 8132),
        ("pod", "control plane", "tcp", 443),
        ("control plane", "node", "tcp", 10250),
        ("control plane", "node", "tcp", 443),
        ("control plane", "pod", "tcp", 9443),
        ("control plane", "pod", "tcp", 15017),
        # Images, logs, metrics, keys.
        ("node", "google api", "tcp", 443),
        ("pod", "google api", "tcp", 443),
        ("own database", "google api", "tcp", 443),
        ("public", "google api", "tcp", 443),
        # Cloud SQL, its proxy, Memorystore with TLS.
        ("pod", "managed", "tcp", 5432),
        ("pod", "managed", "tcp", 3307),
        ("pod", "managed", "tcp", 6378),
        ("node", "managed", "tcp", 5432),  # a pod may be seen at its node's address
        ("pod", "own database", "tcp", 5432),
        ("pod", "own database", "tcp", 6379),
        ("load balancer", "pod", "tcp", 8080),
        ("load balancer", "node", "tcp", 30080),
        # Exchanges.
        ("pod", "internet", "tcp", 443),
        ("node", "internet", "tcp", 443),
    ],
)
def test_what_the_platform_needs_passes(source: str, destination: str, protocol: str, port: int):
    assert passes(source, destination, protocol, port)


@pytest.mark.parametrize(
    ("source", "destination", "protocol", "port"),
    [
        ("internet", "node", "tcp", 22),
        ("internet", "node", "tcp", 30080),
        ("internet", "pod", "tcp", 443),
        ("internet", "public", "tcp", 443),
        ("iap", "node", "tcp", 22),
        ("load balancer", "own database", "tcp", 5432),
        ("load balancer", "pod", "udp", 443),
        ("public", "node", "tcp", 22),
        ("public", "managed", "tcp", 5432),
        ("public", "own database", "tcp", 5432),
        ("own database", "pod", "tcp", 8080),
        ("own database", "managed", "tcp", 5432),
        ("control plane", "own database", "tcp", 5432),
        ("own database", "internet", "tcp", 443),
        ("public", "internet", "tcp", 443),
        ("pod", "internet", "tcp", 80),
        ("pod", "internet", "tcp", 25),
        ("pod", "internet", "udp", 53),
        ("pod", "internet", "udp", 443),
        ("pod", "managed", "tcp", 443),
        ("pod", "managed", "tcp", 6379),
        ("pod", "own database", "tcp", 22),
        ("pod", "public", "tcp", 443),
        ("pod", "peer", "tcp", 443),
        ("pod", "google api", "tcp", 80),
        ("peer", "pod", "tcp", 443),
    ],
)
def test_nothing_else_passes(source: str, destination: str, protocol: str, port: int):
    assert not passes(source, destination, protocol, port)


def test_every_rule_is_named_said_and_logged():
    assert len(rules()) == 13
    for rule in rules():
        assert rule["enableLogging"] is True
        assert rule["ruleName"].startswith(f"network-{rule['direction'].lower()}-")
        assert rule["description"].startswith(f"{rule['action']}: ")
        assert not rule.get("disabled")


@given(blocks)
def test_priorities_are_unique_and_each_direction_ends_in_a_denial(block: IPv4Network):
    plan = address_plan(block)
    every = [*ingress(plan).values(), *egress(plan).values()]
    assert len({rule.priority for rule in every}) == len(every)
    for table in (ingress(plan), egress(plan)):
        last = max(table.values(), key=lambda rule: rule.priority)
        assert last == table["deny"]
        assert last.action == "deny" and last.tcp_ports is None
        assert last.sources == last.destinations == ANYWHERE


@given(blocks)
def test_from_outside_only_load_balancers_come_in(block: IPv4Network):
    plan = address_plan(block)
    allowed = [rule for rule in ingress(plan).values() if rule.action == "allow"]
    outside = {
        source
        for source in chain.from_iterable(rule.sources for rule in allowed)
        if not source.subnet_of(block)
    }
    assert outside == set(LOAD_BALANCERS)


@given(blocks)
def test_only_nodes_and_pods_go_out_and_only_by_https(block: IPv4Network):
    plan = address_plan(block)
    for rule in egress(plan).values():
        if rule.action == "allow" and rule.destinations == ANYWHERE:
            assert rule.sources == (plan.private, plan.pods)
            assert rule.tcp_ports == ("443",)
