"""The base is deployed by providers that make nothing, and nothing of it is left behind."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2 as rpc

from ops.commands import HostCommands, OpsError
from ops.preview_report import computed, empty_engine, standin, worktree
from ops.preview_report.computed import UNKNOWN
from ops.preview_report.model import SIGNATURE
from ops.preview_report.offline import Offline
from ops.preview_report.report import from_environment, names_in
from tests.programs import ROOT, STACKS

PASSWORD = "pulumi-python:dynamic/alphintra:Password"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"


# What only a deployment tells is made up.


def test_a_value_that_is_not_known_gets_one_of_its_type():
    made = computed.outputs(
        SQL,
        "database",
        "p",
        {"id": UNKNOWN, "project": UNKNOWN, "connectionName": UNKNOWN, "nodeCount": UNKNOWN},
    )
    assert made["project"] == "p" and made["id"] == "id-of-database"
    assert isinstance(made["connectionName"], str) and made["nodeCount"] == 1
    assert UNKNOWN not in json.dumps(made)


def test_what_a_block_leaves_out_is_empty_as_the_provider_writes_it():
    made = computed.outputs(SQL, "database", "p", {"settings": {"tier": "t", "collation": None}})
    assert made["settings"]["collation"] == "" and made["settings"]["tier"] == "t"


def test_a_secret_that_is_not_known_stays_one():
    marked = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": UNKNOWN}
    made = computed.outputs(SQL, "d", "p", {"rootPassword": marked})
    assert made["rootPassword"][SIGNATURE] and made["rootPassword"]["value"] != UNKNOWN


def test_a_form_whose_input_is_missing_is_no_reason_to_fail():
    account = "gcp:serviceaccount/account:Account"
    assert computed.outputs(account, "auth", "p", {"email": UNKNOWN})["email"] == "email-of-auth"
    made = computed.outputs(account, "auth", "p", {"email": UNKNOWN, "accountId": "auth"})
    assert made["email"] == "auth@p.iam.gserviceaccount.com"


def test_a_dynamic_resource_has_what_its_class_declares():
    made = computed.outputs(PASSWORD, "trading", "p", {}, {"value": "str", "size": "int"})
    assert made["value"] == "trading-value" and made["size"] == 1


def test_the_same_is_made_up_every_time():
    planned = {"id": UNKNOWN, "selfLink": UNKNOWN, "serverCaCerts": UNKNOWN}
    assert computed.outputs(SQL, "d", "p", planned) == computed.outputs(SQL, "d", "p", planned)


# A stand-in passes on, but makes nothing.


class Plugin:
    """A plugin that records what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, method: str, message: bytes) -> bytes:
        if method == "Create":
            request = rpc.CreateRequest.FromString(message)
            self.asked.append((method, request.preview))
            answer = rpc.CreateResponse()
            told = {**json_format.MessageToDict(request.properties), "connectionName": UNKNOWN}
            json_format.ParseDict(told, answer.properties)
            return answer.SerializeToString()
        self.asked.append((method, True))
        return b""


def call(port: str, method: str, message: bytes) -> bytes:
    with grpc.insecure_channel(f"127.0.0.1:{port}", standin.LOCAL) as channel:
        return cast(Any, channel.unary_unary(standin.SERVICE + method))(message)


def test_a_stand_in_asks_its_plugin_for_a_preview_and_answers_as_if_it_were_made():
    plugin = Plugin()
    request = rpc.CreateRequest(urn=f"urn:pulumi:prod::alphintra::{SQL}::database")
    json_format.ParseDict({"tier": "t"}, request.properties)
    with standin.serving({"gcp": standin.StandIn("p", plugin)}) as places:
        package, port = places.split(":")
        answer = rpc.CreateResponse.FromString(call(port, "Create", request.SerializeToString()))
        call(port, "Delete", b"")
    assert package == "gcp"
    assert plugin.asked == [("Create", True), ("Delete", True)]
    assert answer.id == "id-of-database"
    told = json_format.MessageToDict(answer.properties)
    assert (told["tier"], told["connectionName"]) == ("t", "database-connectionName")


def test_without_a_plugin_what_is_told_is_taken():
    request = rpc.CheckRequest()
    json_format.ParseDict({"a": "b"}, request.news)
    with standin.serving({"pulumi-python": standin.StandIn("p")}) as places:
        message = call(places.split(":")[1], "Check", request.SerializeToString())
    checked = rpc.CheckResponse.FromString(message)
    assert json_format.MessageToDict(checked.inputs) == {"a": "b"}


def test_a_plugin_that_is_missing_is_named_with_what_brings_it(tmp_path: Path):
    with pytest.raises(OpsError, match=r"pulumi plugin install resource gcp 0\.0\.1"):
        standin.plugin_path("gcp", "0.0.1", {"PULUMI_HOME": str(tmp_path)})


