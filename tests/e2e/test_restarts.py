"""Killed while it is written to: the machine, Docker, each container; then all is there again."""

import signal
import time
from collections.abc import Callable, Generator
from functools import partial

import pytest

from tests.e2e.in_use import CLUSTER, CONFIG, POWER_CUT, Platform, in_use
from tests.e2e.machine import STACK
from tests.e2e.machine_disk import switched_on

pytestmark = pytest.mark.thorough


def kill(container: str, platform: Platform) -> None:
    """SIGKILL to its first process. `docker kill` would count as a stop that was asked for."""
    machine = platform.machine
    inspect = f"docker inspect --format='{{{{.State.Pid}}}}' {container}"
    first = machine.must(inspect)
    machine.must(f"kill -KILL {first}")
    while machine.must(inspect) == first:
        time.sleep(0.1)


def kill_backend(platform: Platform) -> None:
    """Of PostgreSQL, the process that serves the client: all others end and start again with it.
    The pattern is not to fit the shell that it is in."""
    platform.machine.must("pkill --signal=KILL --full 'postgres[:] trading_api trading'")


def end_docker(how: signal.Signals, platform: Platform) -> None:
    platform.machine.kill("dockerd", how.name.removeprefix("SIG"))


def reboot(platform: Platform, *, power_cut: bool = False) -> None:
    platform.machine.switch_off(power_cut=power_cut)
    platform.machine.boot()


Act = Callable[[Platform], None]
SAMPLE: dict[str, Act] = {
    "the machine rebooted": reboot,
    "Docker crashed": partial(end_docker, signal.SIGKILL),
    "PostgreSQL's primary killed": partial(kill, f"alphintra-{STACK}-database"),
}
CONTAINERS = {
    "PostgreSQL's replica": f"alphintra-{STACK}-database-replica",
    "Redis' primary": f"alphintra-{STACK}-cache",
    "Redis' replica": f"alphintra-{STACK}-cache-replica",
    "the database's way in": f"alphintra-{STACK}-database-way-in",
    "the cache's way in": f"alphintra-{STACK}-cache-way-in",
    "the registry's storage": f"alphintra-{STACK}-registry",
    "the registry's gate": f"alphintra-{STACK}-registry-gate",
    "the cluster's server": f"{CLUSTER}-server-0",
    "the cluster's agent": f"{CLUSTER}-agent-0",
    "the cluster's load balancer": f"{CLUSTER}-serverlb",
}
THOROUGH: dict[str, Act] = {
    "Docker restarted": partial(end_docker, signal.SIGTERM),
    "a backend of PostgreSQL killed": kill_backend,
    **{f"{what} killed": partial(kill, name) for what, name in CONTAINERS.items()},
    POWER_CUT: partial(reboot, power_cut=True),
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Generator[Platform]:
    folder = tmp_path_factory.mktemp("machine")
    with switched_on(folder, CONFIG) as machine, in_use(machine, folder) as platform:
        yield platform


@pytest.mark.parametrize("what", [*SAMPLE, *THOROUGH])
def test_all_is_there_again(platform: Platform, what: str):
    assert platform.outlive(what, {**SAMPLE, **THOROUGH}[what]), "not by itself"
