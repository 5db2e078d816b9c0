"""What the SDK would tell an event log."""

import subprocess
import sys

from tests.programs import ROOT

PROGRAM = """
import pulumi
from stacks.secrecy import silence_the_sdk
from tests.graph import record

class Thing(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("alphintra:index:Thing", "thing")
        self.register_outputs({"password": pulumi.Output.secret("hunter2")})

def program() -> None:
    %s
    Thing()

import pulumi.log
pulumi.log.debug = print
record(program)
"""


def said(first: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % first],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_secret_is_in_a_message_of_the_sdk():
    assert "hunter2" in said("pass"), "the SDK tells it no more: stacks/secrecy.py can go"
    assert "hunter2" not in said("silence_the_sdk()")


def test_the_program_silences_it_first():
    lines = (ROOT / "__main__.py").read_text().splitlines()
    body = lines[lines.index("async def main() -> pulumi.Inputs:") + 1 :]
    assert body[0].strip() == "silence_the_sdk()"
