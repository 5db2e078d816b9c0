"""What a change does to a stack as it stands: against its recorded state, with credentials."""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.commands import Commands, OpsError
from ops.explain import EVENTS
from ops.lifecycle import POLICY
from ops.offline import have_credentials
from ops.preview_report import model, tree
from ops.preview_report.offline import MINUTES, Say
from ops.preview_report.viewer import Compared
from ops.stack import Stack


def compare(commands: Commands, stack: Stack, say: Say) -> Compared:
    """Preview `stack` as `make preview` does, and read what Pulumi says of it."""
    if stack.target == "gcp" and not have_credentials():
        raise OpsError(
            f"{stack.name} can't be compared with what stands: no Google Cloud credentials. "
            "gcloud auth application-default login, or leave LIVE=1 out"
        )
    say(f"{stack.name}: against its recorded state")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="alphintra-events-") as folder:
        log, plan = Path(folder) / "events", Path(folder) / "plan"
        command = ["pulumi", "preview", f"--cwd={stack.folder}", f"--stack={stack.name}"]
        command += ["--non-interactive", f"--event-log={log}", f"--save-plan={plan}"]
        if stack.target == "gcp":
            flag, pack = POLICY
            command += [flag, str(stack.folder / pack)]
        env = {**EVENTS, "PULUMI_EXPERIMENTAL": "true"}
        done = commands.ask(command, env=env, timeout=MINUTES * 60)
        if not log.exists():
            raise OpsError(f"pulumi can't preview {stack.name}: {done.words}")
        with log.open() as lines:
            preview = model.read(lines)
        needs = tree.planned_dependencies(plan)
    if not done.ok and not preview.errors and not preview.policies:
        raise OpsError(f"pulumi can't preview {stack.name}: {done.words}")
    return Compared(stack.name, stack.target, preview, needs, time.monotonic() - started)


def secrets(commands: Commands, name: str) -> Iterator[str]:
    """The secrets of a stack: in memory, to be looked for in the report, and nowhere else."""
    settings = _asked(commands, ["pulumi", "config"], name)
    yield from (str(one["value"]) for one in settings.values() if one.get("secret"))
    shown = _asked(commands, ["pulumi", "stack", "output"], name)
    hidden = _asked(commands, ["pulumi", "stack", "output"], name, show=False)
    for key, value in shown.items():
        if hidden.get(key) != value:
            yield from _texts(value)


def _asked(
    commands: Commands, command: list[str], name: str, show: bool = True
) -> dict[str, dict[str, Any]]:
    flags = ["--json", f"--stack={name}", *(["--show-secrets"] if show else [])]
    result = commands.ask([*command, *flags], timeout=60)
    if not result.ok:
        raise OpsError(f"pulumi can't tell the secrets of {name}, so none can be kept out")
    return json.loads(result.out)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
        yield from (line for line in value.splitlines() if len(line) > 20)
