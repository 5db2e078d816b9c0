"""What Docker has of a local stack. All of it is found by label."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.commands import Commands, OpsError
from ops.stack import PROJECT, Stack

NAMESPACE = "io.alphintra"
Kind = Literal["container", "network", "volume"]
LISTS: dict[Kind, list[str]] = {
    "container": ["docker", "container", "ls", "--all", "--no-trunc"],
    "network": ["docker", "network", "ls", "--no-trunc"],
    "volume": ["docker", "volume", "ls"],
}
FORMATS: dict[Kind, str] = {
    "container": "{{.ID}} {{.Names}}",
    "network": "{{.ID}} {{.Name}}",
    "volume": "{{.Name}} {{.Name}}",
}
RESOURCES: dict[Kind, str] = {
    "container": "docker:index/container:Container",
    "network": "docker:index/network:Network",
    "volume": "docker:index/volume:Volume",
}
"""What Pulumi's state calls them."""
RUN_AGAIN = {
    "created": "start",
    "exited": "start",
    "paused": "unpause",
    "restarting": "restart",  # Docker waits up to a minute between two tries
}
"""Docker's word for how a container is → the command that makes it run."""
STOP_SECONDS = 30
"""How long a server may take to end by itself; as in components/containers.py."""
ANONYMOUS = re.compile("[0-9a-f]{64}")
MISSING = re.compile("no such|not found", re.IGNORECASE)
"""Docker's words for what is not there, by its version."""
REMOVALS: dict[Kind, list[str]] = {
    "container": ["docker", "container", "rm", "--force", "--volumes"],
    "network": ["docker", "network", "rm"],
    "volume": ["docker", "volume", "rm"],
}


def ours(stack: Stack) -> list[str]:
    """The filters that pick what the program made for `stack`."""
    return [
        f"--filter=label={NAMESPACE}.project={PROJECT}",
        f"--filter=label={NAMESPACE}.stack={stack.name}",
    ]


def k3ds(stack: Stack) -> list[str]:
    """The filters that pick what k3d made for the stack's cluster."""
    return [f"--filter=label=k3d.cluster={stack.cluster}"]


@dataclass(frozen=True)
class Container:
    id: str
    name: str
    component: str
    """Which part of the platform it belongs to: `database`, …, `cluster`."""
    status: str
    """Docker's word: created, running, exited, …"""
    health: str | None
    """healthy, unhealthy, starting; None if it has no health check."""
    role: str | None = None
    """server, agent or loadbalancer, if it belongs to the cluster."""
    ports: dict[int, str] = field(default_factory=dict[int, str])
    """Port inside → `address:port` on the host."""
    anonymous_volumes: tuple[str, ...] = ()
    """Volumes that Docker made for it by itself: they carry no label, and go with it."""

    @property
    def state(self) -> str:
        """One word for a person."""
        if self.status != "running":
            return "stopped" if self.status in ("exited", "created") else self.status
        return self.health or "running"

    @property
    def up(self) -> bool:
        return self.status == "running" and self.health in ("healthy", None)


def engine(commands: Commands) -> str:
    """The version of the engine that answers."""
    result = commands.ask(["docker", "version", "--format", "{{.Server.Version}}"], timeout=10)
    if not result.ok:
        raise OpsError(f"Docker does not answer ({result.words}). `make setup` starts it.")
    return result.out.strip()


def found(commands: Commands, kind: Kind, *filters: Sequence[str]) -> dict[str, str]:
    """Everything of one kind that any of `filters` picks: id → name."""
    things: dict[str, str] = {}
    for each in filters:
        result = commands.ask([*LISTS[kind], *each, f"--format={FORMATS[kind]}"])
        if not result.ok:
            raise OpsError(f"Docker can't list {kind}s: {result.words}")
        for line in result.out.splitlines():
            id_, name = line.split(" ", 1)
            things[id_] = name
    return things


def everything(commands: Commands, stack: Stack) -> dict[Kind, dict[str, str]]:
    """All that the program and k3d made for `stack`: kind → id → name, in order of removal."""
    kinds: tuple[Kind, ...] = ("container", "network", "volume")
    return {kind: found(commands, kind, ours(stack), k3ds(stack)) for kind in kinds}


def containers(commands: Commands, stack: Stack) -> list[Container]:
    """The stack's containers, those of its cluster included, by name."""
    ids = list(found(commands, "container", ours(stack), k3ds(stack)))
    return sorted(inspect(commands, ids), key=lambda one: one.name) if ids else []


def inspect(commands: Commands, names: Sequence[str]) -> list[Container]:
    """These containers, by name or id; those that are not there are left out."""
    return [_container(one) for one in facts(commands, "container", names)]


def facts(commands: Commands, kind: Kind, names: Sequence[str]) -> list[dict[str, Any]]:
    """What Docker says of these, those that are not there left out. Raises OpsError where it can't
    be found out: a Docker that does not answer has not lost anything."""
    if not names:
        return []
    # Fails if one is missing, but prints the others.
    result = commands.ask(["docker", kind, "inspect", *names], timeout=60)
    complaints = [line for line in result.err.splitlines() if not MISSING.search(line)]
    if not result.ok and (complaints or not result.err):
        raise OpsError(f"Docker can't say what there is of {kind}s: {result.words}")
    return json.loads(result.out or "[]")


def _container(facts: dict[str, Any]) -> Container:
    labels: dict[str, str] = facts["Config"].get("Labels") or {}
    role = labels.get("k3d.role")
    health: dict[str, str] = facts["State"].get("Health") or {}
    # Ports that are asked for, not those that are open: a stopped container keeps its address.
    mounts: list[dict[str, str]] = facts.get("Mounts") or []
    bindings: dict[str, Any] = facts["HostConfig"].get("PortBindings") or {}
    return Container(
        id=facts["Id"],
        name=facts["Name"].lstrip("/"),
        component=labels.get(f"{NAMESPACE}.component") or ("cluster" if role else ""),
        status=facts["State"]["Status"],
        health=health.get("Status"),
        role=role,
        ports={
            int(inside.split("/")[0]): f"{outside[0]['HostIp'] or '0.0.0.0'}:"
            f"{outside[0]['HostPort']}"
            for inside, outside in bindings.items()
            if outside
        },
        anonymous_volumes=tuple(
            mount["Name"]
            for mount in mounts
            if mount["Type"] == "volume" and ANONYMOUS.fullmatch(mount["Name"])
        ),
    )


def remove(commands: Commands, kind: Kind, ids: Sequence[str]) -> str:
    """Remove things; what Docker complained of, or nothing."""
    if not ids:
        return ""
    result = commands.ask([*REMOVALS[kind], *ids], timeout=120)
    return "" if result.ok else result.words


def stop(commands: Commands, id_: str) -> None:
    """Have a container end by itself, where it can: a server writes its data out first."""
    commands.ask(["docker", "container", "stop", f"--time={STOP_SECONDS}", id_], timeout=60)


def volume_sizes(commands: Commands) -> dict[str, str]:
    """Volume → size in Docker's words; empty if Docker takes too long to say."""
    command = ["docker", "system", "df", "--verbose", "--format={{json .Volumes}}"]
    result = commands.ask(command, timeout=8)
    if not result.ok:
        return {}
    listed: list[dict[str, str]] = json.loads(result.out or "[]") or []
    return {one["Name"]: one["Size"] for one in listed}
