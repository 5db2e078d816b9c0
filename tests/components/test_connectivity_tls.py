"""The connectivity check's script against a real Redis and PostgreSQL that take TLS only."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.programs import ROOT

SCRIPT = ROOT / "images" / "connectivity-check" / "check.sh"
INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PATH = os.pathsep.join([*map(str, reversed(INSTALLED)), os.environ["PATH"]])
NEEDED = ("bash", "openssl", "psql", "initdb", "postgres", "redis-cli", "redis-server")
MISSING = [program for program in NEEDED if not shutil.which(program, path=PATH)]
PASSWORD = "s3cret"
NOBODY = 65534
"""Whom the servers run as where the tests run as root."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}"),
]


@dataclass(frozen=True)
class Servers:
    """What listens on loopback, with a certificate for `localhost` that `authority` signed."""

    authority: Path
    stranger: Path
    """An authority that signed nothing of it."""
    database_port: int
    cache_port: int


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="tls-"))
    folder.chmod(0o755)
    ports = free_port(), free_port()
    running: list[subprocess.Popen[bytes]] = []
    try:
        certificates(folder)
        running.append(redis(folder, ports[1]))
        running.append(postgres(folder, ports[0]))
        for port in ports:
            wait_for(port)
        yield Servers(folder / "ca.pem", folder / "stranger.pem", *ports)
    finally:
        for server in running:
            server.terminate()
            server.wait(timeout=30)
        shutil.rmtree(folder)


def certificates(folder: Path) -> None:
    """Two authorities, and a certificate for `localhost` that the first has signed."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for name in ("ca", "stranger"):
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        call(folder, "openssl", "req", "-x509", *key, "-subj", f"/CN={name}", *files)
    files = ["-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem"]
    name = ["-subj", "/CN=server", "-addext", "subjectAltName=DNS:localhost"]
    call(folder, "openssl", "req", "-x509", *key, *name, *files)
    if not os.geteuid():  # PostgreSQL refuses to be root, and to read a key that others own
        for file in (folder, *folder.iterdir()):
            os.chown(file, NOBODY, NOBODY)


def postgres(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    data = folder / "data"
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    login = ["--username=postgres", "--pwfile=password", "--auth=scram-sha-256", "--no-sync"]
    call(folder, "initdb", f"--pgdata={data}", *login)
    (data / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    settings = {
        "ssl": "on",
        "ssl_cert_file": folder / "server.pem",
        "ssl_key_file": folder / "server.key",
        "unix_socket_directories": "",
        "listen_addresses": "localhost",
        "port": port,
    }
    return start(
        folder, "postgres", "-D", str(data), *(f"--{key}={v}" for key, v in settings.items())
    )


def redis(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    settings = {
        "port": 0,
        "tls-port": port,
        "tls-cert-file": "server.pem",
        "tls-key-file": "server.key",
        "tls-ca-cert-file": "ca.pem",
        "tls-auth-clients": "no",
        "requirepass": PASSWORD,
    }
    pairs = (word for key, value in settings.items() for word in (f"--{key}", str(value)))
    return start(folder, "redis-server", *pairs)


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": PATH, "LC_ALL": "C"}


def user() -> int | None:
    return None if os.geteuid() else NOBODY


def call(folder: Path, *command: str) -> None:
    as_user = None if command[0] == "openssl" else user()
    done = subprocess.run(
        command, cwd=folder, env=environment(), user=as_user, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


def start(folder: Path, *command: str) -> "subprocess.Popen[bytes]":
    with (folder / f"{command[0]}.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environment(), user=user(), stdout=log, stderr=log
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on {port}")


def check(servers: Servers, authority: Path, host: str = "localhost") -> str:
    """What the script prints; a deadline of 0 s for what fails."""
    done = subprocess.run(
        ["bash", "-c", SCRIPT.read_text().replace("DEADLINE=60", "DEADLINE=0")],
        env={
            **environment(),
            "SERVICE_NAME": "localhost",
            "PGHOST": host,
            "PGREADERHOST": host,
            "PGPORT": str(servers.database_port),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "PGPASSWORD": PASSWORD,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(authority),
            "CACHE_HOST": host,
            "CACHE_PORT": str(servers.cache_port),
            "CACHE_READER_HOST": host,
            "CACHE_READER_PORT": str(servers.cache_port),
            "CACHE_CA_FILE": str(authority),
            "CACHE_USERNAME": "default",
            "CACHE_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_a_server_that_the_authority_signed_for_is_used(servers: Servers):
    words = check(servers, servers.authority)
    assert words.count("ok    ") == 8, words
    assert words.endswith("All checks passed.\n")


def test_a_server_that_another_signed_for_is_refused(servers: Servers):
    words = check(servers, servers.stranger)
    assert "FAIL  database: log in as postgres, write and read a row" in words
    assert "FAIL  cache: authenticate and write" in words
    assert words.count("certificate verify failed") >= 3, words


def test_the_databases_certificate_must_bear_its_name(servers: Servers):
    words = check(servers, servers.authority, host="127.0.0.1")
    assert 'does not match host name "127.0.0.1"' in words
    assert "ok    cache: authenticate and write" in words
