"""What is told to servers while they run."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from components.cache.server_settings import RedisSettingsProvider
from components.command import CommandError
from components.database.server_settings import PostgresSettingsProvider
from tests.components.fake_host import NO_CONTAINER, FakeHost, install

POSTGRES: dict[str, Any] = {"container": "db", "settings": {"work_mem": "4096"}}
REDIS: dict[str, Any] = {
    "container": "cache",
    "settings": {"maxmemory": "1", "save": "900 1 300 10"},
    "users": {"auth": "on #abc ~* +@all"},
    "access_list": None,
}
ACL = ["user auth on #abc ~* +@all", "user default on #d", "user platform-admin on #p"]
IN_ORDER = sorted(" ".join(sorted(line.split())) for line in ACL)


class TestPostgres:
    """By ALTER SYSTEM."""

    @pytest.fixture
    def docker(self, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
        host = install(monkeypatch, "components.database.postgres")
        host.answers["docker exec"] = json.dumps({"work_mem": "4096"})
        return host

    def test_it_is_told_what_is_wanted_and_nothing_else(self, docker: FakeHost):
        PostgresSettingsProvider().create(POSTGRES)
        assert docker.stdins == [
            "ALTER SYSTEM RESET ALL;\nALTER SYSTEM SET work_mem = '4096';\nSELECT pg_reload_conf();"
        ]

    def test_read_finds_another_value_and_what_nobody_asked_for(self, docker: FakeHost):
        provider = PostgresSettingsProvider()
        read = provider.read("db", POSTGRES)
        assert read.outs and not provider.diff("db", read.outs, POSTGRES).changes
        for found in ({"work_mem": "1"}, {"work_mem": "4096", "log_statement": "all"}):
            docker.answers["docker exec"] = json.dumps(found)
            read = provider.read("db", POSTGRES)
            diff = provider.diff("db", read.outs or {}, POSTGRES)
            assert (diff.changes, diff.replaces) == (True, [])
        assert "'work_mem'" in docker.stdins[-1] and "postgresql.auto.conf" in docker.stdins[-1]

    def test_it_is_gone_with_its_server(self, docker: FakeHost):
        docker.answers["docker exec"] = NO_CONTAINER
        assert PostgresSettingsProvider().read("db", POSTGRES).id is None
        docker.answers["docker exec"] = CommandError("the server is starting")
        with pytest.raises(CommandError, match="starting"):
            PostgresSettingsProvider().read("db", POSTGRES)


class TestRedis:
    """By CONFIG SET and ACL SETUSER, and in a file for its next start."""

    @pytest.fixture
    def docker(self, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
        host = install(monkeypatch, "components.cache.server_settings")
        values = "maxmemory\n1\nsave\n900 1 300 10\n"

        def answer(_: Sequence[str]) -> str:
            typed = host.stdins[-1]
            answers = {
                "CONFIG GET": values,
                "ACL LIST": "\n".join(ACL) + "\n",
                "ACL USERS": "auth\ndefault\nplatform-admin\n",
            }
            return answers.get(" ".join(typed.split()[:2]), "OK\n")

        host.answers["docker exec"] = answer
        return host

    def test_it_is_told_and_written_for_the_next_start(self, docker: FakeHost):
        result = RedisSettingsProvider().create(REDIS)
        written, told, _ = docker.stdins
        assert written == "maxmemory 1\nuser auth reset on #abc ~* +@all\n", "redis.conf has `save`"
        assert told.splitlines() == [
            'CONFIG SET maxmemory "1" save "900 1 300 10"',
            "ACL SETUSER auth reset on #abc ~* +@all",
        ]
        assert result.outs and result.outs["access_list"] == IN_ORDER
        assert all("#abc" not in command for command in docker.commands)

    def test_a_user_that_is_wanted_no_more_is_removed(self, docker: FakeHost):
        """And neither of those that the server starts with."""
        RedisSettingsProvider().update("cache", REDIS, {**REDIS, "users": {}})
        told = docker.stdins[2].splitlines()
        assert [line for line in told if "DELUSER" in line] == ["ACL DELUSER auth"]

    def test_read_finds_another_value_and_other_users(self, docker: FakeHost):
        provider = RedisSettingsProvider()
        made = provider.create(REDIS).outs or {}
        read = provider.read("cache", made).outs or {}
        assert not provider.diff("cache", read, REDIS).changes
        changes: list[dict[str, Any]] = [
            {"settings": {**REDIS["settings"], "maxmemory": "2"}},
            {"access_list": []},
        ]
        for changed in changes:
            read = provider.read("cache", {**made, **changed}).outs or {}
            diff = provider.diff("cache", read, {**REDIS, **changed})
            assert (diff.changes, diff.replaces) == (True, [])

    def test_what_it_refuses_is_an_error(self, docker: FakeHost):
        docker.answers["docker exec"] = "ERR unknown command\n"
        with pytest.raises(CommandError, match="ERR unknown command"):
            RedisSettingsProvider().create(REDIS)

    def test_it_is_gone_with_its_server(self, docker: FakeHost):
        docker.answers["docker exec"] = NO_CONTAINER
        assert RedisSettingsProvider().read("cache", REDIS).id is None
