"""The command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from toolchain import setup
from toolchain.__main__ import main
from toolchain.errors import SetupError
from toolchain.paths import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [[], ["setup"], ["venv"], ["stack"], ["doctor"], ["env"], ["clean"]]
)
def test_help(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "toolchain", *arguments, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "usage: python3 -m toolchain" in done.stdout


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; sys.path.insert(0, '.'); import toolchain.__main__; "
        "print([n for n in sys.modules if n.split('.')[0] in ('pulumi', 'pydantic', 'yaml')])"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_error_ends_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> int:
        raise SetupError("it broke", hint="Mend it.")

    assert setup.guarded(fails) == 1
    text = capsys.readouterr().err
    assert "FAILED: it broke" in text
    assert "what to do: Mend it." in text
    assert "Traceback" not in text


def test_ctrl_c_ends_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert setup.guarded(interrupted) == 130
    assert "goes on where it stopped" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nonesuch", "../dev", "", "-x", "dev.yaml/../dev"])
def test_no_stack_is_made_without_its_file(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stack", "--", name]) == 1
    text = capsys.readouterr().err
    assert f"there is no stack {name!r}" in text
    assert "Pulumi.dev.yaml" in text