# Docker, without a Docker.


def asked(socket_path: str, method: str, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("docker")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(socket_path)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    return response.status, json.loads(body) if body.startswith(("[", "{")) else body


def test_the_empty_engine_has_no_networks_and_every_image_and_makes_nothing(tmp_path: Path):
    with empty_engine.engine(tmp_path) as host:
        path = host.removeprefix("unix://")
        assert asked(path, "GET", "/_ping") == (200, "OK")
        assert asked(path, "GET", "/v1.43/networks?filters=x") == (200, [])
        status, image = asked(path, "GET", "/v1.43/images/docker.io/library/redis:7/json")
        assert (status, image["Id"]) == (200, empty_engine.IMAGE_ID)
        assert asked(path, "GET", "/v1.43/containers/x/json")[0] == 404
        assert asked(path, "POST", "/v1.43/containers/create")[0] == 403


# The base's files.


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / ".venv").mkdir()
    (folder / "requirements.txt").write_text("pulumi==3.1\npulumi-gcp==9.30.0 \\\n  --hash=x\n")
    (folder / "file").write_text("old")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    (folder / "file").write_text("new")
    return folder


def worktrees(folder: Path) -> list[str]:
    command = ["git", "-C", str(folder), "worktree", "list", "--porcelain"]
    text = subprocess.check_output(command, text=True)
    return [line for line in text.splitlines() if line.startswith("worktree ")]


def test_the_base_is_checked_out_beside_and_goes_whatever_happens(repository: Path, tmp_path: Path):
    commands = HostCommands()
    name = worktree.commit(commands, repository, "main")
    with (
        pytest.raises(KeyboardInterrupt),
        worktree.checked_out(commands, repository, name, tmp_path) as tree,
    ):
        assert (tree / "file").read_text() == "old"
        assert (tree / ".venv").readlink() == repository / ".venv"
        assert worktree.provider_versions(tree) == {"gcp": "9.30.0"}
        assert len(worktrees(repository)) == 2
        raise KeyboardInterrupt
    assert len(worktrees(repository)) == 1
    assert (repository / "file").read_text() == "new"


def test_what_a_killed_run_left_goes_with_the_next(repository: Path, tmp_path: Path):
    commands = HostCommands()
    left = tmp_path / "left"
    subprocess.run(
        ["git", "-C", str(repository), "worktree", "add", "-q", "--detach", str(left)], check=True
    )
    shutil.rmtree(left)
    with worktree.checked_out(commands, repository, "main", tmp_path):
        pass
    assert len(worktrees(repository)) == 1


def test_a_base_that_there_is_not_is_told_with_what_to_type(repository: Path):
    with pytest.raises(OpsError, match="make report BASE=main"):
        worktree.commit(HostCommands(), repository, "nowhere")


def test_the_stacks_come_in_the_order_of_their_environments():
    assert names_in(ROOT) == ["dev", "staging", "prod"]


def test_secrets_of_the_environment_are_known_by_their_names():
    environment = {
        "GITHUB_TOKEN": "long enough",
        "DB_PASSWORD": "short",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/root/file-of-it",
        "PATH": "/usr/bin:/usr/local/bin",
        "GOOGLE_CREDENTIALS": '{"type": "service_account"}',
    }
    assert {*from_environment(environment)} == {"long enough", '{"type": "service_account"}'}


# For real.

PLUGINS = Path.home() / ".pulumi" / "plugins"
needs_tools = pytest.mark.skipif(
    not (shutil.which("pulumi") and [*PLUGINS.glob("resource-docker-v*")]),
    reason="needs the tools: `make setup`, then `. .toolchain/env`",
)


@needs_tools
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("stack", STACKS)
def test_a_change_of_nothing_changes_nothing(stack: str, tmp_path: Path):
    """If the base is refused: the form of a made-up value is missing in `computed.toml`."""
    if stack != "dev" and not [*PLUGINS.glob("resource-gcp-v*")]:
        pytest.skip("needs Google Cloud's plugin: `make setup CLOUD=--cloud`")
    run = Offline(HostCommands(), ROOT, ROOT, tmp_path, lambda _: None)
    preview, needs = run.preview(stack)
    assert preview.ended and not preview.errors and not preview.unread
    assert [step.label for step in preview.changed] == []
    assert len(preview.steps) > 40 and any(needs.values())


@needs_tools
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_in_the_middle_leaves_nothing(number: signal.Signals, tmp_path: Path):
    before = worktrees(ROOT)
    command = [sys.executable, "-m", "ops.preview_report", "--base=HEAD", f"--out={tmp_path}/out"]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        process.stderr.readline()  # the base is being deployed
        time.sleep(1)
        process.send_signal(number)
        assert process.wait(60) in (130, 128 + number)
    assert worktrees(ROOT) == before
    assert [*tmp_path.iterdir()] == []
