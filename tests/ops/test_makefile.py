"""The Makefile: every target is explained and can be planned."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from ops.cli import VERBS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Makefile").read_text()
INTERNAL = {"venv", "stack"}
"""Steps of other targets, not for a person."""
NEEDS_ONLY_PYTHON = {"check", "test", "bootstrap-gcp", "parity"}
TARGETS = set(re.findall(r"^([a-z0-9-]+):(?! ?[A-Z]+ =)", TEXT, re.MULTILINE))


def make(*arguments: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        # Not what a surrounding `make test STACK=…` was given.
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_is_the_default_and_lists_every_target():
    assert make() == make("help")
    listed = dict(re.findall(r"^  (\S+) +(\S.*)$", make("help"), re.MULTILINE))
    assert set(listed) == TARGETS - INTERNAL


def test_every_command_of_ops_is_a_target():
    assert set(VERBS) <= TARGETS


def test_every_target_is_phony():
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
    assert phony
    assert set(phony[1].replace("\\", " ").split()) == TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_can_be_planned(target: str):
    assert make("--dry-run", target).strip()


@pytest.mark.parametrize("target", sorted({*VERBS, "e2e"} - NEEDS_ONLY_PYTHON))
def test_what_needs_tools_sets_them_up_first(target: str):
    first, *_, last = make("--dry-run", target).splitlines()
    assert first.split()[1:4] == ["-m", "toolchain", "setup"]
    assert last.startswith(". ./.toolchain/env && ")


@pytest.mark.parametrize("target", sorted(NEEDS_ONLY_PYTHON))
def test_what_needs_only_python_sets_up_only_that(target: str):
    plan = make("--dry-run", target)
    assert "toolchain venv" in plan
    assert "toolchain setup" not in plan
    assert ".toolchain/env" not in plan


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["up"], "ops up --stack=dev"),
        (["up", "STACK=prod"], "ops up --stack=prod"),
        (["down", "FORCE=1"], "ops down --stack=dev --force"),
        (["down", "FORCE=0"], "ops down --stack=dev"),
        (["logs", "SERVICE=cache", "FOLLOW=1"], "ops logs --stack=dev --service=cache --follow"),
        (["bootstrap-gcp", "PROJECT=mine"], "ops bootstrap-gcp --stack=dev --project=mine"),
        (
            ["bootstrap-gcp", "STACK=prod", "REGION=europe-west4", "DRY_RUN=1", "FORCE=1"],
            "ops bootstrap-gcp --stack=prod --region=europe-west4 --dry-run --force",
        ),
        (["shell", "SERVICE=cache"], "ops shell --stack=dev --service=cache"),
    ],
)
def test_variables_reach_the_command(arguments: list[str], words: str):
    plan = make("--dry-run", *arguments).replace("\\\n", " ")
    assert " ".join(plan.split()).endswith(words)


@pytest.mark.parametrize(("stack", "cloud"), [("dev", False), ("prod", True)])
def test_the_cloud_plugin_only_for_a_stack_in_the_cloud(stack: str, cloud: bool):
    assert ("--cloud" in make("--dry-run", "preview", f"STACK={stack}")) is cloud
