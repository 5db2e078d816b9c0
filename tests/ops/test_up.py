"""`up`: what it gets past, what it starts, what it leaves behind."""

import os
from pathlib import Path

import pytest

from ops import lifecycle
from ops.backup.servers import alone, without_backup
from ops.commands import OpsError
from ops.services import SERVICES
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import EVERY_SECRET, KUBECONFIG, container

CONTAINER = "docker:index/container:Container"
CLUSTER = "pulumi-python:local:K3dCluster"
UP = ["pulumi", "up", "--stack=dev", "--yes", "--skip-preview", "--suppress-outputs"]
REFRESH = ["pulumi", "refresh", "--stack=dev", "--yes", "--skip-preview"]


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path))


def test_up_writes_the_kubeconfig_and_says_what_next(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    assert lifecycle.up(context(host.up())) == 0
    assert host.shown == [UP]
    # Not what Pulumi would record: a plain `pulumi preview` must find nothing changed.
    assert host.shown_environments == [{"PULUMI_K8S_ENABLE_PATCH_FORCE": "true"}]
    path = host.stack.kubeconfig
    assert path.read_text() == KUBECONFIG
    assert path.stat().st_mode & 0o777 == 0o600
    printed = capsys.readouterr().out
    assert "dev is up. `make health` asks each part." in printed
    assert f"export KUBECONFIG={path}" in printed
    assert "Took " in printed
    assert not [secret for secret in EVERY_SECRET if secret in printed]


def test_a_failed_up_shows_what_there_is(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    host.containers = [container(host.stack, "database", health="unhealthy")]
    host.record(*host.made)
    host.codes = {"pulumi up": 255}
    assert lifecycle.up(context(host)) == 255
    printed = capsys.readouterr().out
    assert "up did not succeed" in printed
    assert "unhealthy" in printed
    assert printed.count("make logs SERVICE=") == 1
    assert "make logs SERVICE=database" in printed
    assert not host.stack.kubeconfig.exists()


def test_up_fails_if_something_is_not_up_after_it(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lifecycle, "HEALTHY_WITHIN_SECONDS", 0)
    host.up().containers[0]["State"]["Health"]["Status"] = "unhealthy"
    with pytest.raises(OpsError, match="not healthy within 0 s: alphintra-dev-database"):
        lifecycle.up(context(host))


def test_what_pulumi_did_not_make_is_waited_for_too(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
):
    """A replica finds its primary again that was made anew."""
    health = host.up().containers[0]["State"]["Health"]
    health["Status"] = "starting"

    def later(_seconds: float) -> None:
        health["Status"] = "healthy"

    monkeypatch.setattr(lifecycle.time, "sleep", later)
    assert lifecycle.up(context(host)) == 0


def test_what_is_stopped_is_started(host: FakeHost):
    host.up().containers[0]["State"] = {"Status": "exited"}
    host.containers[-1]["State"] = {"Status": "exited"}
    host.record(*host.made, (CLUSTER, host.stack.cluster))
    lifecycle.local_up(context(host))
    assert ["docker", "start", "alphintra-dev-database"] in host.asked
    assert ["k3d", "cluster", "start", "alphintra-dev-cluster", "--wait"] in host.asked
    assert host.shown == [UP]


def test_a_half_made_cluster_is_not_started(host: FakeHost):
    """It is not recorded: the program removes it and makes it anew."""
    host.up().containers[-1]["State"] = {"Status": "created"}
    lifecycle.local_up(context(host))
    assert not [command for command in host.asked if command[0] == "k3d"]


def test_what_is_gone_is_told_to_pulumi(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    """Containers that somebody removed, while the state still has them; and only those."""
    host.up()
    ids = [(CONTAINER, one["Id"]) for one in host.containers if not one["Name"].startswith("/k3d")]
    host.record(*ids, (CLUSTER, host.stack.cluster))
    host.containers = [one for one in host.containers if one["Name"] != "/alphintra-dev-cache"]
    lifecycle.local_up(context(host))
    target = "--target=urn:x::docker:index/container:Container::id-of-alphintra-dev-cache"
    assert host.shown == [[*REFRESH, "--suppress-outputs", target], UP]
    assert "container alphintra-dev-cache: gone" in capsys.readouterr().out


def test_what_was_in_a_cluster_that_is_gone_is_told_too(host: FakeHost):
    """Through the provider, which is nothing real itself; a password stays out of it."""
    provider = ("pulumi:providers:kubernetes", "kubernetes")
    host.record(
        (CLUSTER, host.stack.cluster),
        provider,
        ("kubernetes:batch/v1:Job", "job"),
        ("local:Password", "password"),
        needs={"kubernetes": f"{CLUSTER}::{host.stack.cluster}", "job": "::".join(provider)},
    )
    lifecycle.local_up(context(host))
    cluster, job = f"{CLUSTER}::{host.stack.cluster}", "kubernetes:batch/v1:Job::job"
    assert host.shown[0][-2:] == [f"--target=urn:x::{cluster}", f"--target=urn:x::{job}"]
    assert host.shown_environments[0] == {"PULUMI_K8S_DELETE_UNREACHABLE": "true"}
    assert "PULUMI_K8S_DELETE_UNREACHABLE" not in host.shown_environments[1]


def test_a_cluster_whose_node_image_was_built_anew_goes_first(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    """Else Pulumi would ask the new one to delete what stood in it."""
    host.up().record(*host.made, (CLUSTER, host.stack.cluster))
    host.node_image = "sha256:made-anew"
    lifecycle.local_up(context(host))
    assert ["k3d", "cluster", "delete", host.stack.cluster] in host.asked
    target = f"--target=urn:x::{CLUSTER}::{host.stack.cluster}"
    assert host.shown == [[*REFRESH, "--suppress-outputs", target], UP]
    assert "built anew, so the cluster is made anew" in capsys.readouterr().out


def test_google_cloud_asks_and_never_says_yes(host: FakeHost):
    host.stack = Stack("prod", "gcp", folder=host.stack.folder)
    with pytest.raises(OpsError, match="nobody to ask"):
        lifecycle.up(context(host.up()))
    assert lifecycle.up(context(host, interactive=True)) == 0
    command = ["pulumi", "up", "--stack=prod", "--suppress-outputs", "--policy-pack", "policy"]
    command.append(f"--parallel={lifecycle.PLACES}")
    assert [shown[:-1] for shown in host.shown] == [command]


def test_restart_waits_until_all_is_healthy(host: FakeHost):
    assert lifecycle.restart(context(host.up())) == 0
    names = [host.stack.container(service) for service in SERVICES]
    assert ["docker", "restart", *names] in host.asked
    k3d = [command[:3] for command in host.asked if command[0] == "k3d"]
    assert k3d == [["k3d", "cluster", "stop"], ["k3d", "cluster", "start"]]


def test_restart_of_one_service(host: FakeHost):
    lifecycle.restart(context(host.up(), service="cache"))
    assert ["docker", "restart", "alphintra-dev-cache"] in host.asked
    assert not [command for command in host.asked if command[0] == "k3d"]


def test_restart_of_an_unknown_service(host: FakeHost):
    with pytest.raises(OpsError, match=r"no service 'db'.*database, database-replica,"):
        lifecycle.restart(context(host.up(), service="db"))


def test_no_kubeconfig_is_left_behind_half_written(host: FakeHost):
    lifecycle.up(context(host.up()))
    assert sorted(os.listdir(host.stack.kubeconfig.parent)) == ["backup-dev.lock", "kubeconfig-dev"]


def test_up_and_a_backup_keep_out_of_each_others_way(host: FakeHost):
    """Up would take the containers of a verification for what an earlier run left."""
    around = context(host.up())
    with alone(around), pytest.raises(OpsError, match="a backup or restore of dev is at work"):
        lifecycle.up(around)
    assert host.shown == []
    begin = pytest.raises(OpsError, match="a backup, restore or up of dev is at work")
    with without_backup(around), without_backup(around), begin, alone(around):
        pass
    assert lifecycle.up(around) == 0
