"""Nothing is removed unasked, and nothing is left."""

import builtins

import pytest

from ops import removal
from ops.commands import Ended, OpsError
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import NOWHERE, container

DEV = Stack("dev", "local", folder=NOWHERE)
CONTAINER = "docker:index/container:Container"
CLUSTER = ("pulumi-python:dynamic/alphintra:K3dCluster", DEV.cluster)


@pytest.fixture
def host() -> FakeHost:
    host = FakeHost(DEV).up()
    host.networks = {"id-of-net": "alphintra-dev-private"}
    host.volumes = {"alphintra-dev-database-data": "alphintra-dev-database-data"}
    host.record(*host.made, CLUSTER)
    return host


def answer(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    def reply(_prompt: str) -> str:
        return words

    monkeypatch.setattr(builtins, "input", reply)


def test_nobody_to_ask_means_no(host: FakeHost):
    with pytest.raises(OpsError, match=r"nothing was removed.*make down FORCE=1"):
        removal.down(context(host))
    assert host.shown == []
    assert not [command for command in host.asked if "rm" in command]


@pytest.mark.parametrize("words", ["", "no", "y"])
def test_anything_but_yes_means_no(host: FakeHost, monkeypatch: pytest.MonkeyPatch, words: str):
    answer(monkeypatch, words)
    with pytest.raises(OpsError, match="nothing was removed"):
        removal.down(context(host, interactive=True))
    assert host.shown == []


def test_yes_destroys(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    answer(monkeypatch, "yes")
    assert removal.down(context(host, interactive=True)) == 0
    assert host.shown == [["pulumi", "destroy", "--stack=dev", "--yes", "--skip-preview"]]
    printed = capsys.readouterr().out
    assert "11 containers: alphintra-dev-cache, " in printed
    assert "1 volume: alphintra-dev-database-data (12MB)" in printed
    assert "no container, network or volume of it is left" in printed


def test_what_somebody_removed_is_told_to_pulumi_first(host: FakeHost):
    """It would fail to stop a container that is gone."""
    host.containers = [one for one in host.containers if one["Name"] != "/alphintra-dev-database"]
    assert removal.down(context(host, force=True)) == 0
    assert [command[:2] for command in host.shown] == [["pulumi", "refresh"], ["pulumi", "destroy"]]
    assert host.shown[0][-1].endswith("::id-of-alphintra-dev-database")


def test_a_volume_that_is_gone_is_taken_out_of_the_state(host: FakeHost):
    """A refresh of it fails: as after a `down` that was killed while it removed volumes."""
    host.record(*host.made, ("docker:index/volume:Volume", "gone"))
    assert removal.down(context(host, force=True)) == 0
    delete = ["pulumi", "state", "delete", "urn:x::docker:index/volume:Volume::gone"]
    assert [*delete, "--stack=dev", "--yes"] in host.asked
    assert [command[:2] for command in host.shown] == [["pulumi", "destroy"]]


def test_a_destroy_that_was_asked_to_stop_goes_no_further(host: FakeHost):
    """Pulumi calls that a success."""
    host.destroy_is_cancelled = True
    with pytest.raises(Ended):
        removal.down(context(host, force=True))
    assert host.volumes and host.containers


def test_force_does_not_ask(host: FakeHost):
    assert removal.down(context(host, force=True)) == 0
    assert host.shown[0][:2] == ["pulumi", "destroy"]


def test_a_dead_cluster_does_not_stop_it(host: FakeHost):
    removal.down(context(host, force=True))
    assert host.shown_environments == [{"PULUMI_K8S_DELETE_UNREACHABLE": "true"}]


def test_what_is_left_is_named_and_removed(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    node = f"k3d-{DEV.cluster}-agent-0"
    host.left_by_destroy = {node, "alphintra-dev-private"}
    assert removal.down(context(host, force=True)) == 0
    printed = capsys.readouterr().out
    assert "this was left" in printed
    assert f"  1 container: {node}\n  1 network: alphintra-dev-private" in printed
    assert host.containers == []
    assert host.networks == {}


def test_a_volume_without_a_label_is_found_too(host: FakeHost):
    """k3d's nodes have some; they go with their container, unless that was removed otherwise."""
    anonymous, shared = "0123456789abcdef" * 4, "somebody-elses"
    mounts = [{"Type": "volume", "Name": name} for name in (anonymous, shared)]
    host.containers.append(container(DEV, "cluster", name="node", role="agent", mounts=mounts))
    host.unlabelled_volumes = {anonymous, shared}
    assert removal.down(context(host, force=True)) == 0
    assert host.unlabelled_volumes == {shared}


def test_other_stacks_are_left_alone(host: FakeHost):
    other = container(Stack("other", "local"), "database")
    host.containers.append(other)
    host.left_by_destroy = {"alphintra-other-database", "alphintra-dev-cache"}
    assert removal.down(context(host, force=True)) == 0
    assert host.containers == [other]


def test_what_can_not_be_removed_is_a_failure(
    host: FakeHost, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    host.left_by_destroy = {"alphintra-dev-cache"}

    def refuse(*_: object) -> str:
        return "device or resource busy"

    monkeypatch.setattr("ops.docker_cli.remove", refuse)
    assert removal.down(context(host, force=True)) == 1
    printed = capsys.readouterr().out
    assert "device or resource busy" in printed
    assert "Still there:\n  1 container: alphintra-dev-cache" in printed


def test_a_failed_destroy_removes_nothing_by_itself(host: FakeHost):
    host.codes = {"pulumi destroy": 255}
    assert removal.down(context(host, force=True)) == 255
    assert not [command for command in host.asked if "rm" in command]


def test_a_stack_that_is_down_already(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(DEV)
    assert removal.down(context(host)) == 0
    assert host.shown == []
    assert "dev is down already" in capsys.readouterr().out


def test_google_cloud_is_never_forced():
    host = FakeHost(Stack("prod", "gcp", folder=NOWHERE)).up()
    with pytest.raises(OpsError, match="only when a person says so"):
        removal.down(context(host, force=True))
    assert removal.down(context(host, force=True, interactive=True)) == 0
    assert host.shown == [["pulumi", "destroy", "--stack=prod"]]


def test_a_cluster_that_no_run_recorded_goes_before_the_networks_it_is_on(host: FakeHost):
    host.record(*host.made)
    removal.down(context(host, force=True))
    assert ["k3d", "cluster", "delete", DEV.cluster] in host.asked


def test_a_cluster_that_is_recorded_is_left_to_pulumi(host: FakeHost):
    removal.down(context(host, force=True))
    assert ["k3d", "cluster", "delete", DEV.cluster] not in host.asked
