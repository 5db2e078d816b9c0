"""The contract suite catches what it is for: one thing is broken at a time, by hand, and mended.

That it holds on what is whole is `make contract`, which test_commands.py runs.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import STACK, Platform, run, say

DATABASE, CACHE, CLUSTER, REGISTRY = (
    f"tests/contract/test_{capability}.py"
    for capability in ("database", "cache", "cluster", "registry")
)
ACCESS_RULES = "/etc/postgresql/pg_hba.conf"
GATE = "/usr/local/etc/haproxy/haproxy.cfg"
ROLE = "connectivity_check"
"""The role of the service that the suite is."""


@dataclass(frozen=True)
class Break:
    """What is broken, what is asked then, and what of that must fail: nothing more or less."""

    do: Callable[[Platform], object]
    mend: Callable[[Platform], object]
    asked: tuple[str, ...]
    caught: set[str]


def docker(command: str, part: str, *arguments: str, stdin: str | None = None) -> str:
    """`docker <command>` for the container of a part of the stack."""
    return run("docker", *command.split(), f"alphintra-{STACK}-{part}", *arguments, stdin=stdin)


def sql(statement: str) -> str:
    """What the database's administrator does by hand, in its container."""
    return docker("exec --interactive", "database", "psql", "--username=postgres", stdin=statement)


def edit(part: str, file: str, *script: str) -> None:
    """Change a file in a container by a script of sed; what it was is kept beside it."""
    change = f"cp -p {file} {file}.whole && sed -i '{'; '.join(script)}' {file}"
    docker("exec --user=0", part, "sh", "-c", change)


def undo_edit(part: str, file: str) -> None:
    docker("exec --user=0", part, "mv", f"{file}.whole", file)


def tls_optional(_platform: Platform) -> None:
    edit("database", ACCESS_RULES, "s/^hostssl/host/")
    sql("SELECT pg_reload_conf()")


def tls_demanded(_platform: Platform) -> None:
    undo_edit("database", ACCESS_RULES)
    sql("SELECT pg_reload_conf()")


def tags_movable(_platform: Platform) -> None:
    edit("registry-gate", GATE, "/use_backend manifests/d")
    docker("kill --signal=USR2", "registry-gate")  # HAProxy reads its file anew


def tags_immovable(_platform: Platform) -> None:
    undo_edit("registry-gate", GATE)
    docker("kill --signal=USR2", "registry-gate")


def other_password(_platform: Platform) -> None:
    sql(f"ALTER ROLE {ROLE} PASSWORD 'another'")


def own_password(platform: Platform) -> None:
    sql(f"ALTER ROLE {ROLE} PASSWORD '{platform.outputs['database_passwords'][ROLE]}'")


def delete(kind: str, name: str, namespace: str = "default") -> Callable[[Platform], object]:
    return lambda platform: platform.kubectl("delete", kind, name, f"--namespace={namespace}")


def make_again(resource: str) -> Callable[[Platform], object]:
    """Find that a resource is gone, and make it: by `pulumi up --refresh`."""

    def up(platform: Platform) -> object:
        deployment: Any = platform.stack.export_stack().deployment
        urns: list[str] = [one["urn"] for one in deployment["resources"]]
        (urn,) = [one for one in urns if one.endswith(resource)]
        return platform.stack.up(refresh=True, target=[urn], on_output=say)

    return up


