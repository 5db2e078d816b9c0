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
NEEDS_ONLY_PYTHON = {"doctor", "check", "test", "bootstrap-gcp", "parity"}
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


def words(folder: Path, arguments: list[str], given: dict[str, str] | None = None) -> list[str]:
    """What the last command of a recipe is called with; nothing of the project runs."""
    interpreter = folder / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > called\n')
    interpreter.chmod(0o755)
    (folder / ".toolchain").mkdir()
    (folder / ".toolchain" / "env").touch()
    done = subprocess.run(
        ["make", f"--file={ROOT / 'Makefile'}", f"PYTHON={interpreter}", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **(given or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "called").read_text().split("\0")[:-1]


@pytest.mark.parametrize(
    ("arguments", "called"),
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
        (["report"], "ops.preview_report"),
        (["report", "STACK=prod", "BASE=x", "OUT=y", "FULL=z", "LIVE=1"],
         "ops.preview_report --base=x --out=y --full=z --stack=prod --live"),
    ],
)  # fmt: skip
def test_variables_reach_the_command(tmp_path: Path, arguments: list[str], called: str):
    assert words(tmp_path, arguments) == ["-m", *called.split()]


USERS = {
    "STACK": sorted({*VERBS, "contract", "report", "rehearse"}),
    "SERVICE": ["logs", "shell", "restart"],
    "BASE": ["report", "rehearse"],
    "OUT": ["report", "backup", "rehearse"],
    "FILE": ["restore", "backup-verify"],
    "KEY": ["backup", "restore", "backup-verify"],
    "FULL": ["report"],
    "PROJECT": ["bootstrap-gcp"],
    "REGION": ["bootstrap-gcp"],
    "PAIRS": ["bench"],
    "ONLY": ["bench"],
}
"""Variable that is passed on → the targets that do so."""
SWITCHES = {
    *("FOLLOW", "FORCE", "LACKING", "DISRUPTIVE", "THOROUGH", "LIVE", "GATE", "DRY_RUN"),
    *("CONTRACT", "ACCEPT"),
}
HOSTILE = [
    "$(shell touch run)",
    "${shell touch run}",
    "$(error run)",
    "$$(touch run)",
    "$(touch run)",
    "`touch run`",
    "; touch run",
    "& touch run &",
    "| touch run",
    "> run",
    "'; touch run; '",
    '"; touch run; "',
    "x\ntouch run",
    "x\\",
    "x # y",
    " x  y ",
    "* ~ $HOME %",
    "../../x",
    "-x",
]
"""What make or a shell would do something with."""


def test_every_variable_is_tried():
    given = re.search(r"^GIVEN = (.*)$", TEXT, re.MULTILINE)
    assert given
    assert set(given[1].split()) == {*USERS, *SWITCHES}
    explained = TEXT.partition("ONE_STACK")[0]
    assert set(re.findall(r"\b([A-Z_]+)=", explained)) <= {*USERS, *SWITCHES}


def stays_text(folder: Path, target: str, value: str, way: str) -> None:
    """`target` is given `value` in every variable: it reaches the command, and nothing runs."""
    folder.mkdir()
    given = dict.fromkeys([*USERS, *SWITCHES], value)
    if way == "arguments":
        # Of an argument, white space before the value is make's own.
        value = value.lstrip()
        called = words(folder, [target, *(f"{name}={text}" for name, text in given.items())])
    else:
        called = words(folder, [target], given)
    passed = [word.partition("=")[2] for word in called if "=" in word]
    takes = [variable for variable, users in USERS.items() if target in users]
    if target == "report" and way == "environment":
        takes.remove("STACK")  # there it is for the other commands: a report is on all stacks
    assert passed == [value] * len(takes)
    assert {path.name for path in folder.iterdir()} == {".toolchain", ".venv", "called"}


@pytest.mark.parametrize("value", HOSTILE)
def test_what_is_given_stays_text(tmp_path: Path, value: str):
    for target in ("logs", "report", "bootstrap-gcp"):
        stays_text(tmp_path / target, target, value, "arguments")


@pytest.mark.parametrize("way", ["arguments", "environment"])
@pytest.mark.parametrize("target", USERS["STACK"])
def test_it_stays_text_for_every_target(tmp_path: Path, target: str, way: str):
    stays_text(tmp_path / "all", target, " ".join(HOSTILE), way)


@pytest.mark.parametrize(("stack", "cloud"), [("dev", False), ("prod", True)])
def test_the_cloud_plugin_only_for_a_stack_in_the_cloud(stack: str, cloud: bool):
    assert ("--cloud" in make("--dry-run", "preview", f"STACK={stack}")) is cloud
