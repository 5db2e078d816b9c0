"""What somebody names in the settings stays a name in SQL, in Redis' and HAProxy's files: a hostile
one is refused by the spec, and what the spec takes has no sign that means anything there."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components import cache, cluster, database, service
from components.baseline import Group
from components.cache.config import BLOCKED, rules
from components.database.postgres import (
    PostgresDatabaseProvider,
    PostgresRoleProvider,
    quoted,
)
from components.proxy import tcp_configuration
from tests.components.fake_host import FakeHost, install
from tests.stacks.configurations import TEXTS

NAMES: dict[str, Any] = {
    "a database": database.DatabaseName,
    "a role": database.RoleName,
    "a user of the cache": cache.Name,
    "a service": service.ServiceName,
    "a pool": cluster.PoolName,
    "a freeze or an image": cluster.Name,
    "a key's version": cluster.KeyVersion,
    "a service account": database.ServiceAccount,
}
HARMLESS = re.compile(r"[a-z0-9][a-z0-9_@.-]{0,99}")
"""Means nothing to a shell, make, SQL within quotes, a URL, YAML or HAProxy, and is no option."""
PASSWORD = "s3cret"


def takes(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_refused(name: str):
    taken = {text for text in TEXTS if takes(NAMES[name], text)}
    assert all(HARMLESS.fullmatch(text) for text in taken)
    assert not takes(NAMES[name], "a\n")
    assert not takes(NAMES[name], "x" * 300)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_spec_takes_is_harmless(name: str):
    @settings(max_examples=50, deadline=None)
    @given(st.text(max_size=40))
    @example("é")
    @example("a\u200b")
    @example("a;b")
    def run(text: str) -> None:
        assert not takes(NAMES[name], text) or HARMLESS.fullmatch(text)

    run()


def test_a_group_has_neither_white_space_nor_invisible_signs():
    """Kubernetes takes it as data, not as text to be read again."""
    taken = {text for text in TEXTS if takes(Group, text)}
    assert taken
    assert all(text.isascii() and text.isprintable() and " " not in text for text in taken)


@settings(deadline=None)
@given(st.text(max_size=40))
@example('order"; DROP DATABASE trading; --')
def test_a_quoted_name_is_read_back_as_it_was(name: str):
    inside = re.fullmatch(r'"((?:[^"]|"")*)"', quoted(name))
    assert inside
    assert inside[1].replace('""', '"') == name


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    host = install(monkeypatch, "components.database.postgres")
    host.answers["docker exec"] = ""
    return host


@pytest.mark.parametrize("name", ["order", "user", "select", "default", "a" * 63])
def test_a_word_of_sql_is_a_name_in_every_statement(docker: FakeHost, name: str):
    assert takes(database.RoleName, name)
    role = {"container": "db", "role": name, "password": PASSWORD}
    base = {"container": "db", "database": name, "owner": name}
    PostgresRoleProvider().create(dict(role))
    PostgresDatabaseProvider().create(dict(base))
    PostgresDatabaseProvider().delete(name, base)
    PostgresRoleProvider().delete(name, role)
    for statement in docker.stdins:
        apart = re.findall(rf"(?<![\w\"']){name}(?![\w\"'])", statement or "")
        assert apart == [], statement


@pytest.mark.parametrize("user", ["order", "on", "nopass", "allkeys", "reset"])
def test_a_users_rules_say_what_they_are_to_say(user: str):
    """As Redis reads them: words apart by blanks; the name is the first and no rule."""
    first, *words = f"{user} {rules(user, PASSWORD)}".split(" ")
    assert first == user
    assert PASSWORD not in words
    on, digest, *allowed = words
    assert on == "on"
    assert re.fullmatch(r"#[0-9a-f]{64}", digest)
    assert allowed == ["~*", "&*", "+@all", *(f"-{command}" for command in BLOCKED)]


@given(st.dictionaries(st.integers(1024, 65535), st.ip_addresses(v=4).map(str), max_size=4))
def test_haproxy_is_told_of_its_routes_and_nothing_else(routes: dict[int, str]):
    text = tcp_configuration({port: f"{address}:5432" for port, address in routes.items()})
    servers = re.findall(r"^  server (\d+) ([0-9.]+):5432$", text, re.MULTILINE)
    assert servers == [(str(port), address) for port, address in routes.items()]
    assert text.count("\nlisten ") == text.count("\n  bind ") == len(routes)
