"""What Pulumi knows of a stack."""

import json
from dataclasses import dataclass
from typing import Any

from ops.commands import Commands, OpsError
from ops.stack import Stack


def outputs(commands: Commands, stack: Stack) -> dict[str, Any]:
    """The stack's outputs, secrets in clear: keep them in memory. Empty where there are none."""
    command = ["pulumi", "stack", "output", "--json", "--show-secrets", f"--stack={stack.name}"]
    result = commands.ask(command, timeout=60)
    if result.ok:
        return json.loads(result.out)
    if no_stack(result.err):
        return {}
    raise OpsError(f"pulumi can't tell the outputs of {stack.name}: {result.words}")


def no_stack(words: str) -> bool:
    """Whether Pulumi said that there is no such stack."""
    return "no stack named" in words


@dataclass(frozen=True)
class Record:
    """What the state holds: the ids of resources by type, and operations that never ended."""

    ids: dict[str, list[str]]
    interrupted: list[str]
    """What was under way when a run was cut short: `creating <urn>`."""

    @property
    def empty(self) -> bool:
        """Whether nothing real is recorded; a provider is none."""
        return all(type_.startswith("pulumi:providers:") for type_ in self.ids)


def record(commands: Commands, stack: Stack) -> Record:
    """The state of `stack`; empty where there is no such stack."""
    result = commands.ask(["pulumi", "stack", "export", f"--stack={stack.name}"], timeout=60)
    if no_stack(result.err):
        return Record({}, [])
    if not result.ok:
        raise OpsError(f"pulumi can't read the state of {stack.name}: {result.words}")
    deployment: dict[str, Any] = json.loads(result.out).get("deployment") or {}
    ids: dict[str, list[str]] = {}
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    for resource in resources:
        if resource.get("id"):
            ids.setdefault(resource["type"], []).append(resource["id"])
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    return Record(ids, [f"{one['type']} {one['resource']['urn']}" for one in pending])
