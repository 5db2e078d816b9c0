"""Health asks everything, and fails if one thing does."""

import socket
import ssl
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from components.certificates import make_authority, make_server_certificate
from ops import health, wire
from ops.commands import OpsError
from ops.services import SERVICES
from ops.stack import Stack
from tests.ops.fake import FakeHost, context
from tests.ops.fake_stack import (
    CACHE_SECRET,
    EVERY_SECRET,
    NOWHERE,
    OUTPUTS,
    USER_SECRET,
    with_condition,
)

DEV = Stack("dev", "local", folder=NOWHERE)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A stack that is up, its loopback ports as well."""

    def redis(_address: str, authority: str, user: str, password: str, *command: str) -> str:
        assert authority == OUTPUTS["cache_ca_certificate"]
        if {"default": CACHE_SECRET, "auth": USER_SECRET}[user] != password:
            raise OpsError("WRONGPASS")
        if command == ("PING",):
            return "PONG"
        return "role:slave\r\nmaster_host:cache\r\nmaster_link_status:up"

    def postgres(address: str, authority: str) -> str:
        assert authority == OUTPUTS["database_ca_certificate"]
        return f"answers on {address}"

    monkeypatch.setattr(wire, "redis", redis)
    monkeypatch.setattr(wire, "postgres_answers", postgres)
    monkeypatch.setattr(wire, "http_status", lambda url: 200)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return FakeHost(DEV).up()


def asked(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], list[str]]:
    """Exit code, and the names of the checks that passed and that failed."""
    code = health.health(context(host))
    text = capsys.readouterr().out
    assert not [secret for secret in EVERY_SECRET if secret in text]
    lines = [line for line in text.splitlines() if line.startswith(("ok ", "FAIL"))]
    names = [line[6:].split("  ")[0].strip() for line in lines]
    good = [name for name, line in zip(names, lines, strict=True) if line.startswith("ok ")]
    return code, good, [name for name in names if name not in good]


def test_all_is_well(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    code, good, bad = asked(host, capsys)
    assert (code, bad) == (0, [])
    assert good == [
        "docker: answers",
        *(f"{service}: container is healthy" for service in SERVICES),
        "database: answers on this machine",
        "database-replica: answers on this machine",
        "database: log in as postgres",
        "database: log in as users",
        "database-replica: copies the primary",
        "cache: PING as default",
        "cache: PING as auth",
        "cache-replica: PING as default",
        "cache-replica: copies the primary",
        "registry: GET /v2/",
        "cluster: API is ready",
        "cluster: nodes are ready",
        "cluster: kube-system's pods are ready",
        "connectivity-check: Job complete",
    ]


def test_each_line_says_how_long_it_took(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    health.health(context(host))
    *lines, last = capsys.readouterr().out.splitlines()
    assert all(" ms  " in line for line in lines)
    assert last.startswith(f"All {len(lines)} checks passed (")


def test_a_wrong_password(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    host.outputs["database_passwords"] = {"postgres": "old", "users": "secret-of-users"}
    code, good, bad = asked(host, capsys)
    assert (code, bad) == (
        1,
        ["database: log in as postgres", "database-replica: copies the primary"],
    )
    assert "database: log in as users" in good


def test_an_unhealthy_container(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    host.containers[list(SERVICES).index("cache")]["State"]["Health"]["Status"] = "unhealthy"
    code, _, bad = asked(host, capsys)
    assert (code, bad) == (1, ["cache: container is healthy"])


def test_a_missing_container_is_not_asked_further(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    del host.containers[0]
    code, good, bad = asked(host, capsys)
    assert (code, bad) == (1, ["database: container is healthy"])
    assert not [name for name in good if name.startswith("database:")]


def test_a_broken_replication_link(
    host: FakeHost, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def redis(_address: str, _authority: str, _user: str, _password: str, *command: str) -> str:
        return "PONG" if command == ("PING",) else "role:slave\r\nmaster_link_status:down"

    monkeypatch.setattr(wire, "redis", redis)
    code, _, bad = asked(host, capsys)
    assert (code, bad) == (1, ["cache-replica: copies the primary"])


@pytest.mark.parametrize("answer", ["", "waiting|10.60.32.10"])
def test_a_database_replica_that_receives_nothing(
    host: FakeHost, capsys: pytest.CaptureFixture[str], answer: str
):
    host.streaming = answer
    code, _, bad = asked(host, capsys)
    assert (code, bad) == (1, ["database-replica: copies the primary"])


def test_nodes_pods_and_job(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    host.nodes.append(with_condition("agent-1", "Ready", holds=False))
    host.pods.append(with_condition("local-path-provisioner", "Ready", holds=False))
    host.jobs = []
    code, good, bad = asked(host, capsys)
    assert code == 1
    assert bad == [
        "cluster: nodes are ready",
        "cluster: kube-system's pods are ready",
        "connectivity-check: Job complete",
    ]
    assert "cluster: API is ready" in good


def test_a_cluster_without_nodes_or_pods_is_not_ready(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    host.nodes, host.pods = [], []
    assert asked(host, capsys)[2] == [
        "cluster: nodes are ready",
        "cluster: kube-system's pods are ready",
    ]


def test_a_pod_that_ran_to_its_end_is_no_matter(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    done = with_condition("helm-install", "Ready", holds=False)
    done["status"]["phase"] = "Succeeded"
    host.pods.append(done)
    assert asked(host, capsys)[0] == 0


def test_without_docker_nothing_else_is_asked(capsys: pytest.CaptureFixture[str]):
    host = FakeHost(DEV)
    host.docker = None
    code, good, bad = asked(host, capsys)
    assert (code, good) == (1, [])
    assert bad[0] == "docker: answers"
    assert host.asked == [["docker", "version", "--format", "{{.Server.Version}}"]]


def test_a_stack_that_is_down_says_so(capsys: pytest.CaptureFixture[str]):
    assert health.health(context(FakeHost(DEV))) == 1
    assert "stack dev is down. `make up` brings it up." in capsys.readouterr().out


def test_google_cloud_asks_the_cluster(capsys: pytest.CaptureFixture[str]):
    code, good, _ = asked(FakeHost(Stack("prod", "gcp", folder=NOWHERE)).up(), capsys)
    assert code == 0
    assert good[0] == "cluster: API is ready"
    assert good[-1] == "connectivity-check: Job complete"


@pytest.fixture(scope="module")
def authority() -> tuple[str, str]:
    return make_authority("tests")


@contextmanager
def server(
    *replies: bytes, tls: tuple[str, str] | None = None, before_tls: bytes = b""
) -> Generator[tuple[str, list[bytes]]]:
    """A server on a loopback port that sends `replies`: its address, and what it was sent.

    With `tls`, an authority, it first sends `before_tls` and then speaks TLS.
    """
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        connection, _ = listener.accept()
        connection.settimeout(5)
        if before_tls:
            received.append(connection.recv(8))
            connection.sendall(before_tls)
        if tls:
            try:
                connection = server_context(tls).wrap_socket(connection, server_side=True)
            except OSError:
                return connection.close()  # the client has refused the certificate
        with connection:
            received.append(connection.recv(4096))
            connection.sendall(b"".join(replies))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", received
    finally:
        thread.join()
        listener.close()


def server_context(authority: tuple[str, str]) -> ssl.SSLContext:
    """That of a server for which `authority` has signed."""
    certificate, key = make_server_certificate("server", ["127.0.0.1"], [], authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(certificate + key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def test_redis_is_spoken_to_in_its_own_words(authority: tuple[str, str]):
    with server(b"+OK\r\n", b"$8\r\nrole:one\r\n", tls=authority) as (address, received):
        reply = wire.redis(address, authority[0], "auth", "pass", "INFO", "replication")
    assert reply == "role:one"
    assert received == [
        b"*3\r\n$4\r\nAUTH\r\n$4\r\nauth\r\n$4\r\npass\r\n"
        b"*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"
    ]


def test_redis_that_refuses_the_password(authority: tuple[str, str]):
    replies = (b"-WRONGPASS invalid\r\n", b"-NOAUTH\r\n")
    with (
        server(*replies, tls=authority) as (address, _),
        pytest.raises(OpsError, match="WRONGPASS"),
    ):
        wire.redis(address, authority[0], "default", "pass", "PING")


def test_a_server_that_another_authority_has_signed_for(authority: tuple[str, str]):
    other, _ = make_authority("another")
    with (
        server(tls=authority) as (address, received),
        pytest.raises(OpsError, match="certificate verify failed"),
    ):
        wire.redis(address, other, "default", "pass", "PING")
    assert not received, "the password was sent"
    with (
        server(tls=authority, before_tls=b"S") as (address, _),
        pytest.raises(OpsError, match="certificate verify failed"),
    ):
        wire.postgres_answers(address, other)


def test_a_redis_without_tls(authority: tuple[str, str]):
    with server(b"-ERR\r\n") as (address, received), pytest.raises(OpsError):
        wire.redis(address, authority[0], "default", "pass", "PING")
    assert b"pass" not in received[0]


def test_postgres_over_tls(authority: tuple[str, str]):
    with server(tls=authority, before_tls=b"S") as (address, received):
        words = wire.postgres_answers(address, authority[0])
    assert words == f"PostgreSQL answers on {address}, TLSv1.3"
    assert received[0] == bytes([0, 0, 0, 8, 4, 210, 22, 47])


@pytest.mark.parametrize(("answer", "words"), [(b"N", "speaks no TLS"), (b"H", "not PostgreSQL")])
def test_what_is_not_postgres_over_tls_is_refused(answer: bytes, words: str):
    with server(answer) as (address, _), pytest.raises(OpsError, match=words):
        wire.postgres_answers(address, "")


def test_a_port_that_nobody_listens_on():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(OpsError, match="nothing answers on"):
        wire.postgres_answers(address, "")


def test_http_goes_past_a_proxy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/v2/" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as registry:
        threading.Thread(target=registry.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{registry.server_port}"
        assert wire.http_status(f"{url}/v2/") == 200
        assert wire.http_status(f"{url}/else") == 404
        registry.shutdown()
