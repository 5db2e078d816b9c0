"""`__main__.py` itself: every stack file, with nothing but its configuration."""

import json
import subprocess
import sys

import pytest

from tests.programs import ROOT, STACKS, stack_config

RUN = """
import json, runpy, sys
import pulumi
from tests.graph import record
stack, config = sys.argv[1], json.loads(sys.argv[2])
programs = []
pulumi.run = programs.append
runpy.run_path("__main__.py")
(main,) = programs
graph = record(lambda: main(), stack=stack, config=config)
modules = [m for m in sys.modules if m.startswith(("pulumi_gcp.", "pulumi_docker."))]
print(json.dumps({"tree": graph.tree(), "modules": modules}))
"""


def run(stack: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, with an empty environment: no PATH, no Docker."""
    config = json.dumps(stack_config(stack, **changes))
    return subprocess.run(
        [sys.executable, "-c", RUN, stack, config],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_the_program_needs_its_configuration_only(stack: str):
    done = run(stack)
    assert done.returncode == 0, done.stderr
    assert f"alphintra:index:Platform  {stack}\n" in json.loads(done.stdout)["tree"]


@pytest.mark.slow
def test_a_local_stack_loads_nothing_of_google_cloud():
    """The first touch of `pulumi_gcp.compute` alone costs seconds on a small machine."""
    loaded = json.loads(run("dev").stdout)["modules"]
    heavy = [m for m in loaded if m.startswith("pulumi_gcp.") and m.count(".") > 1]
    assert heavy == []
    assert not {"pulumi_gcp.compute.network", "pulumi_gcp.sql.user"} & set(loaded)


@pytest.mark.slow
def test_wrong_settings_end_without_a_traceback_from_the_program():
    done = run("dev", target="aws")
    assert done.returncode != 0
    assert "Pulumi.dev.yaml: alphintra:target: given 'aws'" in done.stderr
    assert "RunError" in done.stderr  # which Pulumi's executor prints as its message alone
