"""What a rehearsal tells whoever watches it: a line for each step, a table at the end."""

from collections.abc import Sequence
from pathlib import Path

from ops import console
from ops.console import say, table
from rehearsal import duration, page, permissions
from rehearsal.cycle import Left
from rehearsal.play import Play, Step

HEAD = ("step", "result", "resources", "calls", "refused", "time")
EXPECTED = {"protected": "refused"}
"""Step → the word for its success, where that is not `ok`."""


def opening(play: Play) -> str:
    methods = sum(len(one.methods) for one in play.cloud.documents.values())
    door = "without a way out" if play.room.closed else "behind a proxy that lets nothing out"
    return (
        f"Rehearsing {play.workspace.stack}: {methods} methods of "
        f"{len(play.cloud.documents)} of Google's API descriptions, {door}. Nothing real is "
        "touched; it takes a few minutes."
    )


def progress(step: Step) -> None:
    say(f"  {step.name}: {result(step)}, {resources(step)}, {console.duration(step.seconds)}")


def result(step: Step) -> str:
    expected = EXPECTED.get(step.name)
    if expected:
        return expected if step.code else "went through"
    return "failed" if step.code else "ok"


def resources(step: Step) -> str:
    """`173 create`; `no change` where all stayed as it was."""
    done = [f"{number} {what}" for what, number in sorted(step.changes.items()) if what != "same"]
    return ", ".join(done) or "no change"


def closing(steps: Sequence[Step], left: Left | None, hosts: Sequence[str], failure: str) -> str:
    rows = [
        (
            step.name,
            result(step),
            resources(step),
            str(step.calls),
            str(len(step.refused)),
            console.duration(step.seconds),
        )
        for step in steps
    ]
    lines = ["", table(HEAD, rows), ""]
    lines += [f"refused in {one.name}: {words}" for one in steps for words in one.refused]
    lines += [f"not let out: a connection to {host}" for host in hosts]
    if left:
        lines.append(f"left behind: {len(left.forgotten)}; by design: {len(left.meant)}")
        lines += [f"  left behind: {name}" for name in left.forgotten]
    if failure:
        lines += ["", failure]
    return "\n".join(lines)


def readings(out: Path, stack: str) -> list[str]:
    """What else the log tells: how long a deployment would take, and what it must be allowed."""
    if not (out / "state.json").exists():
        return []
    return [
        *duration.report(out, stack),
        *permissions.report(out, stack),
        *page.write(out, stack),
    ]
