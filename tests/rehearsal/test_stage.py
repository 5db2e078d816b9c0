"""The stage: nothing leaves it, nobody's real state or credentials are on it."""

import http.client
import json
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.faults import Faults
from rehearsal.stage.authority import Authority, new_authority
from rehearsal.stage.log import MASK, CallLog, masked
from rehearsal.stage.room import Room
from rehearsal.stage.server import Server
from rehearsal.stage.workspace import (
    HARMLESS,
    ROOT,
    NotHere,
    copy,
    refuse_real_backend,
)
from tests.rehearsal.cloud import COMPUTE, project


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return new_authority(tmp_path)


@pytest.fixture
def server(tmp_path: Path, authority: Authority) -> Iterator[Server]:
    log = CallLog(tmp_path / "out")
    log.step = "up"
    made = Server(project("compute"), log, authority.server())
    made.start()
    yield made
    made.shutdown()
    made.server_close()
    log.close()


def through(server: Server, authority: Authority, host: str) -> http.client.HTTPSConnection:
    """A connection as the provider makes it: by the proxy, trusting the rehearsal's authority."""
    trust = ssl.create_default_context(cafile=str(authority.bundle))
    proxy = http.client.HTTPSConnection("127.0.0.1", server.server_port, context=trust, timeout=10)
    proxy.set_tunnel(host, 443)
    return proxy


def test_a_call_is_answered_and_logged_without_secrets(
    server: Server, authority: Authority, tmp_path: Path
):
    line = through(server, authority, "compute.googleapis.com")
    line.request("POST", f"/{COMPUTE}/global/networks", json.dumps({"name": "net"}))
    assert json.load(line.getresponse())["kind"] == "compute#operation"
    line.request("GET", f"/{COMPUTE}/global/networks/net")  # the connection is kept
    assert json.load(line.getresponse())["name"] == "net"
    first, second = map(json.loads, (tmp_path / "out" / "calls.jsonl").read_text().splitlines())
    assert (first["id"], first["status"], first["step"]) == ("compute.networks.insert", 200, "up")
    assert first["resource"] == second["resource"] == "projects/a-project/global/networks/net"
    assert first["operation"].startswith("operation-") and second["operation"] is None
    said = json.loads((tmp_path / "out" / "bodies" / "1.json").read_text())
    assert said["request"] == {"name": "net"}


def test_a_refusal_has_googles_form(server: Server, authority: Authority):
    line = through(server, authority, "compute.googleapis.com")
    line.request("GET", f"/{COMPUTE}/global/networks/none")
    answer = line.getresponse()
    error = json.load(answer)["error"]
    assert (answer.status, error["status"]) == (404, "NOT_FOUND")
    assert error["errors"][0]["reason"] == "notFound"


@pytest.mark.parametrize(
    "host",
    ["example.com", "googleapis.com.example.com", "169.254.169.254", "metadata.google.internal"],
)
def test_no_other_host_is_reached_and_it_is_told(server: Server, authority: Authority, host: str):
    with pytest.raises(OSError, match="lets nothing out"):
        through(server, authority, host).request("GET", "/")
    assert server.refused_hosts == {host}


def test_plain_http_is_no_way_out(server: Server):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": server.url}))
    with pytest.raises(Exception):  # noqa: B017 - whatever urllib calls it
        opener.open("http://example.com/", timeout=5)


def test_a_cut_connection_has_done_its_call(server: Server, authority: Authority):
    server.fault = Faults()
    line = through(server, authority, "compute.googleapis.com")
    line.request("POST", f"/{COMPUTE}/global/networks", json.dumps({"name": "cut-net"}))
    with pytest.raises((OSError, http.client.HTTPException)):
        line.getresponse()
    again = through(server, authority, "compute.googleapis.com")
    again.request("GET", f"/{COMPUTE}/global/networks/cut-net")
    assert again.getresponse().status == 200


def test_secrets_are_masked_wherever_they_stand():
    said = {
        "user": {"name": "u", "password": "p"},
        "payload": {"data": "c2VjcmV0"},
        "list": [{"privateKeyData": "k"}],
        "tokens": 3,
    }
    assert masked(said) == {
        "user": {"name": "u", "password": MASK},
        "payload": MASK,
        "list": [{"privateKeyData": MASK}],
        "tokens": 3,
    }


def test_a_room_has_no_way_out():
    room = Room()
    try:
        if not room.closed:
            pytest.skip("a network namespace takes root on Linux")
        with pytest.raises(OSError):
            room.do(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1))
        listening = room.do(lambda: socket.create_server(("127.0.0.1", 0)))
        port = listening.getsockname()[1]
        with pytest.raises(OSError):  # another namespace's loopback
            socket.create_connection(("127.0.0.1", port), timeout=1)
        room.do(lambda: socket.create_connection(("127.0.0.1", port), timeout=1)).close()
        listening.close()
    finally:
        room.close()


@pytest.mark.parametrize("backend", ["gs://bucket", "https://api.pulumi.com", "s3://bucket"])
def test_a_real_backend_is_refused(backend: str):
    with pytest.raises(NotHere, match="has a state of its own"):
        refuse_real_backend({"PULUMI_BACKEND_URL": backend})


def test_a_local_stack_is_not_rehearsed(tmp_path: Path):
    with pytest.raises(NotHere, match="stands on this machine"):
        copy("dev", tmp_path)


def test_the_copy_has_neither_the_stacks_keys_nor_anybodys_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root, folder = tmp_path / "root", tmp_path / "folder"
    root.mkdir()
    folder.mkdir()
    (root / "Pulumi.prod.yaml").write_text(
        (ROOT / "Pulumi.prod.yaml").read_text()
        + "  alphintra:secret: {secure: abc}\n"
        + "secretsprovider: gcpkms://key\nencryptedkey: abc\n"
    )
    for name in ("GOOGLE_CREDENTIALS", "CLOUDSDK_AUTH_ACCESS_TOKEN", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "theirs")
    workspace = copy("prod", folder, root)
    text = workspace.file.read_text()
    assert "gcpkms" not in text and "encryptedkey" not in text and "abc" not in text
    env = workspace.environment("http://127.0.0.1:1", folder / "authority.pem")
    assert "theirs" not in env.values()
    assert env["PULUMI_BACKEND_URL"] == (folder / "state").as_uri()
    assert Path(env["HOME"]).is_relative_to(folder)
    assert Path(env["CLOUDSDK_CONFIG"]).is_relative_to(folder)
    assert (root / "Pulumi.prod.yaml").read_text().endswith("encryptedkey: abc\n")


def test_no_variable_of_one_build_of_the_plugin_is_set(tmp_path: Path):
    """The official plugin is rehearsed by the same means: a proxy, an authority and a token are
    what any Go program on Google's libraries goes by."""
    workspace = copy("prod", tmp_path)
    env = workspace.environment("http://127.0.0.1:1", tmp_path / "authority.pem")
    pulumis = {name for name in env if name.startswith("PULUMI_")}
    assert set(env) - pulumis - set(HARMLESS) == {
        "HOME",
        "CLOUDSDK_CONFIG",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
    }
