"""Containers for a moment: they end when this process does, however it ends."""

import os
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ops import docker_cli
from ops.backup import streams
from ops.commands import Commands, OpsError, Result
from ops.context import Context
from ops.stack import PROJECT

ROLE = f"{docker_cli.NAMESPACE}.role"
STARTS_WITHIN_SECONDS = 60
# Bash is process 1 and waits for the end of its input, which is the end of who started it; then
# the container ends with all that runs in it, and Docker removes it with its nameless volumes.
WAITS = "cat > /dev/null"


@dataclass(frozen=True)
class Container:
    """One that runs, of whichever kind, and how commands are run in it."""

    commands: Commands
    name: str

    def command(self, *words: str, env: Sequence[str] = (), interactive: bool = False) -> list[str]:
        """`env` names variables to hand over: their values show in no process list."""
        flags = ["--interactive"] if interactive else []
        return ["docker", "exec", *flags, *(f"--env={name}" for name in env), self.name, *words]

    def ask(self, *words: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run something quick in it; what it printed."""
        command = self.command(*words, interactive=stdin is not None)
        result = self.commands.ask(command, stdin=stdin, timeout=timeout)
        if not result.ok:
            raise OpsError(f"`{' '.join(command)}` failed: {result.words}")
        return result.out

    def attempt(self, *words: str) -> Result:
        return self.commands.ask(self.command(*words))

    def output(self, *words: str, env: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """What a command in it prints, as a stream."""
        return streams.output(self.commands, self.command(*words, env=tuple(env or {})), env)

    def feed(self, source: Iterable[bytes], *words: str) -> None:
        """Give `source` to a command in it."""
        streams.feed(self.commands, self.command(*words, interactive=True), source)


@contextmanager
def throwaway(
    context: Context,
    role: str,
    image: str,
    *,
    script: str = "",
    env: Sequence[str] = (),
    volume: tuple[str, str] | None = None,
) -> Generator[Container]:
    """A container of `image` with the stack's labels and a role label of its own, without port or
    network. `script`, for bash, starts what it is for; `volume` is a name and where it goes."""
    name = context.stack.container(f"backup-{role}-{os.getpid()}")
    labels = {
        f"{docker_cli.NAMESPACE}.project": PROJECT,
        f"{docker_cli.NAMESPACE}.stack": context.stack.name,
        f"{docker_cli.NAMESPACE}.component": "backup",
        ROLE: f"backup-{role}",
    }
    command = ["docker", "run", "--rm", "--interactive", "--network=none", f"--name={name}"]
    command += [f"--label={key}={value}" for key, value in labels.items()]
    command += [f"--env={one}" for one in env]
    command += [f"--volume={volume[0]}:{volume[1]}"] if volume else []
    command += ["--entrypoint=bash", image, "-c", f"{script}\n{WAITS}"]
    with tempfile.TemporaryFile() as words:
        process = context.commands.start(command, stdout=words, stderr=words)
        try:
            container = Container(context.commands, name)
            deadline = time.monotonic() + STARTS_WITHIN_SECONDS
            while not container.attempt("true").ok:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise OpsError(f"`{' '.join(command[:5])} …` failed: {streams.said(words)}")
                time.sleep(0.1)
            yield container
        finally:
            if process.stdin:
                process.stdin.close()
            docker_cli.remove(context.commands, "container", [name])
            streams.end(process)


def remove_left(context: Context) -> None:
    """Remove what a run left that was killed in such a way that even its children died."""
    ours = [*docker_cli.ours(context.stack), f"--filter=label={ROLE}"]
    left = docker_cli.found(context.commands, "container", ours)
    docker_cli.remove(context.commands, "container", list(left))


def wait_until(container: Container, what: str, *words: str, seconds: float = 120) -> None:
    """Wait until a command in `container` succeeds."""
    deadline = time.monotonic() + seconds
    while not (result := container.attempt(*words)).ok:
        if time.monotonic() > deadline:
            raise OpsError(f"{what} is not there within {seconds:.0f} s: {result.words}")
        time.sleep(0.2)
