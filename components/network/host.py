"""The check that a stack's block of addresses is free on this host."""

import json
from collections.abc import Iterable
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


def docker_networks(owner: tuple[str, str]) -> list[tuple[str, IPv4Network]]:
    """The Docker networks of this host, but for those of `owner` (project, stack)."""
    names = run(["docker", "network", "ls", "--quiet"]).split()
    if not names:
        return []
    found: list[tuple[str, IPv4Network]] = []
    for network in json.loads(run(["docker", "network", "inspect", *names])):
        labels: dict[str, str] = network["Labels"] or {}
        if (labels.get("io.alphintra.project"), labels.get("io.alphintra.stack")) == owner:
            continue
        configs: list[dict[str, str]] = network["IPAM"]["Config"] or []
        for config in configs:
            subnet = ip_network(config["Subnet"])
            if isinstance(subnet, IPv4Network):
                found.append((f"the Docker network {network['Name']}", subnet))
    return found


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
            taken = docker_networks((news["project"], news["stack"]))
        except CommandError as error:
            return CheckResult(news, [CheckFailure("cidr", f"Docker does not answer: {error}")])
        if ROUTES.exists():
            taken += routes(ROUTES.read_text())
        return CheckResult(
            news,
            [
                CheckFailure(
                    "cidr",
                    f"{block} overlaps {clash} on this host. Give the stack another block, such "
                    f"as 10.61.0.0/16: Pulumi.{news['stack']}.yaml: alphintra:network.cidr",
                )
                for clash in overlaps(block, taken)
            ],
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["cidr"], props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = _olds["cidr"] != _news["cidr"]
        return DiffResult(changes=changed, replaces=["cidr"] if changed else [])


class HostRanges(Resource, module="alphintra", name="HostRanges"):
    """Nothing on the host but a promise: `cidr` overlaps none of its networks."""

    cidr: Output[str]

    def __init__(self, name: str, cidr: Input[str], opts: ResourceOptions) -> None:
        props = {"cidr": cidr, "project": pulumi.get_project(), "stack": pulumi.get_stack()}
        super().__init__(HostRangesProvider(), name, props, opts)
