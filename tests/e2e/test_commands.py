"""The README's commands, as it has them, on the stack that is up; `dev` becomes its name."""

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import STACK, Platform

SAYS: dict[str, tuple[str, str]] = {
    "make up": ("", "unchanged"),
    "make preview": ("", "unchanged"),
    "make status": ("", "127.0.0.1:15432"),
    "make health": ("", "checks passed"),
    "make logs SERVICE=database": ("", "database system is ready to accept connections"),
    "make shell SERVICE=database": ("SELECT 6 * 7;", "42"),
    "make shell SERVICE=database-replica": (
        "SELECT 'a copy' WHERE pg_is_in_recovery();",
        "a copy",
    ),
    "make shell SERVICE=cache": ("PING", "PONG"),
    "make shell SERVICE=cache-replica": ("INFO replication", "role:slave"),
    "make contract": ("", "42 ok; "),
    "make parity": ("", "lacking"),
    "make kubeconfig": ("", "kubectl get nodes"),
    "make doctor": ("", " 0 wrong"),
    "make backup": ("", "Keep a copy of that file"),
    "make backup-verify": ("", "Restored, and as it was: "),
    "make help": ("", "make up"),
    ". .toolchain/env": ("", ""),
    "pulumi preview -s dev": ("", "unchanged"),
    "kubectl get nodes": ("", f"k3d-alphintra-{STACK}-cluster-agent-0"),
    "k3d cluster list": ("", f"alphintra-{STACK}-cluster"),
    "pulumi stack output database_passwords --show-secrets -s dev": ("", "trading"),
    "pulumi stack output database_ca_certificate -s dev > .toolchain/database-ca.pem": ("", ""),
    'PGPASSWORD="$(pulumi stack output database_passwords --show-secrets -s dev'
    """ | python3 -c 'import json, sys; print(json.load(sys.stdin)["postgres"])')\""""
    ' psql "host=127.0.0.1 port=5432 user=postgres sslmode=verify-full'
    ' sslrootcert=.toolchain/database-ca.pem"': (
        "SELECT 'over TLS' FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid();",
        "over TLS",
    ),
    "pulumi stack output cache_ca_certificate -s dev > .toolchain/cache-ca.pem": ("", ""),
    'REDISCLI_AUTH="$(pulumi stack output cache_password --show-secrets -s dev)"'
    " redis-cli -p 6379 --tls --cacert .toolchain/cache-ca.pem": ("PING", "PONG"),
    "pulumi install && pulumi up -s dev": ("", "unchanged"),
}
"""Command of the README → what is typed into it, and a part of what it answers."""

PORTS = {"port=5432": "port=15432", "-p 6379": "-p 16379"}
"""The dev stack's, as a client is told them → this stack's."""

CLIENTS = {"psql": ("database", "PGPASSWORD"), "redis-cli": ("cache", "REDISCLI_AUTH")}
"""Client → the server whose image has it, for a machine that has none; its password's variable."""


def client(program: str, server: str, password: str) -> str:
    return f"""#!/bin/sh
image="$(docker inspect --format='{{{{.Image}}}}' alphintra-{STACK}-{server})"
exec docker run --rm --interactive --network=host --env={password} \\
  --volume="$PWD/.toolchain:$PWD/.toolchain:ro" --workdir="$PWD" "$image" {program} "$@"
"""


@pytest.fixture(scope="module", autouse=True)
def clients(platform: Platform):
    folder = Path(platform.stack.workspace.work_dir) / "bin"
    folder.mkdir()
    for program, (server, password) in CLIENTS.items():
        file = folder / program
        file.write_text(client(program, server, password))
        file.chmod(0o755)


@pytest.mark.parametrize("command", SAYS)
def test_a_command_of_the_readme(platform: Platform, command: str):
    typed, says = SAYS[command]
    line = re.sub(r"-s dev\b", f"-s {STACK}", command)
    line = re.sub(r"\bpulumi up\b", "pulumi up --yes", line)
    for port, ours in PORTS.items():
        line = line.replace(port, ours)
    assert says in platform.shell(f'PATH="$PATH:$PWD/bin" && {line}', typed)
