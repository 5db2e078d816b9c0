"""One comment, kept up to date, on the right pull request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.commands import Result
from ops.preview_report import comment, markdown
from ops.preview_report.blocks import LIMIT
from ops.preview_report.comment import MARKER, Run

ENV = {
    "REPOSITORY": "alphintra/infrastructure",
    "HEAD_SHA": "abc",
    "HEAD_REPOSITORY": "alphintra/infrastructure",
    "HEAD_BRANCH": "work",
    "RUN_URL": "https://github.com/alphintra/infrastructure/actions/runs/1",
}
RUN = Run.of(ENV)
FORK = Run.of({**ENV, "HEAD_REPOSITORY": "someone/infrastructure"})


@dataclass
class GitHub:
    """Answers `gh api`, by the path that is asked for."""

    comments: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    head: str = "abc"
    asked: list[tuple[list[str], str | None]] = field(
        default_factory=list[tuple[list[str], str | None]]
    )

    def ask(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 30,
    ) -> Result:
        del env, timeout
        self.asked.append(([*command], stdin))
        text = " ".join(command)
        if "/pulls" in text:
            return Result(0, json.dumps([{"number": 7, "head": {"sha": self.head}}]))
        if "per_page" in text:
            return Result(0, json.dumps(self.comments))
        return Result(0, json.dumps({"html_url": "https://github.com/c/1"}))

    def show(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        raise AssertionError(command)

    def start(self, command: Sequence[str], **options: Any) -> Any:
        raise AssertionError(command)


def written(github: GitHub) -> tuple[str, str]:
    command, stdin = github.asked[-1]
    assert stdin
    return " ".join(command), json.loads(stdin)["body"]


def existing(login: str, body: str) -> dict[str, object]:
    return {"id": 42, "user": {"login": login}, "body": body}


def test_the_marker_is_the_reports():
    assert MARKER == markdown.MARKER


def test_the_first_report_is_a_new_comment():
    github = GitHub([existing("a-person", f"I quote {MARKER}")])
    comment.post(github, RUN, 7, "text")
    command, body = written(github)
    assert "POST repos/alphintra/infrastructure/issues/7/comments" in command
    assert body == "text"


def test_a_later_one_goes_over_it():
    github = GitHub([existing(comment.BOT, f"{MARKER}\nold")])
    comment.post(github, RUN, 7, "text")
    assert "PATCH repos/alphintra/infrastructure/issues/comments/42" in written(github)[0]


def test_a_report_on_a_commit_that_is_not_the_last_is_not_posted():
    assert comment.pull_request(GitHub(), RUN) == 7
    assert comment.pull_request(GitHub(head="newer"), RUN) is None


def folder(tmp_path: Path, **reports: str) -> Path:
    for name, text in reports.items():
        (tmp_path / name.replace("_", "-")).mkdir()
        (tmp_path / name.replace("_", "-") / "comment.md").write_text(f"{MARKER}\n{text}\n")
    return tmp_path


def test_what_stands_comes_first_and_the_base_is_folded(tmp_path: Path):
    text = comment.body(folder(tmp_path, report="offline", report_live="live"), RUN)
    assert text.startswith(f"{MARKER}\nlive\n") and text.count(MARKER) == 1
    assert text.index("<details>") < text.index("offline")


def test_two_that_are_too_long_together_leave_the_second_out(tmp_path: Path):
    long = "é" * (LIMIT // 2 - 100)
    text = comment.body(folder(tmp_path, report=long, report_live="live" * 99), RUN)
    assert len(text.encode()) <= LIMIT
    assert "live" in text and "é" not in text and RUN.url in text


def test_a_report_that_a_fork_made_too_long_is_not_posted(tmp_path: Path):
    text = comment.body(folder(tmp_path, report="x" * (LIMIT + 1)), FORK)
    assert len(text.encode()) < 1_000 and RUN.url in text


def test_a_forks_report_says_who_made_it(tmp_path: Path):
    assert "code that the fork could change" in comment.body(folder(tmp_path, report="x"), FORK)


def test_no_report_is_told(tmp_path: Path):
    assert "There is no report" in comment.body(tmp_path, RUN)


def test_by_hand_it_says_what_it_is_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in ENV:
        monkeypatch.delenv(name, raising=False)
    assert comment.main(GitHub()) == 1
    assert "for the workflow" in capsys.readouterr().err
