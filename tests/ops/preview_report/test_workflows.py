"""The workflows do nothing that can't be done by hand, and no more than they may."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def jobs(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())["jobs"]


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def test_there_are_those_that_the_page_tells_of():
    page = (ROOT / "docs" / "preview-report.md").read_text()
    assert {path.stem for path in WORKFLOWS} == {"ci", "preview", "preview-comment"}
    assert all(f"`{path.stem}`" in page for path in WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_is_run_is_a_make_target(path: Path):
    for step in steps(path):
        if "run" in step:
            command = re.fullmatch(r"make ([a-z0-9-]+)", step["run"])
            assert command and command[1] in TARGETS, step["run"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_with_their_version_beside(path: Path):
    for line in re.findall(r"uses: (.*)", path.read_text()):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_may_only_what_it_says(path: Path):
    document = yaml.safe_load(path.read_text())
    assert document["permissions"] == {}
    assert all("permissions" in job for job in jobs(path).values())


def test_nothing_that_runs_a_pull_requests_code_may_write():
    for job in jobs(ROOT / ".github/workflows/preview.yml").values():
        assert set(job["permissions"].values()) <= {"read"} or job["environment"] == "preview"
        assert job["permissions"]["contents"] == "read"
        assert all(
            step["with"]["persist-credentials"] is False
            for step in job["steps"]
            if "checkout" in step.get("uses", "")
        )
    (comment,) = jobs(ROOT / ".github/workflows/preview-comment.yml").values()
    assert not any("ref" in step.get("with", {}) for step in comment["steps"])
