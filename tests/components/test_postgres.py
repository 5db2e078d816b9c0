"""Roles and databases inside a PostgreSQL container."""

import pytest

from components.command import CommandError
from components.database.postgres import PostgresDatabaseProvider, PostgresRoleProvider
from tests.components.fake_host import NO_CONTAINER, FakeHost, install
from tests.scram import PASSWORD, VERIFIER

ROLE = {"container": "db", "role": "trader", "password": PASSWORD}
DATABASE = {"container": "db", "database": "trading", "owner": "trader"}


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    host = install(monkeypatch, "components.database.postgres")
    host.answers["docker exec"] = ""
    return host


def test_a_password_goes_in_by_standard_input_only(docker: FakeHost):
    PostgresRoleProvider().create(dict(ROLE))
    assert all("s3cret" not in command for command in docker.commands)
    assert "PASSWORD 's3cret'" in docker.stdins[0]


def test_creating_twice_is_no_error_in_sql(docker: FakeHost):
    PostgresRoleProvider().create(dict(ROLE))
    PostgresDatabaseProvider().create(dict(DATABASE))
    role, database = docker.stdins
    assert "WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trader') \\gexec" in role
    assert (
        "WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'trading') \\gexec" in database
    )


def test_only_the_owner_may_connect(docker: FakeHost):
    PostgresDatabaseProvider().create(dict(DATABASE))
    assert 'REVOKE ALL ON DATABASE "trading" FROM PUBLIC' in docker.stdins[0]
    assert 'OWNER TO "trader"' in docker.stdins[0]


def test_read_finds_what_is_there_and_what_is_not(docker: FakeHost):
    docker.answers["docker exec"] = f"{VERIFIER}\n"
    assert PostgresRoleProvider().read("trader", dict(ROLE)).id == "trader"
    docker.answers["docker exec"] = "\n"
    assert PostgresRoleProvider().read("trader", dict(ROLE)).id is None
    docker.answers["docker exec"] = "trading\n"
    assert PostgresDatabaseProvider().read("trading", dict(DATABASE)).id == "trading"
    docker.answers["docker exec"] = NO_CONTAINER
    assert PostgresDatabaseProvider().read("trading", dict(DATABASE)).id is None


def test_what_was_changed_by_hand_counts_as_gone(docker: FakeHost):
    """PostgreSQL finds only what is as it was made; to make it again puts it right."""
    docker.answers["docker exec"] = f"{VERIFIER}\n"
    changed = {**ROLE, "password": "another"}
    assert PostgresRoleProvider().read("trader", changed).id is None
    PostgresDatabaseProvider().read("trading", dict(DATABASE))
    role, database = docker.stdins
    for part in ("rolcanlogin", "NOT rolreplication", "NOT rolsuper"):
        assert part in role
    assert "pg_get_userbyid(datdba) = 'trader'" in database and "grantee = 0" in database


def test_delete_is_done_when_the_server_is_gone(docker: FakeHost):
    docker.answers["docker exec"] = NO_CONTAINER
    PostgresRoleProvider().delete("trader", dict(ROLE))
    PostgresDatabaseProvider().delete("trading", dict(DATABASE))
    assert len(docker.commands) == 2


def test_delete_that_fails_is_an_error(docker: FakeHost):
    docker.answers["docker exec"] = CommandError("role trader owns objects")
    with pytest.raises(CommandError, match="owns objects"):
        PostgresRoleProvider().delete("trader", dict(ROLE))


def test_only_a_role_that_may_replicate_is_given_that(docker: FakeHost):
    PostgresRoleProvider().create(dict(ROLE))
    PostgresRoleProvider().create({**ROLE, "may_replicate": True})
    plain, replicator = docker.stdins
    assert "LOGIN NOREPLICATION PASSWORD" in plain
    assert "LOGIN REPLICATION PASSWORD" in replicator
    diff = PostgresRoleProvider().diff("trader", ROLE, {**ROLE, "may_replicate": True})
    assert (diff.changes, diff.replaces) == (True, [])


def test_diff_updates_in_place_what_it_can():
    role, database = PostgresRoleProvider(), PostgresDatabaseProvider()
    assert role.diff("trader", ROLE, ROLE).changes is False
    changed = role.diff("trader", ROLE, {**ROLE, "password": "another"})
    assert (changed.changes, changed.replaces) == (True, [])
    assert role.diff("trader", ROLE, {**ROLE, "role": "clerk"}).replaces == ["role"]
    moved = database.diff("trading", DATABASE, {**DATABASE, "owner": "clerk"})
    assert (moved.changes, moved.replaces) == (True, [])
