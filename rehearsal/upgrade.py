"""What a release before made, updated by today's program: nothing that holds data may be made anew.

A preview guesses what a provider would do; here it does it, to what the older program really left.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ops.commands import HostCommands, OpsError
from ops.console import say
from ops.offline import plain
from ops.preview_report import worktree
from ops.preview_report.model import Op, Preview, read
from ops.preview_report.verdict import holds_data
from rehearsal import page, report
from rehearsal.cycle import UP
from rehearsal.play import Failed, Step, play
from rehearsal.servers.plane import servers, sign_in
from rehearsal.stage.workspace import ROOT, Workspace

BEFORE, TODAY, AFTER = "before", "today", "after"
"""The steps: the older program's `up`, today's, and a preview that is to change nothing."""
LOSES = (Op.REPLACE, Op.DELETE)


def rehearse(stack: str, out: Path, base: str) -> int:
    """0: today's program takes over what that of the commit `base` made; 1: it does not, and why
    is said."""
    commands = HostCommands()
    commit = worktree.commit(commands, ROOT, base)
    say(f"Rehearsing {stack}: as {base} ({commit[:9]}) made it, then updated by today's program.")
    with (
        tempfile.TemporaryDirectory(prefix="alphintra-upgrade-") as place,
        worktree.checked_out(commands, ROOT, commit, Path(place)) as older,
    ):
        if not (older / f"Pulumi.{stack}.yaml").exists():
            raise OpsError(f"{base} has no Pulumi.{stack}.yaml: there is nothing to update")
        steps, failure = played(stack, out, older)
    say(report.closing(steps, None, [], failure))
    lost = losses(out)
    for line in [*lost, *(page.write(out, stack) if (out / "state.json").exists() else ())]:
        say(line)
    return 1 if failure or lost else 0


def played(stack: str, out: Path, older: Path) -> tuple[list[Step], str]:
    """The two programs, one after the other, on the same played cloud; and what went wrong."""
    with play(stack, out) as one:
        sign_in(one)
        program(one.workspace, older)
        with servers(one):
            try:
                report.progress(one.pulumi(BEFORE, *UP))
                one.keep_state()
                program(one.workspace, ROOT)
                report.progress(one.pulumi(TODAY, *UP))
                report.progress(one.pulumi(AFTER, "preview", "--expect-no-changes"))
            except Failed as failed:
                return one.steps, str(failed)
    return one.steps, ""


def program(workspace: Workspace, root: Path) -> None:
    """Play the checkout `root` from now on: its program, with its settings of the stack."""
    workspace.program(root)
    file = workspace.file
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    document["config"] = yaml.safe_load(plain((root / file.name).read_text()))["config"]
    file.write_text(yaml.safe_dump(document))


def losses(out: Path) -> list[str]:
    """What today's program made anew or removed of what holds data."""
    events = out / f"events-{TODAY}.jsonl"
    return [*told(read(events.read_text().splitlines()))] if events.exists() else []


def told(preview: Preview) -> Iterable[str]:
    for step in preview.steps:
        what = holds_data(step.type)
        if what and step.op in LOSES:
            by = f", by {', '.join(step.replace_keys)}" if step.replace_keys else ""
            done = "made anew" if step.op is Op.REPLACE else "deleted"
            yield f"{step.label} is a {what}, and was {done}{by}: what it held is gone."