BREAKS = {
    "the database takes clients without TLS": Break(
        tls_optional,
        tls_demanded,
        asked=(DATABASE,),
        caught={f"{DATABASE}::test_without_tls_refused"},
    ),
    "the service's password is changed in the server": Break(
        other_password,
        own_password,
        asked=(DATABASE,),
        caught={
            f"{DATABASE}::test_{name}"
            for name in (
                "tls_verified",
                "namespace_not_allowed_refused",
                "write_and_read",
                "read_from_replica",
                "replica_refuses_writes",
                "another_services_database_refused",
                "settings_are_the_specs",
                "version",
            )
        },
    ),
    "the service's way to the database is gone": Break(
        delete("networkpolicy", "allow-database", "connectivity-check"),
        make_again("NetworkPolicy::connectivity-check-allow-database"),
        asked=(
            f"{CLUSTER}::test_allowances_are_the_only_way",
            f"{CLUSTER}::test_default_deny",
            f"{DATABASE}::test_write_and_read",
            f"{CACHE}::test_write_and_read",
        ),
        caught={
            f"{CLUSTER}::test_allowances_are_the_only_way",
            f"{DATABASE}::test_write_and_read",
        },
    ),
    "the service's namespace takes whoever comes": Break(
        delete("networkpolicy", "default-deny", "connectivity-check"),
        make_again("NetworkPolicy::connectivity-check-default-deny"),
        asked=(
            f"{CLUSTER}::test_default_deny",
            f"{CLUSTER}::test_allowances_are_the_only_way",
            f"{DATABASE}::test_namespace_not_allowed_refused",
        ),
        caught={f"{CLUSTER}::test_default_deny"},
    ),
    "the default namespace is open": Break(
        delete("networkpolicy", "default-deny"),
        make_again("NetworkPolicy::baseline-default"),
        asked=(
            f"{CLUSTER}::test_default_deny",
            f"{CLUSTER}::test_allowances_are_the_only_way",
            f"{DATABASE}::test_namespace_not_allowed_refused",
            f"{CACHE}::test_namespace_not_allowed_refused",
        ),
        caught={
            f"{CLUSTER}::test_default_deny",
            f"{DATABASE}::test_namespace_not_allowed_refused",
            f"{CACHE}::test_namespace_not_allowed_refused",
        },
    ),
    "the database's replica is stopped": Break(
        lambda _: docker("stop", "database-replica"),
        lambda _: docker("start", "database-replica"),
        asked=(DATABASE,),
        caught={
            f"{DATABASE}::test_{name}"
            for name in (
                "tls_verified",
                "without_tls_refused",
                "read_from_replica",
                "replica_refuses_writes",
            )
        },
    ),
    "tags can be moved": Break(
        tags_movable,
        tags_immovable,
        asked=(REGISTRY,),
        caught={f"{REGISTRY}::test_tag_is_immutable"},
    ),
    "any namespace is let in": Break(
        delete("validatingadmissionpolicybinding", "alphintra-declared-namespaces"),
        make_again("ValidatingAdmissionPolicyBinding::baseline-declared-namespaces"),
        asked=(
            f"{CLUSTER}::test_undeclared_namespace_refused",
            f"{CLUSTER}::test_restricted_pods_only",
        ),
        caught={f"{CLUSTER}::test_undeclared_namespace_refused"},
    ),
}


def failing(platform: Platform, asked: tuple[str, ...], report: Path) -> set[str]:
    """The ids of the tests that fail, of those asked; none disturbs a server."""
    suite = f".venv/bin/python -m pytest {' '.join(asked)} --stack={STACK} --tb=line"
    said = platform.shell(f"{suite} -m 'not disruptive' --junitxml={report} || true")
    say(said)
    assert report.exists(), said
    cases = {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}": case
        for case in ElementTree.parse(report).iter("testcase")
        if case.find("skipped") is None
    }
    for wanted in asked:
        assert any(case.startswith(wanted) for case in cases), f"{wanted} did not run: {said}"
    failures = {"failure", "error"}
    return {name for name, case in cases.items() if failures & {part.tag for part in case}}


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_broken_is_caught(platform: Platform, what: str, tmp_path: Path):
    broken = BREAKS[what]
    broken.do(platform)
    try:
        caught = failing(platform, broken.asked, tmp_path / "report.xml")
    finally:
        broken.mend(platform)
    assert caught == broken.caught


def test_what_was_mended_is_whole(platform: Platform, tmp_path: Path):
    """All that was caught holds again."""
    caught = {test for broken in BREAKS.values() for test in broken.caught}
    assert failing(platform, tuple(sorted(caught)), tmp_path / "report.xml") == set()
