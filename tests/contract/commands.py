"""Running a program, and what it said."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ops.commands import HostCommands, OpsError

OVER_SPDY = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false"}
"""Over WebSockets, kubectl may drop what a short script says ("Unknown stream id 1, discarding
message")."""


@dataclass(frozen=True)
class Answer:
    """How a program ended, and its own words."""

    ok: bool
    out: str
    err: str = ""

    @property
    def words(self) -> str:
        """All that it said, on one line: its complaint first."""
        return " ".join(f"{self.err} {self.out}".split()) or "(it said nothing)"


def ask(*command: str, stdin: str = "", timeout: float = 60) -> Answer:
    """Run `command`. Secrets go in by `stdin`: arguments show in every list of processes."""
    try:
        done = HostCommands().ask(command, env=OVER_SPDY, stdin=stdin, timeout=timeout)
    except OpsError as error:
        return Answer(False, "", str(error))
    return Answer(done.ok, done.out, done.err)


def eventually(attempt: Callable[[], Answer], wanted: bool, seconds: float) -> Answer:
    """The first answer that is as `wanted` (ok or not), or the last one after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = attempt()
        if answer.ok is wanted or time.monotonic() > end:
            return answer
        time.sleep(0.5)
