"""The one way in which `ops` runs another program, and how it says what went wrong."""

import os
import signal
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a program to end."""


class Ended(KeyboardInterrupt):
    """We were asked to end: by Ctrl-C, SIGTERM or SIGHUP, whose number it is made with."""

    @property
    def code(self) -> int:
        """The exit code that a shell would give."""
        return 128 + int(self.args[0])


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
        """Run a command on the user's terminal and return its exit code. Raises `Ended` if it
        failed after we had been asked to end."""
        ...

    def start(
        self,
        command: Sequence[str],
        *,
        stdout: int | IO[bytes],
        stderr: IO[bytes],
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Begin a command that is fed and read as it goes. Ctrl-C does not reach it: whoever
        started it ends it."""
        ...


class Deferred:
    """While a program is in front, signals are for it: Pulumi first finishes what it has begun.

    Ctrl-C reaches it by itself, from the terminal. SIGTERM and SIGHUP (the terminal was closed) are
    passed on as SIGTERM; SIGHUP itself would end it at once, so it is started to ignore that.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._program: subprocess.Popen[bytes] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Deferred":
        self._before = {number: signal.getsignal(number) for number in ENDING}
        # Handlers, not SIG_IGN, because the program would inherit that.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return self

    def to(self, program: subprocess.Popen[bytes]) -> None:
        self._program = program
        if self.received:
            self._note(self.received, None)
        if self._before[signal.SIGHUP] != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(signal.SIGHUP, self._note)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        self.received = number
        if self._program and number != signal.SIGINT:
            self._program.terminate()


@contextmanager
def own_folder(command: Sequence[str]) -> Generator[dict[str, str]]:
    """The environment in which a Pulumi keeps its temporary files in a folder of its own, which is
    removed: its Kubernetes provider leaves the cluster's kubeconfig there each time it starts
    (`writeKubeconfigToFile` in its provider/util.go)."""
    if command[0] != "pulumi":
        yield {}
        return
    with TemporaryDirectory(prefix="alphintra-", ignore_cleanup_errors=True) as folder:
        yield {"TMPDIR": folder}


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
            with own_folder(command) as own:
                done = subprocess.run(
                    command,
                    env={**os.environ, **own, **(env or {})},
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
        with own_folder(command) as own, Deferred() as deferred:
            try:
                program = subprocess.Popen(command, env={**os.environ, **own, **(env or {})})
            except FileNotFoundError:
                raise missing(command[0]) from None
            deferred.to(program)
            code = program.wait()
        if code and deferred.received:
            raise Ended(deferred.received)
        return 128 - code if code < 0 else code  # ended by a signal: as a shell has it

    def start(
        self,
        command: Sequence[str],
        *,
        stdout: int | IO[bytes],
        stderr: IO[bytes],
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        except FileNotFoundError:
            raise missing(command[0]) from None


BROUGHT_BY = {"gcloud": "Install it: https://cloud.google.com/sdk/docs/install"}
"""Programs that set-up does not bring → where they come from."""


def missing(program: str) -> OpsError:
    hint = BROUGHT_BY.get(program, "Run `make setup`, then `. .toolchain/env`.")
    return OpsError(f"{program} is not on PATH. {hint}")
