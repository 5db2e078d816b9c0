"""Networks and containers of a test's own, in the Docker Engine of this host."""

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import pytest

from components.command import CommandError, run
from components.images import catalog, present

PREFIX = f"alphintra-test-{os.getpid()}"


@cache
def engine_words() -> str:
    """Why no Docker Engine can be asked; empty where one answers."""
    try:
        run(["docker", "version"])
    except CommandError as error:
        return str(error)
    return ""


def needs_engine() -> None:
    """Skip the test where no Docker Engine answers."""
    if words := engine_words():
        pytest.skip(words)


def image(name: str) -> str:
    """The image of that short name which Docker has; the test is skipped where it has none."""
    needs_engine()
    source = catalog()[name]
    found = next(filter(present, (source.official, source.stand_in)), None)
    return found or pytest.skip(f"there is no image {name} here")


def until(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 30
    while not true():
        assert monotonic() < deadline, "not within 30 s"
        sleep(0.1)


@contextmanager
def internal_network(role: str, *arguments: str) -> Generator[str]:
    """The name of a network with no way out; `arguments`: of `docker network create`."""
    needs_engine()
    name = f"{PREFIX}-{role}"
    run(["docker", "network", "create", "--internal", *arguments, name])
    try:
        yield name
    finally:
        run(["docker", "network", "rm", name])


@contextmanager
def container(network: str, role: str, *arguments: str) -> Generator[tuple[str, str]]:
    """The name and address of a container on `network`; `arguments`: of `docker run`."""
    name = f"{PREFIX}-{role}"
    run(["docker", "run", "--detach", f"--name={name}", f"--network={network}", *arguments])
    try:
        (facts,) = json.loads(run(["docker", "inspect", name]))
        yield name, facts["NetworkSettings"]["Networks"][network]["IPAddress"]
    finally:
        run(["docker", "rm", "--force", "--volumes", name])


@contextmanager
def proxy(
    network: str, role: str, files: Mapping[str, str], port: int, memory_mb: int
) -> Generator[int]:
    """The loopback port that leads to `port` of HAProxy, which is on `network` too."""
    name = f"{PREFIX}-{role}"
    limits = [f"--memory={memory_mb}m", "--cap-drop=ALL", f"--publish=127.0.0.1::{port}"]
    run(["docker", "create", f"--name={name}", *limits, image("haproxy")])
    try:
        with TemporaryDirectory() as folder:
            for place, text in files.items():
                file = Path(folder) / Path(place).name
                file.write_text(text)
                run(["docker", "cp", str(file), f"{name}:{place}"])
        run(["docker", "network", "connect", network, name])
        run(["docker", "start", name])
        yield int(run(["docker", "port", name, str(port)]).strip().rsplit(":", 1)[1])
    finally:
        run(["docker", "rm", "--force", "--volumes", name])
