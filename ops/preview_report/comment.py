"""Keeps one comment on a pull request up to date: `make comment`, for the workflow.

It runs beside reports that a pull request's own code has made, so it takes them as text, and takes
which pull request it is from GitHub and not from them. It needs Python and `gh`, no packages.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.commands import Commands, HostCommands, OpsError
from ops.preview_report.blocks import LIMIT

MARKER = "<!-- alphintra: preview report -->"
"""By this the comment is found again."""
BOT = "github-actions[bot]"
FORK = (
    "> This is from a fork. The report was made by code that the fork could change: before you "
    "rely on it, see that the change leaves `ops`, `policy` and `.github` alone.\n\n"
)
FAILED = "## ⚪ There is no report\n\nThe preview failed: {url} says why.\n"


@dataclass(frozen=True)
class Run:
    """The workflow run that made the reports, as GitHub tells it."""

    repository: str
    head_sha: str
    head_repository: str
    head_branch: str
    url: str

    @staticmethod
    def of(environment: Mapping[str, str]) -> "Run":
        names = ("REPOSITORY", "HEAD_SHA", "HEAD_REPOSITORY", "HEAD_BRANCH", "RUN_URL")
        lacking = [name for name in names if not environment.get(name)]
        if lacking:
            raise OpsError(f"for the workflow preview-comment, which sets {', '.join(lacking)}")
        return Run(*(environment[name] for name in names))


def body(folder: Path, run: Run) -> str:
    """The comment: what stands first, then the base's comparison, as far as there is room."""
    parts = [
        (folder / name / "comment.md").read_text(errors="replace").replace(MARKER, "").strip()
        for name in ("report-live", "report")
        if (folder / name / "comment.md").exists()
    ]
    # One report alone lies in the folder itself: that is how it is downloaded.
    if not parts and (folder / "comment.md").exists():
        parts = [(folder / "comment.md").read_text(errors="replace").replace(MARKER, "").strip()]
    text = parts[0] if parts else FAILED.format(url=run.url)
    fork = FORK if run.head_repository != run.repository else ""
    whole = f"{MARKER}\n{fork}{text}\n"
    for part in parts[1:]:
        more = f"\n<details><summary>Without credentials, against the base</summary>\n\n{part}\n"
        more += "\n</details>\n"
        if _size(whole + more) <= LIMIT:
            whole += more
        else:
            whole += f"\nThe comparison with the base has no room here: {run.url}\n"
    return whole if _size(whole) <= LIMIT else _too_long(run)


def _size(text: str) -> int:
    return len(text.encode())


def _too_long(run: Run) -> str:
    return f"{MARKER}\n## ⚪ The report is too long for a comment\n\nIt is in {run.url}.\n"


def pull_request(commands: Commands, run: Run) -> int | None:
    """The open pull request whose last commit the run was of; none, if there is a newer one."""
    owner = run.head_repository.split("/")[0]
    query = ["-f", "state=open", "-f", f"head={owner}:{run.head_branch}"]
    found = ask(commands, "--method=GET", f"repos/{run.repository}/pulls", *query)
    numbers = [one["number"] for one in found if one["head"]["sha"] == run.head_sha]
    return numbers[0] if numbers else None


def post(commands: Commands, run: Run, number: int, text: str) -> str:
    """Write the comment, over the last one if there is one; its address."""
    listed = ask(
        commands, "--paginate", f"repos/{run.repository}/issues/{number}/comments?per_page=100"
    )
    ours = [one for one in listed if one["user"]["login"] == BOT and MARKER in one["body"]]
    if ours:
        where = ["--method=PATCH", f"repos/{run.repository}/issues/comments/{ours[-1]['id']}"]
    else:
        where = ["--method=POST", f"repos/{run.repository}/issues/{number}/comments"]
    done = ask(commands, *where, "--input=-", stdin=json.dumps({"body": text}))
    return done["html_url"]


def ask(commands: Commands, *arguments: str, stdin: str | None = None) -> Any:
    result = commands.ask(["gh", "api", *arguments], stdin=stdin, timeout=60)
    if not result.ok:
        raise OpsError(f"GitHub refuses {arguments[-1]}: {result.words}")
    return json.loads(result.out)


def main(commands: Commands | None = None) -> int:
    commands = commands or HostCommands()
    try:
        run = Run.of(os.environ)
        number = pull_request(commands, run)
        if number is None:
            print("There is no open pull request with this commit any more: nothing to do.")
            return 0
        folder = Path(os.environ.get("REPORTS", "reports"))
        print(post(commands, run, number, body(folder, run)))
    except OpsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
