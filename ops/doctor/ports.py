"""Who holds a port, and who a range of addresses."""

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

from ops.commands import Commands
from ops.docker_cli import NAMESPACE
from ops.stack import PROJECT, Stack

LOOPBACK = "127.0.0.1"
LISTENS = "0A"
"""The state of a listening socket in /proc/net/tcp."""
ROUTES = Path("/proc/net/route")


def taken(port: int) -> bool:
    """Whether nobody can listen at `port` of the loopback address any more."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Docker does
        try:
            one.bind((LOOPBACK, port))
            one.listen()
        except OSError:
            return True
    return False


def published(commands: Commands) -> dict[int, tuple[str, str, str]]:
    """Port of the host → the container that publishes it, its project and its stack."""
    labels = f'{{{{.Label "{NAMESPACE}.project"}}}}|{{{{.Label "{NAMESPACE}.stack"}}}}'
    result = commands.ask(["docker", "ps", f"--format={{{{.Names}}}}|{labels}|{{{{.Ports}}}}"])
    found: dict[int, tuple[str, str, str]] = {}
    for line in result.out.splitlines():
        name, project, stack, ports = line.split("|", 3)
        for mapping in ports.split(", "):
            outside, arrow, _ = mapping.partition("->")
            if arrow:
                first, _, last = outside.rpartition(":")[2].partition("-")
                for port in range(int(first), int(last or first) + 1):
                    found[port] = (name, project, stack)
    return found


def process(port: int) -> str:
    """The process that listens at `port`, as far as this user may know."""
    sockets = {
        fields[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for fields in _rows(Path(table))
        if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port
    }
    for folder in Path("/proc").glob("[0-9]*"):
        if not sockets.isdisjoint(_open(folder)):
            return f"{(folder / 'comm').read_text().strip()} (pid {folder.name})"
    return "a process of another user"


def _open(process: Path) -> Iterator[str]:
    """The inodes of a process's sockets; it may end or close some while they are read."""
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                if found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(link)):
                    yield found[1]


def _rows(table: Path) -> Iterator[list[str]]:
    if table.exists():
        for line in table.read_text().splitlines()[1:]:
            yield line.split()


def networks(commands: Commands, stack: Stack) -> list[tuple[str, IPv4Network]]:
    """The ranges in use that are not the stack's own: Docker's networks, and what the host routes
    elsewhere (a VPN)."""
    listed = commands.ask(["docker", "network", "ls", "--quiet"]).out.split()
    facts = commands.ask(["docker", "network", "inspect", *listed]).out if listed else "[]"
    found: list[tuple[str, IPv4Network]] = []
    every: list[dict[str, Any]] = json.loads(facts or "[]")
    for network in every:
        labels: dict[str, str] = network["Labels"] or {}
        owner = (labels.get(f"{NAMESPACE}.project"), labels.get(f"{NAMESPACE}.stack"))
        configs: list[dict[str, str]] = network["IPAM"]["Config"] or []
        if owner == (PROJECT, stack.name):
            continue
        for config in configs:
            range_ = ip_network(config["Subnet"])
            if isinstance(range_, IPv4Network):
                found.append((f"the Docker network {network['Name']}", range_))
    return [*found, *routes()]


def routes() -> list[tuple[str, IPv4Network]]:
    """What the host routes by an interface of its own; Docker's bridges are known by name."""
    found: list[tuple[str, IPv4Network]] = []
    for interface, destination, _, _, _, _, _, mask, *_ in _rows(ROUTES):
        prefix = int(mask, 16).bit_count()
        if prefix and not interface.startswith(("br-", "docker")):
            address = int.from_bytes(bytes.fromhex(destination), "little")
            found.append((f"the interface {interface}", IPv4Network((address, prefix))))
    return found
