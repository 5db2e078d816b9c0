"""The check that a stack's networks can be made on this host: their addresses are free, and no
network in use would have to be another."""

import json
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
)

from components.command import CommandError, run

ROUTES = Path("/proc/net/route")


def overlaps(block: IPv4Network, others: Iterable[tuple[str, IPv4Network]]) -> list[str]:
    """A line for each of `others` (name, range) that shares addresses with `block`."""
    return [f"{name} ({other})" for name, other in others if other.overlaps(block)]


def docker_networks() -> list[dict[str, Any]]:
    """What Docker knows of each of its networks."""
    names = run(["docker", "network", "ls", "--quiet"]).split()
    return json.loads(run(["docker", "network", "inspect", *names])) if names else []


def others(
    networks: Iterable[dict[str, Any]], owner: tuple[str, str]
) -> list[tuple[str, IPv4Network]]:
    """The ranges of all but the networks of `owner` (project, stack)."""
    found: list[tuple[str, IPv4Network]] = []
    for network in networks:
        labels: dict[str, str] = network["Labels"] or {}
        if (labels.get("io.alphintra.project"), labels.get("io.alphintra.stack")) == owner:
            continue
        configs: list[dict[str, str]] = network["IPAM"]["Config"] or []
        for config in configs:
            subnet = ip_network(config["Subnet"])
            if isinstance(subnet, IPv4Network):
                found.append((f"the Docker network {network['Name']}", subnet))
    return found


def in_the_way(
    networks: Iterable[dict[str, Any]], wanted: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """The names of networks that stand otherwise than `wanted` (name → subnet and options) while
    containers run on them: Docker changes no network, and removes none that is in use."""
    return [
        network["Name"]
        for network in networks
        if network["Name"] in wanted and network["Containers"]
        if wanted[network["Name"]] != made(network)
    ]


def made(network: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for when the network was made."""
    return {"subnet": network["IPAM"]["Config"][0]["Subnet"], "options": network["Options"] or {}}


def routes(table: str) -> list[tuple[str, IPv4Network]]:
    """The ranges that the host routes by an interface, from the text of /proc/net/route.

    Docker's own bridges are left out: `docker_networks` knows them by name and owner.
    """
    found: list[tuple[str, IPv4Network]] = []
    for line in table.splitlines()[1:]:
        interface, destination, _gateway, _flags, _refs, _use, _metric, mask, *_ = line.split()
        address = int.from_bytes(bytes.fromhex(destination), "little")
        prefix = int.from_bytes(bytes.fromhex(mask), "little").bit_count()
        if prefix and not interface.startswith(("br-", "docker")):
            found.append((f"the interface {interface}", IPv4Network((address, prefix))))
    return found


class HostRangesProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Runs in every preview and again before anything is made."""
        block = IPv4Network(news["cidr"])
        try:
            networks = docker_networks()
        except CommandError as error:
            return CheckResult(news, [CheckFailure("cidr", f"Docker does not answer: {error}")])
        taken = others(networks, (news["project"], news["stack"]))
        if ROUTES.exists():
            taken += routes(ROUTES.read_text())
        reasons = [
            f"{block} overlaps {clash} on this host. Give the stack another block, such as "
            f"10.61.0.0/16: Pulumi.{news['stack']}.yaml: alphintra:network.cidr"
            for clash in overlaps(block, taken)
        ]
        if names := in_the_way(networks, news["networks"]):
            reasons.append(
                f"{' and '.join(names)}: Docker can't change a network that containers are on: "
                f"`make down STACK={news['stack']}`, then `make up STACK={news['stack']}`"
            )
        return CheckResult(news, [CheckFailure("cidr", reason) for reason in reasons])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["cidr"], props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = _olds["cidr"] != _news["cidr"]
        return DiffResult(changes=changed, replaces=["cidr"] if changed else [])


class HostRanges(Resource, module="alphintra", name="HostRanges"):
    """Nothing on the host but a promise: `cidr` overlaps none of its networks, and `networks` (name
    → subnet and options) can be made, or stand already."""

    cidr: Output[str]

    def __init__(
        self,
        name: str,
        cidr: Input[str],
        networks: Mapping[str, Mapping[str, Any]],
        opts: ResourceOptions,
    ) -> None:
        props = {
            "cidr": cidr,
            "networks": networks,
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
        }
        super().__init__(HostRangesProvider(), name, props, opts)
