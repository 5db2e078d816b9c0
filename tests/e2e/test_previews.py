"""The cloud stacks' previews for real: without credentials, and as root without network."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT

PREVIEWS = {
    "make preview STACK=staging": "⚠️ alphintra",
    "make preview STACK=prod": "✅ alphintra",
}
"""Command → what the policy says: staging has a waiver, prod has none."""
REPORT = "make report BASE=main"
CLOUD = "CLOUDSDK_", "GOOGLE_", "GCLOUD_", "GCE_"
SECONDS = 60
"""Warm it takes 10 s on two cores; the first on a machine takes longer, and work may run beside."""


def alone(command: str) -> list[str]:
    """The command in a network namespace of its own, with a loopback interface only: where that can
    be made."""
    if os.geteuid() or not shutil.which("unshare") or not shutil.which("ip"):
        return ["sh", "-c", command]
    return ["unshare", "--net", "sh", "-c", f"ip link set lo up && exec {command}"]


@pytest.mark.parametrize("command", PREVIEWS)
def test_a_cloud_stack_is_previewed(command: str):
    subprocess.run(["make", "setup", "CLOUD=--cloud"], cwd=ROOT, check=True)
    before = subprocess.check_output(["git", "status", "--short"], cwd=ROOT)
    env = {name: value for name, value in os.environ.items() if not name.startswith(CLOUD)}
    started = time.monotonic()
    done = subprocess.run(
        alone(command),
        cwd=ROOT,
        env={**env, "CLOUDSDK_CONFIG": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "planned from an empty state" in done.stdout
    assert "gcp:sql:DatabaseInstance database create" in done.stdout
    assert PREVIEWS[command] in done.stdout
    assert time.monotonic() - started < SECONDS
    assert subprocess.check_output(["git", "status", "--short"], cwd=ROOT) == before


def test_a_report_of_no_change_is_safe(tmp_path: Path):
    """Against the commit itself: a checkout need not have a branch of that name."""
    command = REPORT.replace("main", "HEAD")
    subprocess.run(
        ["sh", "-c", f"{command} STACK=dev OUT={tmp_path}"], cwd=ROOT, check=True, timeout=600
    )
    assert (tmp_path / "report.html").exists()
    assert "safe" in (tmp_path / "comment.md").read_text().splitlines()[1].lower()
