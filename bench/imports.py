"""What importing costs: the processor time of each module after those before it."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MODULES = (
    "pulumi",
    "pydantic",
    "components.spec",
    "pulumi_docker.container",
    "pulumi_kubernetes",
    "pulumi_gcp",
    "stacks.config",
    "stacks.targets",
    "stacks.platform",
    "pulumi_kubernetes.core.v1",
    "pulumi_kubernetes.rbac.v1",
    "pulumi_kubernetes.networking.v1",
    "pulumi_kubernetes.batch.v1",
    "pulumi_gcp.compute",
    "pulumi_gcp.container",
)
"""In the order in which a program comes to them; those of `pulumi_gcp` on Google Cloud alone."""
TIMES = 5
PROGRAM = """
import importlib, json, sys, time
times = []
for module in sys.argv[1:]:
    started = time.process_time()
    importlib.import_module(module)
    times.append(time.process_time() - started)
print(json.dumps(times))
"""


def import_times(folder: Path, modules: Sequence[str]) -> dict[str, float]:
    """Module → milliseconds of processor time, the median of several processes."""
    command = [sys.executable, "-c", PROGRAM, *modules]
    runs: list[list[float]] = [
        json.loads(subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout)
        for _ in range(TIMES)
    ]
    return {
        module: round(1000 * statistics.median(times), 1)
        for module, times in zip(modules, zip(*runs, strict=True), strict=True)
    }
