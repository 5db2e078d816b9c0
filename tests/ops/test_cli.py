"""The command line, the stack's file, and what holds for every command: no secret shows."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import cli, stack, wire
from ops.commands import HostCommands, OpsError
from ops.console import duration, paint, table
from ops.docker_cli import NAMESPACE
from policy import stack_name
from tests.ops.fake import FakeHost
from tests.ops.fake_stack import EVERY_SECRET

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_command_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        cli.main([verb, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert "--stack" in text
    assert len(text.split()) > 20


@pytest.mark.parametrize("verb", cli.VERBS)
def test_no_secret_in_an_argument_or_on_the_screen(
    verb: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    def redis(*_: Any) -> str:
        return "PONG"

    monkeypatch.setattr(wire, "redis", redis)
    here = stack.Stack("dev", "local", folder=tmp_path)

    def load(_name: str) -> stack.Stack:
        return here

    monkeypatch.setattr(stack, "load", load)
    host = FakeHost(here).up()
    options = {
        "down": ["--force"],
        "logs": ["--service=database"],
        "shell": ["--service=cache"],
        "bootstrap-gcp": ["--project=my-project", "--region=europe-west1", "--force"],
        **{verb: [f"--key={tmp_path}/key"] for verb in ("backup", "restore", "backup-verify")},
    }
    cli.main([verb, *options.get(verb, [])], host)
    printed = capsys.readouterr()
    arguments = [word for command in host.everything for word in command]
    assert arguments, "the command did something"
    for secret in EVERY_SECRET:
        assert secret not in printed.out + printed.err
        assert not [word for word in arguments if secret in word]


def test_an_error_is_a_line_not_a_traceback(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["status", "--stack=nonesuch"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: there is no stack nonesuch: Pulumi.nonesuch.yaml is missing.")
    assert "dev, prod, staging" in error


def test_the_names_are_the_programs():
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert project["name"] == stack.PROJECT
    assert f'"{NAMESPACE}.stack"' in (ROOT / "components" / "naming.py").read_text()


@pytest.mark.parametrize(
    ("name", "target"), [("dev", "local"), ("staging", "gcp"), ("prod", "gcp")]
)
def test_the_stack_files_of_the_project(name: str, target: str):
    assert stack.load(name).target == target


LOCAL = b"config: {alphintra:target: local, "
BOMB = b"a0: &a0 [x]\n" + b"".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n".encode() for n in range(1, 20)
) + b"config: {alphintra:target: *a19}"  # fmt: skip
"""Short, and of 9^19 words when it is unfolded."""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"config: {alphintra:target: aws}", "given 'aws'; allowed: one of local, gcp"),
        (b"", "given None"),
        (b"- config", "given None"),
        (b"[", "is not YAML"),
        (b"\xff\xfe\xfd", "is not YAML"),
        (b"config: {}\n---\nconfig: {}", "is not YAML"),
        (b"config: !!python/object/apply:os.system [touch run]", "is not YAML"),
        (b"config: {alphintra:target: \0}", "is not YAML"),
        (b"config: {alphintra:target: !!timestamp x}", "is not YAML"),
        (b"config: {alphintra:target: 0000-00-00}", "given '0000-00-00'"),
        (b'config: {alphintra:target: "\\ud800"}', r"given '\ud800'"),
        (b"config: {alphintra:target: " + b"9" * 5000 + b"}", "given '99999"),
        (b"config: " + b"[" * 2000 + b"]" * 2000, "nested too deeply"),
        (b"config: &x {alphintra:target: *x}", "given {'alphintra:target': {"),
        (BOMB, "given [[[["),
        (LOCAL + b"alphintra:cache: {memory_gb: .inf}}", "alphintra:cache.memory_gb: given .inf"),
        (LOCAL + b"alphintra:waivers: [{until: .NaN}]}", "alphintra:waivers.0.until: given .NaN"),
        (
            LOCAL + b"alphintra:database: {databases: {secure: v1:x:y}}}",
            "alphintra:database.databases: given a secret",
        ),
    ],
)
def test_a_stack_file_that_is_wrong(tmp_path: Path, text: bytes, words: str):
    (tmp_path / "Pulumi.mine.yaml").write_bytes(text)
    with pytest.raises(OpsError, match=r"Pulumi\.mine\.yaml") as error:
        stack.load("mine", tmp_path)
    assert words in str(error.value)
    assert len(str(error.value)) < 400


def test_references_are_followed_once(tmp_path: Path):
    file = tmp_path / "Pulumi.mine.yaml"
    file.write_bytes(BOMB.replace(b"target: *a19", b"target: local, alphintra:cache: *a19"))
    assert stack.load("mine", tmp_path).target == "local"
    file.write_bytes(LOCAL + b"alphintra:cache: &x {memory_gb: *x}}")
    assert stack.load("mine", tmp_path).target == "local"


def test_a_value_means_what_pulumi_makes_of_it(tmp_path: Path):
    text = (
        "base: &base {alphintra:target: gcp}\nconfig: {<<: *base, gcp:project: no, gcp:region: ~}"
    )
    (tmp_path / "Pulumi.mine.yaml").write_text(text)
    loaded = stack.load("mine", tmp_path)
    assert (loaded.target, loaded.project, loaded.region) == ("gcp", "no", "")


@pytest.mark.parametrize(
    "name", ["", "../dev", "/etc/passwd", "a/b", "Dev", "a.b", "-x", "x-", "x\n", "é", "a" * 12]
)
def test_a_name_that_no_stack_can_have(name: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["status", f"--stack={name}"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: no stack can be called {name!r}; allowed: up to 11 lower-case")
    assert stack_name.fits("a" * 11)


def test_a_stack_file_that_is_a_folder(tmp_path: Path):
    (tmp_path / "Pulumi.mine.yaml").mkdir()
    with pytest.raises(OpsError, match=r"Pulumi\.mine\.yaml can't be read: Is a directory"):
        stack.load("mine", tmp_path)


def test_a_program_that_is_missing():
    with pytest.raises(OpsError, match=r"no-such-program is not on PATH. Run `make setup`"):
        HostCommands().ask(["no-such-program"])
    with pytest.raises(OpsError, match="not on PATH"):
        HostCommands().show(["no-such-program"])


def test_programs_of_this_machine():
    commands = HostCommands()
    assert commands.ask(["sh", "-c", "cat; echo $WORD"], stdin="in ", env={"WORD": "env"}).out == (
        "in env\n"
    )
    failed = commands.ask(["sh", "-c", "echo out; echo 'no,\n  not so' >&2; exit 3"])
    assert (failed.code, failed.words) == (3, "no, not so")
    assert commands.ask(["sleep", "5"], timeout=0.1).words == "no answer within 0 s"
    assert commands.show(["sh", "-c", "exit 4"]) == 4


def test_no_colour_where_it_can_not_be_seen(monkeypatch: pytest.MonkeyPatch):
    class Terminal:
        def isatty(self) -> bool:
            return True

    assert paint("word", 31) == "word"
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("word", 31) == "\033[31mword\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("word", 31) == "word"


def test_columns_are_aligned():
    assert table(("a", "long head"), [("wide cell", "x"), ("y", "z")]).splitlines() == [
        "A          LONG HEAD",
        "wide cell  x",
        "y          z",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(3.21, "3.2 s"), (245.2, "4 min 05 s")])
def test_durations(seconds: float, text: str):
    assert duration(seconds) == text


def test_what_a_pulumi_leaves_in_its_temporary_folder_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As its Kubernetes provider leaves kubeconfigs."""
    pulumi = tmp_path / "pulumi"
    pulumi.write_text('#!/bin/sh\necho secret > "$TMPDIR/kubeconfig1"; echo "$TMPDIR"\n')
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    folder = Path(HostCommands().ask(["pulumi", "up"]).out.strip())
    assert folder != Path(tempfile.gettempdir()) and not folder.exists()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert HostCommands().show(["pulumi", "up"]) == 0
    assert list(tmp_path.iterdir()) == [pulumi]
