"""Health asks everything, and fails if one thing does."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops import health, wire
from ops.commands import OpsError
from ops.stack import Stack
from tests.ops.fake import CACHE_SECRET, EVERY_SECRET, NOWHERE, FakeHost, context, with_condition

DEV = Stack("dev", "local", folder=NOWHERE)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A stack that is up, its loopback ports as well."""

    def redis(_address: str, password: str, *command: str) -> str:
        if password != CACHE_SECRET:
            raise OpsError("WRONGPASS")
        if command == ("PING",):
            return "PONG"
        return "role:slave\r\nmaster_host:cache\r\nmaster_link_status:up"

    monkeypatch.setattr(wire, "redis", redis)
    monkeypatch.setattr(wire, "postgres_answers", lambda address: f"answers on {address}")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
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
        "database: container is healthy",
        "cache: container is healthy",
        "cache-replica: container is healthy",
        "registry: container is healthy",
        "database: answers on this machine",
        "database: log in as postgres",
        "database: log in as users",
        "cache: PING",
        "cache-replica: PING",
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
    assert (code, bad) == (1, ["database: log in as postgres"])
    assert "database: log in as users" in good


def test_an_unhealthy_container(host: FakeHost, capsys: pytest.CaptureFixture[str]):
    host.containers[1]["State"]["Health"]["Status"] = "unhealthy"
    code, _, bad = asked(host, capsys)
    assert (code, bad) == (1, ["cache: container is healthy"])


def test_a_missing_container_is_not_asked_further(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    del host.containers[0]
    code, good, bad = asked(host, capsys)
    assert (code, bad) == (1, ["database: container is healthy"])
    assert not [name for name in good if name.startswith("database")]


def test_a_broken_replication_link(
    host: FakeHost, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def redis(_address: str, _password: str, *command: str) -> str:
        return "PONG" if command == ("PING",) else "role:slave\r\nmaster_link_status:down"

    monkeypatch.setattr(wire, "redis", redis)
    code, _, bad = asked(host, capsys)
    assert (code, bad) == (1, ["cache-replica: copies the primary"])


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


@contextmanager
def server(*replies: bytes) -> Generator[tuple[str, list[bytes]]]:
    """A server on a loopback port that sends `replies`: its address, and what it was sent."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        connection, _ = listener.accept()
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


def test_redis_is_spoken_to_in_its_own_words():
    with server(b"+OK\r\n", b"$8\r\nrole:one\r\n") as (address, received):
        assert wire.redis(address, "pass", "INFO", "replication") == "role:one"
    assert received == [
        b"*2\r\n$4\r\nAUTH\r\n$4\r\npass\r\n*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"
    ]


def test_redis_that_refuses_the_password():
    replies = (b"-WRONGPASS invalid\r\n", b"-NOAUTH\r\n")
    with server(*replies) as (address, _), pytest.raises(OpsError, match="WRONGPASS"):
        wire.redis(address, "pass", "PING")


@pytest.mark.parametrize("answer", [b"S", b"N"])
def test_postgres_is_known_by_its_answer(answer: bytes):
    with server(answer) as (address, received):
        assert wire.postgres_answers(address) == f"PostgreSQL answers on {address}"
    assert received == [bytes([0, 0, 0, 8, 4, 210, 22, 47])]


def test_what_is_not_postgres_is_refused():
    with server(b"H") as (address, _), pytest.raises(OpsError, match="not PostgreSQL"):
        wire.postgres_answers(address)


def test_a_port_that_nobody_listens_on():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(OpsError, match="nothing answers on"):
        wire.postgres_answers(address)


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
