"""The dress rehearsal of the cloud stacks, as a person starts it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, run

STEPS = ("up", "preview", "refresh", "update", "second-preview", "unprotect", "destroy")
UNCHANGED = ("preview", "second-preview")


@pytest.mark.parametrize(("stack", "more"), [("staging", ("contract",)), ("prod", ())])
def test_a_cloud_stack_is_rehearsed(stack: str, more: tuple[str, ...], tmp_path: Path):
    """One of them with the contract suite: its servers are the same for both."""
    before = run("git", "status", "--short", cwd=str(ROOT))
    env = {name: value for name, value in os.environ.items() if name != "PULUMI_BACKEND_URL"}
    done = subprocess.run(
        [
            *("make", "rehearse", f"STACK={stack}", f"OUT={tmp_path / 'out'}"),
            *(f"{step.upper()}=1" for step in more),
        ],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = dict(re.findall(r"^(\S+) {2,}(.*)$", done.stdout, re.MULTILINE))
    for step in (*STEPS, *more):
        assert rows[step].startswith("ok "), rows[step]
    assert all("no change" in rows[step] for step in UNCHANGED)
    assert rows["protected"].startswith("refused")
    assert "left behind: 0;" in done.stdout
    assert (tmp_path / "out" / "calls.jsonl").stat().st_size
    # Nothing of it is left on the machine, and nothing of the project has changed.
    for kind in ("ps --all", "network ls", "volume ls"):
        label = f"--filter=label=io.alphintra.rehearsal={stack}"
        assert not run("docker", *kind.split(), "--quiet", label).split()
    assert run("git", "status", "--short", cwd=str(ROOT)) == before
