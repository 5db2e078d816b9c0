"""A disk that fills up while the stack is brought up, and while it is written to."""

import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.e2e.conftest import say
from tests.e2e.in_use import CONFIG, Platform, in_use
from tests.e2e.machine import STACK, Machine
from tests.e2e.machine_disk import switched_on

pytestmark = pytest.mark.thorough
FIRST = f"alphintra-{STACK}-database"
"""The container by which `up` is in its midst."""
KINDS = {
    "container": "docker ps --all --quiet",
    "volume": "docker volume ls --quiet",
    "network": "docker network ls --quiet --filter=type=custom",
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Machine]:
    with switched_on(tmp_path_factory.mktemp("machine"), CONFIG) as machine:
        yield machine


def test_up_says_which_disk_is_full_and_goes_on_when_there_is_room(machine: Machine):
    up = subprocess.Popen(
        machine.enter(f"make up STACK={STACK}"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not machine.must(f"docker ps --all --quiet --filter=name={FIRST}"):
        assert up.poll() is None, "up ended too early"
        time.sleep(0.2)
    machine.fill()
    said, _ = up.communicate()
    say(said)
    assert up.returncode
    assert "The disk is full on which these lie: Docker's data (/var/lib/docker)" in said
    assert "docker image prune" in said
    assert "Traceback" not in said
    again = machine.run(f"make up STACK={STACK}", shown=True)
    assert again.code
    assert "The disk is full on which these lie: " in again.words
    assert "Traceback" not in again.words
    machine.make_room()
    machine.must(f"make up STACK={STACK}", shown=True)
    machine.must(f"make health STACK={STACK}", shown=True)


def full_for_a_while(platform: Platform) -> None:
    platform.machine.fill()
    time.sleep(20)
    refused = {name: writer.refused for name, writer in platform.writers.items()}
    say(f"While it is full: {refused}")
    platform.machine.make_room()


def test_what_was_acknowledged_before_the_disk_was_full_is_there(machine: Machine, tmp_path: Path):
    """Docker gives up on a container that it can't make a folder for, and `up` starts it. (What
    `docker ps` calls `Restarting` then has exited, as `docker inspect` knows.)"""
    with in_use(machine, tmp_path) as platform:
        platform.outlive("the disk full", full_for_a_while, seconds=30)


def test_zz_nothing_is_left(machine: Machine):
    machine.must(f"make down FORCE=1 STACK={STACK}", shown=True)
    assert {kind: machine.must(listing) for kind, listing in KINDS.items()} == dict.fromkeys(
        KINDS, ""
    )
