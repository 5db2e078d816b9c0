"""Timing a command: its time, and the processor time of all processes it waited for."""

import os
import platform
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


class BenchError(Exception):
    """What stops a measurement; the text says what to do."""


@dataclass
class Figure:
    """One thing that was measured, each time it was."""

    seconds: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    """Processor time, user and system, in seconds. More than `seconds` if cores were shared."""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass
class Results:
    """All that was measured, as it is kept in JSON."""

    machine: dict[str, str]
    commit: str
    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is no time: counts, growth, imports."""

    def add(self, name: str, seconds: float, cpu: float) -> None:
        figure = self.figures.setdefault(name, Figure())
        figure.seconds.append(round(seconds, 3))
        figure.cpu.append(round(cpu, 3))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(document: Mapping[str, Any]) -> Results:
    figures = {name: Figure(**values) for name, values in document["figures"].items()}
    return Results(document["machine"], document["commit"], figures, document["facts"])


@dataclass(frozen=True)
class Done:
    out: str
    seconds: float
    cpu: float


def timed(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 900,
) -> Done:
    """Run `command`. A failure raises BenchError with the last lines of what it printed."""
    before, started = _children(), time.perf_counter()
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    seconds, cpu = time.perf_counter() - started, _children() - before
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-30:])
        raise BenchError(f"`{' '.join(command)}` failed with {done.returncode}:\n{last}")
    return Done(done.stdout, seconds, cpu)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def machine() -> dict[str, str]:
    """What the figures hold for."""
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in facts if line.startswith("model name")]
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory) // 1024 // 1024} GiB",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "docker": ask("docker", "version", "--format={{.Server.Version}}"),
        "pulumi": ask("pulumi", "version"),
        "k3d": ask("k3d", "version").splitlines()[0].removeprefix("k3d version "),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def ask(*command: str, cwd: Path | None = None, stdin: str | None = None) -> str:
    """What a quick command printed on its standard output."""
    done = subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise BenchError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout}")
    return done.stdout.strip()
