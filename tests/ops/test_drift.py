"""What somebody changed by hand: named by `status`, put right by `up`, and nothing else touched."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ops import drift, lifecycle, status
from ops.commands import OpsError, Result
from ops.drift.repair import repair
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import NOWHERE, SERVER, container

CONTAINER, VOLUME = "docker:index/container:Container", "docker:index/volume:Volume"
NETWORK, K3D = "docker:index/network:Network", "pulumi-python:local:K3dCluster"
CACHE, ID, ADDRESS = "alphintra-dev-cache", "id-of-alphintra-dev-cache", "10.60.32.11"
DATABASE, COPY = "alphintra-dev-database-data", "alphintra-dev-database-replica-data"
TARGET = "--target=urn:x::"


@pytest.fixture
def host() -> FakeHost:
    """A stack as it was made: a limited server at a fixed address, a network, volumes, nodes."""
    host = FakeHost(Stack("dev", "local", folder=NOWHERE)).up()
    host.networks = {"id-of-net": "database"}
    host.volumes = {name: name for name in (DATABASE, COPY)}
    facts = cache(host)
    facts["HostConfig"] |= {"Memory": 128 << 20, "MemorySwap": 128 << 20}
    facts["NetworkSettings"]["Networks"] = {"database": {"IPAMConfig": {"IPv4Address": ADDRESS}}}
    limited = {"name": CACHE, "memory": 128, "memorySwap": 128}
    attached = [{"name": "database", "ipv4Address": ADDRESS}]
    mounted = {"volumes": [{"volumeName": COPY, "containerPath": "/data"}]}
    replica = host.stack.container("database-replica")
    labels = [{"label": "io.alphintra.stack", "value": "dev"}]
    host.asked_for = {
        ID: ({**SERVER, **limited, "networksAdvanceds": attached}, {}),
        f"id-of-{replica}": ({**SERVER, **mounted, "name": replica}, {}),
        **{name: ({"labels": labels}, {}) for name in host.volumes},
    }
    host.record(
        *host.made,
        *((VOLUME, name) for name in host.volumes),
        (K3D, host.stack.cluster),
        needs={f"id-of-{replica}": f"{VOLUME}::{COPY}"},
    )
    return host


def cache(host: FakeHost) -> dict[str, Any]:
    return next(one for one in host.containers if one["Id"] == ID)


def node(host: FakeHost, name: str) -> dict[str, Any]:
    return next(one for one in host.containers if one["Name"].endswith(name))


def said(host: FakeHost) -> list[str]:
    return [str(one) for one in drift.differences(host, host.stack)]


def done(host: FakeHost) -> list[str]:
    """What changed something."""
    looks = ("inspect", "ls", "exec", "export", "get")
    return [
        " ".join(command)
        for command in host.everything
        if not any(word in command for word in looks)
    ]


def test_what_is_as_it_was_made_is_not_named(host: FakeHost):
    assert said(host) == []
    repair(context(host))
    assert done(host) == []


def test_a_stack_that_never_was_up_has_nothing_to_compare():
    host = FakeHost(Stack("dev", "local", folder=NOWHERE))
    assert said(host) == []
    assert not [command for command in host.asked if command[0] == "docker"]


def pause(host: FakeHost) -> None:
    cache(host)["State"] = {"Status": "paused"}


def keep_failing(host: FakeHost) -> None:
    cache(host)["State"] = {"Status": "restarting"}


def squeeze(host: FakeHost) -> None:
    cache(host)["HostConfig"]["Memory"] = 64 << 20


def unlimit_restarts(host: FakeHost) -> None:
    cache(host)["HostConfig"]["RestartPolicy"] = {"Name": "no"}


def rename(host: FakeHost) -> None:
    cache(host)["Name"] = "/mine"


def disconnect(host: FakeHost) -> None:
    cache(host)["NetworkSettings"]["Networks"] = {}


def move(host: FakeHost) -> None:
    networks = cache(host)["NetworkSettings"]["Networks"]
    networks["database"] = {"IPAMConfig": {"IPv4Address": "10.60.32.99"}}


def join(host: FakeHost) -> None:
    cache(host)["NetworkSettings"]["Networks"]["mine"] = {"IPAMConfig": None}


def pause_a_node(host: FakeHost) -> None:
    node(host, "agent-0")["State"] = {"Status": "paused"}


def keep_failing_a_node(host: FakeHost) -> None:
    node(host, "agent-0")["State"] = {"Status": "restarting"}


def disconnect_a_node(host: FakeHost) -> None:
    node(host, "agent-0")["NetworkSettings"]["Networks"].pop("private")


AGENT = "k3d-alphintra-dev-cluster-agent-0"
CONNECT = f"docker network connect --ip={ADDRESS} database {CACHE}"
LEAVE = f"docker network disconnect database {CACHE}"
IN_PLACE: dict[Callable[[FakeHost], None], tuple[str, list[str]]] = {
    pause: ("state: running → paused", [f"docker unpause {CACHE}"]),
    keep_failing: ("state: running → restarting", [f"docker restart {CACHE}"]),
    squeeze: (
        "memory in MiB: 128 → 64",
        [f"docker update --memory=128m --memory-swap=128m {CACHE}"],
    ),
    unlimit_restarts: (
        f"restart policy: {SERVER['restart']} → no",
        [f"docker update --restart={SERVER['restart']} {CACHE}"],
    ),
    rename: (f"name: {CACHE} → mine", [f"docker rename {ID} {CACHE}"]),
    disconnect: (f"network database: {ADDRESS} → none", [CONNECT]),
    move: (f"network database: {ADDRESS} → 10.60.32.99", [LEAVE, CONNECT]),
    join: ("network mine: none → on it", [f"docker network disconnect mine {CACHE}"]),
    pause_a_node: ("state: running → paused", [f"docker unpause {AGENT}"]),
    keep_failing_a_node: ("state: running → restarting", [f"docker restart {AGENT}"]),
    disconnect_a_node: (
        "network private: on it → none",
        [f"docker network connect private {AGENT}", f"docker restart {AGENT}"],
    ),
}
"""What is done by hand → what is said of it, and what puts it right: nothing is made anew."""


@pytest.mark.parametrize("change", IN_PLACE, ids=lambda change: change.__name__)
def test_what_can_be_put_right_in_place_is(
    host: FakeHost, change: Callable[[FakeHost], None], capsys: pytest.CaptureFixture[str]
):
    change(host)
    fact, commands = IN_PLACE[change]
    what = f"node {AGENT}" if "node" in change.__name__ else f"container {CACHE}"
    assert said(host) == [f"{what}: {fact}"]
    repair(context(host))
    assert done(host) == commands
    assert f"{what}: {fact}" in capsys.readouterr().out


def test_what_docker_can_not_change_back_is_made_anew(host: FakeHost):
    cache(host)["HostConfig"]["NanoCpus"] = 5 * 10**8
    (line,) = said(host)
    assert "processors" in line and "→ (500000000, 0, 0, '')" in line
    repair(context(host))
    assert done(host)[:2] == [f"docker stop {CACHE}", f"docker rm --volumes {CACHE}"]
    assert host.shown[0][-1] == f"{TARGET}{CONTAINER}::{ID}"


def test_another_container_under_the_name_is_told_by_what_it_is(host: FakeHost):
    """Its environment is not shown: there may be secrets in it."""
    cache(host).update(Id="another", Image="sha256:another")
    cache_config = host.containers[3]["Config"]
    cache_config["Env"] = ["PASSWORD=hunter2"]
    lines = [line for line in said(host) if CACHE in line]
    assert lines[0] == f"container {CACHE}: image: sha256:server → sha256:another"
    assert lines[-1].startswith(f"container {CACHE}: which container has this name: id-of-alphin")
    assert "hunter2" not in "".join(lines)


def test_a_stopped_one_is_started_when_its_networks_are_there(host: FakeHost):
    cache(host)["State"] = {"Status": "exited"}
    disconnect(host)
    assert said(host)[-1] == f"container {CACHE}: state: running → exited"
    repair(context(host))
    assert done(host) == [CONNECT, f"docker start {CACHE}"]


def test_what_is_gone_is_told_to_pulumi(host: FakeHost):
    host.containers.remove(cache(host))
    assert said(host) == [f"container {CACHE}: gone"]
    repair(context(host))
    assert [command[:2] for command in host.shown] == [["pulumi", "refresh"]]
    assert host.shown[0][-1] == f"{TARGET}{CONTAINER}::{ID}"


def test_a_network_is_made_first_and_alone_then_its_containers_are_put_back(host: FakeHost):
    host.networks = {}
    cache(host)["NetworkSettings"]["Networks"] = {}
    assert said(host)[0] == "network database: gone"
    repair(context(host))
    target = f"{TARGET}{NETWORK}::id-of-net"
    assert [command[1] for command in host.shown] == ["refresh", "up"]
    assert [command[-1] for command in host.shown] == [target, target]
    assert CONNECT in done(host)


def test_a_network_of_the_same_name_makes_room(host: FakeHost):
    host.networks = {"another": "database"}
    assert said(host)[0] == "network database: which network has this name: id-of-net → another"
    repair(context(host))
    assert "docker network rm another" in done(host)


NODES = {
    "agent-0": ("agent nodes: 1 → 0", False),
    "serverlb": ("load balancers: 1 → 0", False),
    "server-0": ("server nodes: 1 → 0; Kubernetes' own store was on it", True),
}


@pytest.mark.parametrize("name", NODES)
def test_a_node_that_is_gone_is_named(host: FakeHost, name: str):
    words, anew = NODES[name]
    host.containers.remove(node(host, name))
    (line,) = said(host)
    assert line.startswith(f"cluster {host.stack.cluster}: {words}")
    repair(context(host))
    assert (f"k3d cluster delete {host.stack.cluster}" in done(host)) == anew
    assert host.shown[0][-1] == f"{TARGET}{K3D}::{host.stack.cluster}"


@pytest.mark.parametrize("kind", ["container", "network", "volume"])
def test_a_docker_that_does_not_answer_has_lost_nothing(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, kind: str
):
    """Else a busy machine would have its data made anew."""
    answer = host.ask

    def busy(command: Sequence[str], **how: Any) -> Result:
        late = list(command[:3]) == ["docker", kind, "inspect"]
        return Result(124, err="no answer within 60 s") if late else answer(command, **how)

    monkeypatch.setattr(host, "ask", busy)
    with pytest.raises(OpsError, match="Docker can't say what there is of"):
        repair(context(host))
    assert done(host) == []


class TestData:
    """A volume that is gone."""

    def test_the_replicas_copy_is_taken(self, host: FakeHost, capsys: pytest.CaptureFixture[str]):
        del host.volumes[DATABASE]
        assert said(host) == [f"volume {DATABASE}: gone, and the data in it"]
        repair(context(host))
        steps = done(host)
        replica = f"id-of-{host.stack.container('database-replica')}"
        assert steps[0].startswith("docker container stop") and steps[0].endswith(replica)
        assert steps[1] == f"docker volume create --label=io.alphintra.stack=dev {DATABASE}"
        assert steps[2].startswith(f"docker run --name={DATABASE}-copying --network=none ")
        assert f"--volume={COPY}:/from:ro --volume={DATABASE}:/to sha256:server -c" in steps[2]
        # Pulumi finds the volume as recorded, and the replica running.
        assert steps[3:] == [f"docker rm {DATABASE}-copying", f"docker start {replica}"]
        assert "Its replica still holds the data" in capsys.readouterr().out

    def test_half_a_copy_does_not_pass_for_the_data(
        self, host: FakeHost, capsys: pytest.CaptureFixture[str]
    ):
        """A run was cut short while it copied: its container is there, the volume too."""
        host.containers.append(container(host.stack, "database", name=f"{DATABASE}-copying"))
        host.containers[-1]["Config"]["Labels"] = {}
        host.record(*host.made[:-2], *((VOLUME, name) for name in host.volumes))
        repair(context(host))
        assert f"half a copy in {DATABASE}: it is made again" in capsys.readouterr().out
        assert f"docker volume rm {DATABASE}" in done(host)
        assert f"docker volume create --label=io.alphintra.stack=dev {DATABASE}" in done(host)

    def test_without_a_copy_it_is_said_that_it_is_lost(
        self, host: FakeHost, capsys: pytest.CaptureFixture[str]
    ):
        host.volumes.clear()
        repair(context(host))
        printed = capsys.readouterr().out
        assert f"{DATABASE} is gone, and what was in it can't be brought back" in printed
        assert "`make restore FILE=…`" in printed
        assert f"{COPY} held a copy: it is made again from the primary." in printed
        assert not [line for line in done(host) if "volume create" in line]
        forgotten = [line.split()[3] for line in done(host) if "pulumi state delete" in line]
        assert forgotten == [f"urn:x::{VOLUME}::{name}" for name in (DATABASE, COPY)]

    def test_nothing_else_makes_a_volume_anew(self, host: FakeHost):
        """A container that is gone takes no volume along, nor is one told to Pulumi."""
        host.containers.remove(cache(host))
        repair(context(host))
        assert not [word for command in host.shown for word in command if VOLUME in word]


def test_status_names_it_and_what_puts_it_right(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    pause(host)
    assert status.status(context(host)) == 0
    printed = capsys.readouterr().out
    assert f"Changed by hand: container {CACHE}: state: running → paused" in printed
    assert "`make up` puts that right, and nothing else." in printed


def test_up_puts_it_right_before_it_starts_what_is_stopped(host: FakeHost):
    disconnect(host)
    cache(host)["State"] = {"Status": "exited"}
    lifecycle.bring_up_local(context(host))
    assert done(host).index(CONNECT) < done(host).index(f"docker start {CACHE}")
