"""The README's commands, as it has them, on the stack that is up; `dev` becomes its name."""

import re

import pytest

from tests.e2e.conftest import STACK, Platform

SAYS: dict[str, tuple[str, str]] = {
    "make up": ("", "unchanged"),
    "make preview": ("", "unchanged"),
    "make status": ("", "127.0.0.1:15432"),
    "make health": ("", "checks passed"),
    "make logs SERVICE=database": ("", "database system is ready to accept connections"),
    "make shell SERVICE=database": ("SELECT 6 * 7;", "42"),
    "make shell SERVICE=cache": ("PING", "PONG"),
    "make shell SERVICE=cache-replica": ("INFO replication", "role:slave"),
    "make kubeconfig": ("", "kubectl get nodes"),
    "make help": ("", "make up"),
    ". .toolchain/env": ("", ""),
    "pulumi preview -s dev": ("", "unchanged"),
    "kubectl get nodes": ("", f"k3d-alphintra-{STACK}-cluster-agent-0"),
    "k3d cluster list": ("", f"alphintra-{STACK}-cluster"),
    "pulumi stack output database_passwords --show-secrets -s dev": ("", "trading"),
    "pulumi install && pulumi up -s dev": ("", "unchanged"),
}
"""Command of the README → what is typed into it, and a part of what it answers."""


@pytest.mark.parametrize("command", SAYS)
def test_a_command_of_the_readme(platform: Platform, command: str):
    typed, says = SAYS[command]
    line = re.sub(r"-s dev\b", f"-s {STACK}", command)
    line = re.sub(r"\bpulumi up\b", "pulumi up --yes", line)
    assert says in platform.shell(line, typed)
