"""Logs, shells and the kubeconfig."""

import shlex
from pathlib import Path

import pytest

from components.cache.local import CLI
from ops import access
from ops.commands import OpsError
from ops.context import Context
from ops.services import SERVICES
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import EVERY_SECRET, KUBECONFIG

LOGS = [*SERVICES, "cluster", "connectivity-check"]
SHELLS = ["database", "database-replica", "cache", "cache-replica", "registry", "cluster"]


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path)).up()


def refused(act: Context, verb: str) -> list[str]:
    """The commands that the refusal of `act` offers."""
    with pytest.raises(OpsError) as error:
        {"logs": access.logs, "shell": access.shell}[verb](act)
    return [line.strip() for line in str(error.value).splitlines()[1:]]


@pytest.mark.parametrize("service", ["db", None])
def test_an_unknown_service_is_answered_with_those_that_there_are(
    host: FakeHost, service: str | None
):
    act = context(host, service=service)
    assert refused(act, "logs") == [f"make logs SERVICE={name}" for name in LOGS]
    assert refused(act, "shell") == [f"make shell SERVICE={name}" for name in SHELLS]


@pytest.mark.parametrize("service", SERVICES)
def test_logs_of_a_container(host: FakeHost, service: str):
    assert access.logs(context(host, service=service, follow=True)) == 0
    assert host.shown == [["docker", "logs", "--tail=200", "--follow", f"alphintra-dev-{service}"]]


def test_logs_of_the_cluster_are_those_of_its_nodes(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    access.logs(context(host, service="cluster"))
    nodes = ["k3d-alphintra-dev-cluster-agent-0", "k3d-alphintra-dev-cluster-server-0"]
    assert [command[-1] for command in host.shown] == nodes
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == nodes


def test_logs_of_the_connectivity_check(host: FakeHost):
    access.logs(context(host, service="connectivity-check"))
    (command,) = host.shown
    assert command[0] == "kubectl"
    assert command[2:] == ["logs", "--namespace=connectivity-check", "job/connectivity-check"]


@pytest.mark.parametrize(
    ("service", "program"),
    [
        ("database", "psql --username=postgres"),
        ("database-replica", "psql --username=postgres"),
        ("cache", f"sh -c {shlex.quote(access.REDIS_CLI)}"),
        ("cache-replica", f"sh -c {shlex.quote(access.REDIS_CLI)}"),
        ("registry", "sh"),
    ],
)
def test_shell_in_a_container(host: FakeHost, service: str, program: str):
    """Without a terminal, as in this test, docker must not be asked for one."""
    access.shell(context(host, service=service))
    start = ["docker", "exec", "--interactive", f"alphintra-dev-{service}"]
    assert host.shown == [[*start, *shlex.split(program)]]


def test_the_caches_shell_signs_in_as_its_health_check_does():
    assert access.REDIS_CLI.replace("exec ", "") == CLI


def test_shell_of_the_cluster(host: FakeHost, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHELL", "/bin/zsh")
    access.shell(context(host, service="cluster"))
    assert host.shown == [["/bin/zsh"]]
    assert host.shown_environments == [{"KUBECONFIG": str(host.stack.kubeconfig)}]


def test_a_container_that_is_not_there(host: FakeHost):
    host.containers = []
    with pytest.raises(OpsError, match=r"no alphintra-dev-cache. `make up` makes it"):
        access.shell(context(host, service="cache"))


def test_a_container_that_has_stopped(host: FakeHost):
    host.containers[list(SERVICES).index("cache")]["State"] = {"Status": "exited"}
    with pytest.raises(OpsError, match=r"is stopped.*make logs SERVICE=cache"):
        access.shell(context(host, service="cache"))
    assert access.logs(context(host, service="cache")) == 0, "its log is what explains it"


def test_kubeconfig_is_for_its_owner(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    host.stack.kubeconfig.parent.mkdir()
    host.stack.kubeconfig.write_text("old")
    host.stack.kubeconfig.chmod(0o644)
    assert access.kubeconfig(context(host)) == 0
    assert host.stack.kubeconfig.read_text() == KUBECONFIG
    assert host.stack.kubeconfig.stat().st_mode & 0o777 == 0o600
    printed = capsys.readouterr().out
    assert f"export KUBECONFIG={host.stack.kubeconfig}" in printed
    assert not [secret for secret in EVERY_SECRET if secret in printed]


def test_no_kubeconfig_without_a_cluster(host: FakeHost):
    host.outputs = {}
    host.stack = Stack("prod", "gcp", folder=host.stack.folder)
    with pytest.raises(OpsError, match=r"no cluster yet. `make up STACK=prod`"):
        access.kubeconfig(context(host))


def test_google_cloud_says_where_else(host: FakeHost):
    host.stack = Stack("prod", "gcp", folder=host.stack.folder)
    with pytest.raises(OpsError, match="gcloud logging read"):
        access.logs(context(host, service="database"))
    with pytest.raises(OpsError, match="private address"):
        access.shell(context(host, service="cache"))
    assert access.shell(context(host, service="cluster")) == 0
