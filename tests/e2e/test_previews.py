"""The cloud stacks' previews: the real provider's checks, without credentials."""

import subprocess

import pytest

from tests.e2e.conftest import ROOT

PREVIEWS = ("make preview STACK=staging", "make preview STACK=prod")


@pytest.mark.parametrize("command", PREVIEWS)
def test_a_cloud_stack_is_previewed(command: str):
    done = subprocess.run(
        command.split(), cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gcp:sql:DatabaseInstance" in done.stdout
