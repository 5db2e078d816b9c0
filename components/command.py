"""Running a command of the host from a dynamic provider."""

import subprocess
from collections.abc import Mapping, Sequence


class CommandError(Exception):
    """A command of the host failed; the text is the command and its own words."""


def run(
    command: Sequence[str],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 120,
) -> str:
    """Run `command` and return what it printed.

    Secrets go through `stdin` or `env`, never through the arguments: those are in the error text.
    """
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command,
            input=stdin,
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except FileNotFoundError:
        raise CommandError(
            f"{command[0]} is not on PATH: run `make setup`, then `. .toolchain/env`"
        ) from None
    except subprocess.TimeoutExpired:
        raise CommandError(f"{shown}: no end within {timeout_seconds:.0f} s") from None
    if done.returncode != 0:
        words = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise CommandError(f"{shown}: {words}")
    return done.stdout
