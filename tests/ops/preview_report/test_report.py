"""From what was asked for to the files, and the exit code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.commands import OpsError, Result
from ops.preview_report import __main__ as cli
from ops.preview_report import live, report
from ops.preview_report.mask import Masker
from ops.preview_report.report import Wish
from ops.preview_report.verdict import Verdict
from ops.stack import Stack
from tests.ops.preview_report import logs

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
DANGER = logs.step("replace", SQL, "database", {"region": "a"}, {"region": "correct horse"})
STACK_FILE = "config:\n  alphintra:target: gcp\n"


@dataclass
class Pulumi:
    """A Pulumi that writes `events`, and knows the secrets of the stack."""

    events: str
    commands: list[list[str]] = field(default_factory=list[list[str]])

    def ask(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 30,
    ) -> Result:
        del env, stdin, timeout
        self.commands.append([*command])
        for argument in command:
            if argument.startswith("--event-log="):
                Path(argument.partition("=")[2]).write_text(self.events)
        if command[:2] == ["pulumi", "config"]:
            return Result(0, json.dumps({"a": {"value": "correct horse", "secret": True}}))
        if command[:3] == ["pulumi", "stack", "output"]:
            shown = "--show-secrets" in command
            value = {"a": "battery staple"} if shown else "[secret]"
            return Result(0, json.dumps({"passwords": value, "host": "10.0.0.1"}))
        return Result(0, "main")

    def show(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        raise AssertionError(command)

    def start(self, command: Sequence[str], **options: Any) -> Any:
        raise AssertionError(command)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK_FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/key.json")
    return tmp_path


def test_live_is_the_real_preview_held_to_the_policy_and_its_secrets_stay_out(folder: Path):
    pulumi = Pulumi(f"{DANGER}\n{logs.END}\n")
    out = folder / "out"
    view = report.make(pulumi, folder, Wish("main", [], out, True, ""), lambda _: None)
    (command,) = [one for one in pulumi.commands if one[:2] == ["pulumi", "preview"]]
    assert "--policy-pack" in command and not any("config-file" in one for one in command)
    assert view.verdict is Verdict.DANGEROUS and view.drift
    assert sorted(path.name for path in out.iterdir()) == [
        "comment.md",
        "report.html",
        "topology-prod.svg",
        "verdict.json",
    ]
    assert "correct horse" not in "".join(path.read_text() for path in out.iterdir())
    assert json.loads((out / "verdict.json").read_text())["stacks"] == {"prod": "dangerous"}


def test_live_without_credentials_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setattr(live, "have_credentials", lambda: False)
    with pytest.raises(OpsError, match="leave LIVE=1 out"):
        live.compare(Pulumi(""), Stack("prod", "gcp", folder=folder), lambda _: None)


def test_the_secrets_of_a_stack_are_its_settings_and_its_outputs():
    assert {*live.secrets(Pulumi(""), "prod")} == {"correct horse", "battery staple"}


def test_a_secret_that_got_through_after_all_stops_the_report(tmp_path: Path):
    view = logs.report(DANGER)  # judged by a mask that does not know
    wish = Wish("main", [], tmp_path / "out", False, "")
    with pytest.raises(OpsError, match="none was written"):
        report.write(view, Masker(["correct horse"]), wish)
    assert not wish.out.exists()


def test_a_second_report_leaves_nothing_of_the_first(tmp_path: Path):
    wish = Wish("main", [], tmp_path, False, "")
    (tmp_path / "topology-gone.svg").write_text("old")
    for _ in range(2):
        report.write(logs.report(DANGER), Masker(), wish)
    assert not (tmp_path / "topology-gone.svg").exists()


@pytest.mark.parametrize(
    ("events", "code"),
    [
        (logs.step("create", "gcp:compute/route:Route", "r", None, {}), 0),
        (logs.step("delete", "gcp:compute/route:Route", "r", {}), 3),
        (DANGER, 4),
    ],
)
def test_the_exit_code_is_the_verdict(
    folder: Path, events: str, code: int, capsys: pytest.CaptureFixture[str]
):
    pulumi = Pulumi(f"{events}\n{logs.END}\n")
    assert cli.main(["--live", f"--out={folder / 'out'}"], pulumi) == code
    assert "report.html" in capsys.readouterr().out


def test_no_report_is_1(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["--stack=nowhere", "--live"], Pulumi("")) == 1
    assert "there is no stack nowhere" in capsys.readouterr().err
