"""Makes the report on a change: reads, judges, renders, writes."""

import json
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import stack as stacks
from ops.commands import Commands, OpsError
from ops.offline import CREDENTIALS
from ops.preview_report import live, markdown, page, topology, worktree
from ops.preview_report.mask import Masker, secret_name
from ops.preview_report.offline import Offline, Say
from ops.preview_report.verdict import Verdict
from ops.preview_report.view import ReportView
from ops.preview_report.viewer import Compared, Viewer

EXIT = {Verdict.SAFE: 0, Verdict.LOOK: 3, Verdict.DANGEROUS: 4}
"""The exit code of each verdict; 1 is that there is no report."""
ORDER = ("dev", "staging", "prod")
SHORTEST_IN_ENVIRONMENT = 8
"""Below it, a variable with the name of a secret says `true` rather than a password."""


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    base: str
    stacks: Sequence[str]
    """Empty: all that there are."""
    out: Path
    live: bool
    full: str
    """Where a reader of the comment finds the whole report."""


def make(commands: Commands, folder: Path, wish: Wish, say: Say) -> ReportView:
    """Compare, and write `comment.md`, `report.html`, `topology-<stack>.svg`, `verdict.json`."""
    started = time.monotonic()
    hidden = [*from_environment(os.environ)]
    if wish.live:
        names = wish.stacks or names_in(folder)
        compared = [live.compare(commands, stacks.load(name, folder), say) for name in names]
        hidden += [value for name in names for value in live.secrets(commands, name)]
        base = "the recorded state"
    else:
        commit = worktree.commit(commands, folder, wish.base)
        compared = offline(commands, folder, commit, wish.stacks, say)
        base = f"{wish.base} ({commit[:9]})"
    viewer = Viewer(Masker(hidden))
    view = ReportView(
        base=viewer.masker.text(base),
        head=viewer.masker.text(head(commands, folder)),
        drift=wish.live,
        stacks=tuple(map(viewer.stack, compared)),
        seconds=time.monotonic() - started,
    )
    write(view, viewer.masker, wish)
    return view


def offline(
    commands: Commands, folder: Path, commit: str, chosen: Sequence[str], say: Say
) -> list[Compared]:
    """Each stack, the base's against this folder's."""
    result: list[Compared] = []
    with tempfile.TemporaryDirectory(prefix="alphintra-report-") as scratch:
        place = Path(scratch)
        with worktree.checked_out(commands, folder, commit, place) as base:
            run = Offline(commands, base, folder, place, say)
            for name in chosen or names_in(base, folder):
                started = time.monotonic()
                where = folder if (folder / f"Pulumi.{name}.yaml").exists() else base
                target = stacks.load(name, where).target
                preview, needs = run.preview(name)
                took = time.monotonic() - started
                result.append(Compared(name, target, preview, needs, took))
    return result


def names_in(*folders: Path) -> list[str]:
    """The stacks that have a file in any of `folders`, the smaller first."""
    files = (file for folder in folders for file in folder.glob("Pulumi.*.yaml"))
    names = {file.name.split(".")[1] for file in files}
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else -1, name))


def from_environment(environment: Mapping[str, str]) -> Iterable[str]:
    """The values of the variables that hold secrets, by what they are called."""
    for name, value in environment.items():
        secret = name in CREDENTIALS or secret_name(name)
        if secret and len(value) >= SHORTEST_IN_ENVIRONMENT and not value.startswith("/"):
            yield value


def head(commands: Commands, folder: Path) -> str:
    """What this folder holds: the branch, the commit, and whether there is more than that."""
    git = ["git", "-C", str(folder)]
    branch = commands.ask([*git, "rev-parse", "--abbrev-ref", "HEAD"]).out.strip()
    commit = commands.ask([*git, "rev-parse", "--short=9", "HEAD"]).out.strip()
    changed = commands.ask([*git, "status", "--porcelain", "--untracked-files=no"]).out.strip()
    named = f"{branch} ({commit})" if branch not in ("", "HEAD") else commit
    return f"{named} and what is not committed" if changed else named


def write(view: ReportView, masker: Masker, wish: Wish) -> None:
    """All files of the report; none, if a known secret stands in one after all."""
    files = {
        "comment.md": markdown.render(view, wish.full),
        "report.html": page.render(view),
        "verdict.json": json.dumps(verdict(view), indent=2) + "\n",
        **{f"topology-{stack.name}.svg": topology.svg(stack) for stack in view.stacks},
    }
    if any(masker.holds_known(text) for text in files.values()):
        raise OpsError(
            "a secret would have stood in the report, so none was written. This is a fault of "
            "the report: say so, with the change that it was of, not with the secret"
        )
    wish.out.mkdir(parents=True, exist_ok=True)
    for old in wish.out.glob("topology-*.svg"):
        old.unlink()
    for name, text in files.items():
        (wish.out / name).write_text(text)


def verdict(view: ReportView) -> dict[str, Any]:
    """For scripts."""
    return {
        "verdict": view.verdict.word,
        "exit": EXIT[view.verdict],
        "stacks": {stack.name: stack.verdict.word for stack in view.stacks},
        "seconds": round(view.seconds, 1),
    }
