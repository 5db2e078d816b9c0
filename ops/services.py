"""The containers of a local stack that a person knows by name, its cluster's aside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.commands import Commands
from ops.pulumi_cli import record
from ops.stack import Stack

LOOPBACK = "127.0.0.1"
Spec = Mapping[str, Any]
"""What a stack asks of a component: the component's inputs in Pulumi's state."""


@dataclass(frozen=True)
class Service:
    component: str
    """The component that it belongs to."""
    port: Callable[[Spec], int | None] = lambda _: None
    """Its loopback port, where it has one. Docker publishes it for the service's way in."""
    wanted: Callable[[Spec], bool] = lambda _: True


def _database_has_replica(spec: Spec) -> bool:
    return bool(spec.get("read_replica", True) or spec.get("highly_available"))


SERVICES = {
    "database": Service("database", lambda spec: spec.get("host_port")),
    "database-replica": Service(
        "database", lambda spec: spec.get("replica_host_port"), _database_has_replica
    ),
    "database-way-in": Service("database"),
    "cache": Service("cache", lambda spec: spec.get("host_port")),
    "cache-replica": Service(
        "cache",
        lambda spec: spec["host_port"] + 1 if "host_port" in spec else None,
        lambda spec: spec.get("highly_available", True),
    ),
    "cache-way-in": Service("cache"),
    "registry": Service("registry", lambda spec: spec.get("host_port")),
    "registry-gate": Service("registry"),
}


def addresses(commands: Commands, stack: Stack) -> dict[str, str]:
    """Each service that `stack` asked for in its last `up` → its address on this host, empty where
    it has none. All services of a stack that never was up."""
    state = record(commands, stack)
    found: dict[str, str] = {}
    for name, service in SERVICES.items():
        spec = state.spec(service.component)
        if service.wanted(spec):
            port = service.port(spec)
            found[name] = f"{LOOPBACK}:{port}" if port else ""
    return found
