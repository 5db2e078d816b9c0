"""`make bootstrap-gcp` against a gcloud that plays a project: absent, present, failing."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from components.foundation.services import APIS, SERVICE_AGENTS
from ops import bootstrap, cli
from ops.bootstrap import steps
from ops.bootstrap.deployer import GRANTABLE, GRANTS, ROLES
from ops.commands import HostCommands, Result
from tests.ops import fake_gcloud
from tests.ops.fake_gcloud import World
from tests.programs import ROOT

PROJECT = "alphintra-test"
NEW: dict[str, list[str]] = {
    "auth list": ["me@example.com"],
    f"projects describe {PROJECT}": ["4711"],
    f"billing projects describe {PROJECT}": ["billingAccounts/0A-1B-2C"],
}
"""What is known of a project in which nothing has been made."""
BOOTSTRAP = ("bootstrap-gcp", f"--project={PROJECT}", "--stack=prod")
READS = ("list", "describe", "get-iam-policy")


class Gcloud(HostCommands):
    """Answers as gcloud would, of a project that is in memory."""

    def __init__(self) -> None:
        self.world: World = {"commands": [], "things": dict(NEW), "fail": {}}

    def ask(self, command: Sequence[str], **_: Any) -> Result:
        assert command[0] == "gcloud"
        try:
            return Result(0, fake_gcloud.answer(list(command[1:]), self.world))
        except fake_gcloud.Refusal as refusal:
            return Result(1, err=f"ERROR: (gcloud) {refusal}")

    def run(self, *arguments: str, fail: Mapping[str, tuple[int, str]] | None = None) -> int:
        self.world |= {"commands": [], "fail": dict(fail or {})}
        return cli.main([*BOOTSTRAP, *arguments], self)

    @property
    def things(self) -> dict[str, list[str]]:
        return self.world["things"]

    @property
    def commands(self) -> list[str]:
        return [" ".join(words) for words in self.world["commands"]]

    @property
    def changes(self) -> list[str]:
        return changing(self.world["commands"])


def changing(commands: Sequence[Sequence[str]]) -> list[str]:
    """Those that could make something; not those that ask again for a service agent."""
    return [
        " ".join(words)
        for words in commands
        if not set(READS) & set(words) and list(words[:3]) != ["beta", "services", "identity"]
    ]


@pytest.fixture
def gcloud(monkeypatch: pytest.MonkeyPatch) -> Gcloud:
    monkeypatch.setattr(bootstrap, "PAUSE_SECONDS", 0)
    monkeypatch.chdir(ROOT)
    return Gcloud()


@pytest.mark.slow
def test_with_a_program_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program, file = tmp_path / "gcloud", tmp_path / "world.json"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {fake_gcloud.__file__} "$@"\n')
    program.chmod(0o755)
    file.write_text(json.dumps({"commands": [], "things": NEW, "fail": {}}))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_GCLOUD", str(file))
    monkeypatch.chdir(ROOT)
    assert cli.main([*BOOTSTRAP, "--force"]) == 0
    in_memory = Gcloud()
    in_memory.run("--force")
    assert json.loads(file.read_text()) == in_memory.world


def test_a_new_project_is_made_ready_and_a_second_run_makes_nothing(
    gcloud: Gcloud, capsys: pytest.CaptureFixture[str]
):
    assert gcloud.run("--force") == 0
    first = gcloud.changes
    assert len(first) == len(set(first))
    printed = capsys.readouterr().out
    key = f"projects/{PROJECT}/locations/europe-west1/keyRings/pulumi-state/cryptoKeys/secrets"
    for words in (
        f"{len(first)} things made",
        f"pulumi stack init prod --secrets-provider=gcpkms://{key}",
        f"export PULUMI_BACKEND_URL=gs://{PROJECT}-pulumi-state",
        'project_number: "4711"',
        "billing_account: 0A-1B-2C",
    ):
        assert words in printed
    assert gcloud.run("--force") == 0
    assert gcloud.changes == []
    assert "0 things made" in capsys.readouterr().out


def test_every_command_is_shown_before_it_runs(gcloud: Gcloud, capsys: pytest.CaptureFixture[str]):
    assert gcloud.run("--force", fail={"kms keyrings create": (1, "a refusal")}) == 1
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("$ gcloud ")]
    assert [line.replace("'", "") for line in shown] == [
        f"$ gcloud {command}" for command in gcloud.commands
    ]
    assert "kms keyrings create" in shown[-1]


def test_a_half_made_project_is_finished(gcloud: Gcloud):
    assert gcloud.run("--force", fail={"storage buckets update": (1, "no")}) == 1
    done = gcloud.changes[:-1]
    assert gcloud.run("--force") == 0
    assert not set(done) & set(gcloud.changes)
    assert gcloud.changes[0].startswith("storage buckets update")


def test_a_setting_that_somebody_changed_is_put_back(gcloud: Gcloud):
    gcloud.run("--force")
    (listed,) = [key for key in gcloud.things if key.startswith("storage buckets describe")]
    gcloud.things[listed] = ["False\tTrue\tinherited\t\t"]
    assert gcloud.run("--force") == 0
    (command,) = gcloud.changes
    assert "--versioning" in command and "--public-access-prevention" in command


def test_what_google_needs_time_for_is_tried_again(
    gcloud: Gcloud, capsys: pytest.CaptureFixture[str]
):
    complaint = "HTTPError 403: Permission denied on Cloud KMS key. Please ensure …"
    assert gcloud.run("--force", fail={"storage buckets create": (2, complaint)}) == 0
    assert len([one for one in gcloud.commands if one.startswith("storage buckets create")]) == 3
    assert capsys.readouterr().out.count("not yet: ") == 2


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        ({"storage buckets create": (1, "HTTPError 409: name in use")}, "name in use"),
        ({"services list": (1, "PERMISSION_DENIED")}, "PERMISSION_DENIED"),
        ({"projects describe": (1, "or it may not exist")}, "To make it: gcloud projects create"),
        ({"billing": (1, "PERMISSION_DENIED")}, "can't tell who pays"),
    ],
)
def test_a_refusal_ends_it_with_its_words(
    gcloud: Gcloud, fail: dict[str, tuple[int, str]], words: str, capsys: pytest.CaptureFixture[str]
):
    assert gcloud.run("--force", fail=fail) == 1
    assert words in capsys.readouterr().err
    assert next(iter(fail)) in gcloud.commands[-1]


@pytest.mark.parametrize(
    ("lacks", "words"),
    [("auth list", "gcloud auth login"), (f"billing projects describe {PROJECT}", "nobody pays")],
)
def test_what_a_person_must_do_first(
    gcloud: Gcloud, lacks: str, words: str, capsys: pytest.CaptureFixture[str]
):
    gcloud.things[lacks] = []
    assert gcloud.run("--force") == 1
    assert words in capsys.readouterr().err
    assert gcloud.changes == []


def test_without_gcloud(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(ROOT)
    assert cli.main([*BOOTSTRAP, "--force"]) == 1
    error = capsys.readouterr().err
    assert "gcloud is not on PATH. Install it: https://cloud.google.com/sdk" in error


def test_nobody_to_ask(gcloud: Gcloud, capsys: pytest.CaptureFixture[str]):
    assert gcloud.run() == 1
    assert "FORCE=1" in capsys.readouterr().err
    assert gcloud.changes == []


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("y", 1), ("", 1)])
def test_it_asks_once(gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch, typed: str, code: int):
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return typed

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert gcloud.run() == code
    assert len(questions) == 1
    assert bool(gcloud.changes) is (code == 0)


def test_a_dry_run_runs_nothing_and_shows_all(gcloud: Gcloud, capsys: pytest.CaptureFixture[str]):
    assert gcloud.run("--dry-run") == 0
    assert gcloud.commands == []
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("gcloud ")]
    gcloud.run("--force")
    changes = gcloud.changes
    assert len([line for line in shown if not set(READS) & set(line.split())]) == len(
        changes
    ) + len(steps.AGENTS)


def test_which_project_is_the_stacks_file_unless_said(
    gcloud: Gcloud, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["bootstrap-gcp", "--stack=staging", "--dry-run", "--region=europe-west4"]) == 0
    printed = capsys.readouterr().out
    assert "gs://alphintra-staging-pulumi-state" in printed
    assert "europe-west1" not in printed


@pytest.mark.parametrize(
    "given", ["--project=x --quiet", "--project=a b", "--region=mars", "--region=-x"]
)
def test_what_is_no_project_or_region_never_reaches_gcloud(
    gcloud: Gcloud, given: str, capsys: pytest.CaptureFixture[str]
):
    """A blank in it would make two arguments of one."""
    assert gcloud.run(given, "--force") == 1
    assert gcloud.commands == []
    assert "; allowed: " in capsys.readouterr().err


def test_no_secret_is_asked_for_or_printed(gcloud: Gcloud, capsys: pytest.CaptureFixture[str]):
    gcloud.run("--force")
    everything = " ".join(gcloud.commands) + capsys.readouterr().out
    for words in ("print-access-token", "keys create key.json", "service-accounts keys"):
        assert words not in everything


def test_the_agents_are_those_that_the_program_gives_keys_to():
    made = {*steps.AGENTS, *steps.MADE_WITH_THEIR_API, "storage"}
    assert made == set(SERVICE_AGENTS)
    assert {*steps.APIS, *made} <= set(APIS)


def test_no_role_of_the_deployer_is_basic_and_none_makes_an_owner():
    names = [role.name for role in ROLES]
    assert len(names) == len(set(names))
    assert names == sorted(names)
    assert not {"roles/owner", "roles/editor", "roles/viewer"} & {*names, *GRANTABLE}
    assert GRANTS in names and GRANTS not in GRANTABLE


def test_the_bucket_keeps_old_versions_for_a_while():
    (rule,) = json.loads((ROOT / steps.LIFECYCLE).read_text())["rule"]
    assert rule["action"] == {"type": "Delete"}
    # Both must hold before a version goes: none of the live ones is touched.
    assert set(rule["condition"]) == {"daysSinceNoncurrentTime", "numNewerVersions"}
