"""Runs commands with their output in a log file, and ends them all on Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolchain.errors import SetupError

_lock = threading.Lock()
_children: dict[int, tuple[subprocess.Popen[bytes], bool]] = {}
_cancelled = threading.Event()


class Cancelled(Exception):
    """The user pressed Ctrl-C, or another step failed."""


def run(
    command: Sequence[str],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    finish: bool = False,
    hint: str = "",
) -> None:
    """Run to the end; a failure names the command and the last lines of its output.

    `finish`: on Ctrl-C wait for it instead of ending it (apt must not be cut short).
    """
    if _cancelled.is_set():
        raise Cancelled
    with log.open("ab") as out:
        out.write(f"$ {shlex.join(command)}\n".encode())
        out.flush()
        # A session of its own: Ctrl-C reaches the child through us alone, whole group at once.
        try:
            child = subprocess.Popen(
                list(command),
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise SetupError(f"{command[0]} is not installed", hint=hint, log=log) from error
        with _lock:
            _children[child.pid] = (child, finish)
        try:
            child.communicate(stdin)
        finally:
            with _lock:
                _children.pop(child.pid, None)
    if _cancelled.is_set():
        raise Cancelled
    if child.returncode:
        raise SetupError(
            f"`{shlex.join(command[:4])}{' …' if len(command) > 4 else ''}` "
            f"ended with {child.returncode}:\n{tail(log)}",
            hint=hint,
            log=log,
        )


def output(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 20,
) -> str | None:
    """What a quick command prints, or None when it is missing, fails or hangs."""
    try:
        done = subprocess.run(
            list(command),
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def cancel() -> None:
    """End every running command, and refuse new ones."""
    _cancelled.set()
    with _lock:
        children = list(_children.values())
    for child, finish in children:
        if not finish:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGTERM)


def cancelled() -> bool:
    return _cancelled.is_set()


def reset() -> None:
    """Allow commands again (a new run in the same process)."""
    _cancelled.clear()


def tail(log: Path, lines: int = 12) -> str:
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join("    " + line for line in text.rstrip().splitlines()[-lines:])
