"""The one way in which `ops` runs another program, and how it says what went wrong."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class OpsError(Exception):
    """What stops a command; the text is for the person who typed it and says what to do."""


@dataclass(frozen=True)
class Result:
    """How a program ended, and what it printed."""

    code: int
    out: str = ""
    err: str = ""

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def words(self) -> str:
        """What the program said, on one line; its complaint rather than its output."""
        text = self.err.strip() or self.out.strip() or f"exit code {self.code}"
        return " ".join(text.split())


class Commands(Protocol):
    """Runs programs. Secrets go in by `env` or `stdin`: arguments show in every process list."""

    def ask(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 30,
    ) -> Result:
        """Run a quick command and return what it printed; `env` is added to ours."""
        ...

    def show(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        """Run a command on the user's terminal and return its exit code."""
        ...


class HostCommands:
    """The programs of this machine."""

    def ask(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 30,
    ) -> Result:
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **(env or {})},
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError:
            raise missing(command[0]) from None
        except subprocess.TimeoutExpired:
            return Result(124, err=f"no answer within {timeout:.0f} s")
        return Result(done.returncode, done.stdout, done.stderr)

    def show(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        # Ctrl-C is for the program in front: Pulumi first finishes what it has begun. A handler,
        # not SIG_IGN, because the program would inherit that.
        before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
        try:
            return subprocess.run(
                command, env={**os.environ, **(env or {})}, check=False
            ).returncode
        except FileNotFoundError:
            raise missing(command[0]) from None
        finally:
            signal.signal(signal.SIGINT, before)


BROUGHT_BY = {"gcloud": "Install it: https://cloud.google.com/sdk/docs/install"}
"""Programs that set-up does not bring → where they come from."""


def missing(program: str) -> OpsError:
    hint = BROUGHT_BY.get(program, "Run `make setup`, then `. .toolchain/env`.")
    return OpsError(f"{program} is not on PATH. {hint}")
