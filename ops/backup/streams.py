"""What flows through commands, in pieces: no file of a backup is ever held in memory."""

import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from ops.commands import Commands, OpsError

PIECE_BYTES = 1 << 20
ENDS_WITHIN_SECONDS = 60
Environment = Mapping[str, str] | None


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece


def output(commands: Commands, command: Sequence[str], env: Environment = None) -> Iterator[bytes]:
    """What `command` prints, piece by piece. A failure is told at the end of it."""
    with _running(commands, command, env, subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdin.close()
        yield from pieces(process.stdout)


def feed(
    commands: Commands, command: Sequence[str], source: Iterable[bytes], env: Environment = None
) -> None:
    """Give `source` to `command`, and wait until it is done with it."""
    with _running(commands, command, env, None) as process:
        assert process.stdin
        try:
            for piece in source:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended: its own words say why


@contextmanager
def _running(
    commands: Commands, command: Sequence[str], env: Environment, stdout: int | None
) -> Generator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as words:
        process = commands.start(
            command, stdout=words if stdout is None else stdout, stderr=words, env=env
        )
        try:
            yield process
            code = process.wait(ENDS_WITHIN_SECONDS * 60)
        finally:
            end(process)
        if code:
            raise OpsError(f"`{' '.join(command)}` failed: {said(words) or f'exit code {code}'}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Close what is open, and end the process if it has not ended."""
    for pipe in (process.stdin, process.stdout):
        try:
            if pipe:
                pipe.close()
        except BrokenPipeError:
            pass
    if process.poll() is None:
        process.kill()
    process.wait(ENDS_WITHIN_SECONDS)


def said(words: IO[bytes]) -> str:
    """The end of what a command complained of, on one line."""
    words.seek(0)
    return " ".join(words.read().decode(errors="replace").split())[-2000:]
