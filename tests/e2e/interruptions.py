"""Runs of `make up` and `make down` that are cut short at a moment of one's choice.

Which operation is under way is read from Pulumi's own event log while the run goes on.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHANGES = {
    "create",
    "update",
    "delete",
    "create-replacement",
    "delete-replaced",
    "replace",
}
"""Operations that do something outside Pulumi, in its words."""
NOTHING_REAL = ("pulumi:", "alphintra:index:")
"""How the types of a stack, a provider or a component begin."""
PLUGINS = {
    "docker": "pulumi-resource-docker",
    "kubernetes": "pulumi-resource-kubernetes",
    "pulumi-python": "pulumi.dynamic",
}
"""Package of a resource's type → a word of its plugin's command line."""
WITHIN_SECONDS = 600
"""How long a run may take; longer is hanging."""


@dataclass(frozen=True)
class Step:
    """One operation on one resource."""

    operation: str
    type: str
    urn: str

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]

    @property
    def kind(self) -> str:
        """The last word of its type: Container, K3dCluster, Namespace."""
        return self.type.rpartition(":")[2].rpartition("/")[2]

    @property
    def plugin(self) -> str:
        return PLUGINS[self.type.partition(":")[0]]

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {self.name}"


@dataclass
class Run:
    """A command of the project at work, with what Pulumi has said of its steps so far."""

    process: subprocess.Popen[bytes]
    events: Path
    begun: dict[Step, bool] = field(default_factory=dict[Step, bool])
    """Step → whether it has ended."""
    _read: int = 0

    def steps(self) -> Iterator[Step]:
        """Each step as it begins, until the run ends."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while self.process.poll() is None:
            yield from self._follow()
            assert time.monotonic() < deadline, "the run hangs"
            time.sleep(0.002)
        yield from self._follow()

    def _follow(self) -> list[Step]:
        """The steps that began since the last look."""
        fresh: list[Step] = []
        try:
            size = self.events.stat().st_size
        except FileNotFoundError:
            return []
        if size < self._read:  # another run of Pulumi's under the same command began it anew
            self._read = 0
        with self.events.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if b'"metadata"' not in line:
                continue
            for what, event in json.loads(line).items():
                if step := real_step(what, event):
                    if what == "resourcePreEvent":
                        self.begun[step] = False
                        fresh.append(step)
                    else:
                        self.begun[step] = True
        return fresh

    @property
    def in_flight(self) -> list[Step]:
        self._follow()
        return [step for step, ended in self.begun.items() if not ended]

    def end(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(WITHIN_SECONDS)

    def kill(self, word: str) -> int:
        """Kill the processes below this run that are the program `word`; how many there were."""
        pids = [pid for pid, words in descendants(self.process.pid).items() if runs(words, word)]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def interrupt(self, *numbers: int) -> int:
        """Send these signals, a second apart, to the foreground process group, as a terminal
        does."""
        for number in numbers:
            os.killpg(self.process.pid, number)
            time.sleep(1)
        return 1


Way = Callable[[Run, Step], int]
"""Cuts a run short while a step is under way; how many processes it hit."""
KILLED: dict[str, Way] = {
    "engine": lambda run, _: run.kill("pulumi"),
    "plugin": lambda run, step: run.kill(step.plugin),
    "language host": lambda run, _: run.kill("pulumi-language-python"),
    "program": lambda run, _: run.kill("pulumi-language-python-exec"),
}
"""Process of Pulumi that gets SIGKILL → how."""
ASKED: dict[str, Way] = {
    "Ctrl-C": lambda run, _: run.interrupt(signal.SIGINT),
    "Ctrl-C twice": lambda run, _: run.interrupt(signal.SIGINT, signal.SIGINT),
    "terminal closed": lambda run, _: run.interrupt(signal.SIGHUP),
    "SIGTERM": lambda run, _: (run.process.terminate(), 1)[1],
}
"""What a person or the system does → how."""
WAYS = KILLED | ASKED


def runs(words: list[str], program: str) -> bool:
    """Whether a command line is that of `program`, not of a shell that starts it."""
    return Path(words[0]).name != "sh" and program in [Path(word).name for word in words[:4]]


def real_step(what: str, event: Any) -> Step | None:
    """The step that an event of Pulumi's is about, if it changes anything outside Pulumi."""
    if what not in ("resourcePreEvent", "resOutputsEvent", "resOpFailedEvent"):
        return None
    facts: Mapping[str, Any] = event["metadata"]
    if facts["op"] not in CHANGES or facts["type"].startswith(NOTHING_REAL):
        return None
    return Step(facts["op"], facts["type"], facts["urn"])


def descendants(pid: int) -> dict[int, list[str]]:
    """The processes below `pid`, zombies aside → their command lines."""
    # Whole lines: pytest says how wide its terminal is, and ps would believe it.
    every = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="]
    listing = subprocess.run(every, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    below = {str(pid)}
    found: dict[int, list[str]] = {}
    grown = True
    while grown:
        grown = False
        for one, parent, state, *words in rows:
            if parent in below and one not in below:
                below.add(one)
                grown = True
                if not state.startswith("Z"):
                    found[int(one)] = words
    return found
