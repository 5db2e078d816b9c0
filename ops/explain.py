"""Runs Pulumi, and says of what the provider refused which component and which settings it is."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.commands import Commands
from ops.console import say
from ops.stack import Stack
from policy.origin import settings_of_problem

EVENTS = {"PULUMI_DEBUG_COMMANDS": "true"}
"""What makes the CLI take `--event-log`."""
COMPONENT = re.compile(r"alphintra:index:(\w+)")


def show(
    commands: Commands,
    stack: Stack,
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
) -> int:
    """Run `command` on the user's terminal and return its exit code."""
    with tempfile.TemporaryDirectory(prefix="alphintra-events-") as folder:
        log = Path(folder) / "events"
        code = commands.show([*command, f"--event-log={log}"], env={**(env or {}), **EVENTS})
        lines = list(origins(log.read_text(), stack)) if code and log.exists() else []
    if lines:
        say("Where that comes from:")
        for line in lines:
            say(f"  {line}")
    return code


def origins(events: str, stack: Stack) -> Iterator[str]:
    """A line for each resource that has an error and each setting behind it."""
    for line in events.splitlines():
        event: dict[str, Any] = json.loads(line).get("diagnosticEvent") or {}
        if event.get("severity") != "error" or "$" not in event.get("urn", ""):
            continue
        *types, name = event["urn"].split("::")[-2:]
        component = COMPONENT.findall(types[0])[-1]
        keys = settings_of_problem(event["message"])
        source = f"Pulumi.{stack.name}.yaml: {' and '.join(keys)}" if keys else "the program's own"
        yield f"{component}, {name}: {source}"
