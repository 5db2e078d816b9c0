"""One rehearsal in progress: the played cloud, the copy of the stack, and Pulumi between them."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.cloud.control import new_project
from rehearsal.cloud.state import Cloud
from rehearsal.stage.authority import Authority, new_authority
from rehearsal.stage.log import CallLog
from rehearsal.stage.room import Room
from rehearsal.stage.server import Server
from rehearsal.stage.workspace import ROOT, NotHere, Workspace, copy, refuse_real_backend

MINUTES = 20
"""After so long, a step hangs."""
QUIET = ("same", "read", "refresh")
"""What a step does to a resource without changing it."""


@dataclass
class Step:
    """How one step went."""

    name: str
    code: int
    seconds: float
    changes: dict[str, int]
    """What was done → to how many resources."""
    calls: int
    refused: list[str]
    """The calls that the played cloud refused: method, and its words."""
    words: list[str]
    """Pulumi's own errors."""
    output: str = field(repr=False, default="")

    @property
    def changed(self) -> int:
        return sum(number for what, number in self.changes.items() if what not in QUIET)


@dataclass
class Play:
    cloud: Cloud
    workspace: Workspace
    authority: Authority
    room: Room
    server: Server
    log: CallLog
    out: Path
    environment: dict[str, str]
    before: frozenset[str]
    """What the project has before the stack is there: keys of `cloud.store`."""
    steps: list[Step] = field(default_factory=list[Step])
    process: "subprocess.Popen[str] | None" = None
    """What runs in the room, or ran last."""

    def program(self, folder: Path) -> None:
        """Play the program of another checkout from now on, on what there is."""
        self.workspace.program(folder)

    def pulumi(
        self, name: str, *arguments: str, timeout: float = MINUTES * 60, check: bool = True
    ) -> Step:
        """Run Pulumi as a step of that name; with `check`, a failure ends the rehearsal."""
        self.log.step = name
        before, started = len(self.log.entries), time.monotonic()
        events = self.out / f"events-{name}.jsonl"
        events.unlink(missing_ok=True)
        command = [
            *("pulumi", *arguments, f"--stack={self.workspace.stack}", "--non-interactive"),
            *(f"--event-log={events}", "--color=never", "--suppress-outputs"),
        ]
        done = self.run(command, timeout)
        calls = self.log.entries[before:]
        step = Step(
            name,
            done.returncode,
            time.monotonic() - started,
            changes(events),
            len(calls),
            [f"{one.id or one.path}: {one.error}" for one in calls if refusal(one.status, one.id)],
            errors(events),
            output=done.stdout + done.stderr,
        )
        (self.out / f"output-{name}.txt").write_text(step.output)
        self.steps.append(step)
        if check and step.code:
            raise Failed(step)
        return step

    def run(
        self, command: Sequence[str], timeout: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in the room, as Pulumi is run, and all that it starts in a group of its
        own: that ends with it, whatever happened."""
        self.process = self.room.do(
            lambda: subprocess.Popen(
                command,
                cwd=self.workspace.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        try:
            out, err = self.process.communicate(timeout=timeout)
        except BaseException:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            raise
        return subprocess.CompletedProcess(command, self.process.returncode, out, err)

    def keep_state(self) -> None:
        """The stack's state as it is now, into the folder of what was found."""
        (self.out / "state.json").write_text(json.dumps(self.state(), indent=1))

    def state(self) -> dict[str, Any]:
        """The stack's state, secrets encrypted."""
        stack = self.workspace.stack
        done = self.run(["pulumi", "stack", "export", f"--stack={stack}"])
        return json.loads(done.stdout)


class Failed(Exception):
    """A step that should have succeeded did not."""

    def __init__(self, step: Step) -> None:
        words = "\n".join(step.words) or step.output[-2000:]
        super().__init__(f"{step.name} failed: {words}")
        self.step = step


def refusal(status: int, method: str) -> bool:
    """Whether a call was refused; that something is not there is an answer."""
    return status >= 400 and not (status == 404 and method.rsplit(".", 1)[-1].startswith("get"))


def changes(events: Path) -> dict[str, int]:
    """What was done, to how many resources: the summary that ends Pulumi's events."""
    counts = Counter[str]()
    for event in _events(events):
        summary = event.get("summaryEvent")
        if summary:
            counts.update(summary.get("resourceChanges") or {})
    return dict(counts)


def differences(events: Path) -> dict[str, set[str]]:
    """Resource → its properties that were not as recorded: what a refresh finds."""
    found: dict[str, set[str]] = {}
    for event in _events(events):
        metadata = event.get("resOutputsEvent", {}).get("metadata", {})
        if metadata.get("op") not in (None, "same", "read") and metadata.get("detailedDiff"):
            name = metadata["urn"].rsplit("::", 1)[-1]
            found.setdefault(name, set()).update(metadata["detailedDiff"])
    return found


def errors(events: Path) -> list[str]:
    """Pulumi's diagnostics that are errors, each once."""
    found = (event.get("diagnosticEvent", {}) for event in _events(events))
    return list(
        dict.fromkeys(
            f"{one.get('urn', '').rsplit('::', 1)[-1]}: {' '.join(one['message'].split())}"
            for one in found
            if one.get("severity") == "error"
        )
    )


def _events(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]


@contextmanager
def play(stack: str, out: Path, root: Path = ROOT) -> Generator[Play]:
    """Set the stage for a stack of the program in `root`; afterwards nothing is left but what is in
    `out`."""
    refuse_real_backend(os.environ)
    if not shutil.which("pulumi"):
        raise NotHere("pulumi is not on PATH: `make rehearse` sets it up")
    folder = Path(tempfile.mkdtemp(prefix="alphintra-rehearsal-"))
    room = Room()
    log = CallLog(out)
    try:
        workspace = copy(stack, folder, root)
        authority = new_authority(folder)
        cloud = project_of(workspace)
        server = room.do(lambda: Server(cloud, log, authority.server()))
        server.start()
        environment = workspace.environment(server.url, authority.bundle)
        before = frozenset(cloud.store)
        one = Play(cloud, workspace, authority, room, server, log, out, environment, before)
        made = one.run(["pulumi", "stack", "init", stack, "--no-select", "--non-interactive"])
        if made.returncode:
            raise RuntimeError(f"pulumi can't make the rehearsal's stack: {made.stderr}")
        yield one
        server.shutdown()
    finally:
        room.close()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def project_of(workspace: Workspace) -> Cloud:
    settings = workspace.settings
    foundation = settings["alphintra:foundation"]
    return new_project(
        settings["gcp:project"], foundation["project_number"], foundation["billing_account"]
    )
