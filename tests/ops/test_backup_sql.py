"""What PostgreSQL is told when a backup is restored, and what is said of differences."""

from pathlib import Path
from typing import Any

import pytest

from ops.backup import contents, folders, postgres_restore, redis, registry, restore, settle
from ops.backup.cloud import gcp_backup, gcp_restore, gcp_verify
from ops.backup.manifest import Cache, Registry
from ops.backup.psql import literal, name
from ops.backup.verify import other_images, other_keys
from ops.commands import OpsError
from ops.stack import Stack
from tests.ops.fake import FakeHost, context

PROPERTIES: dict[str, Any] = {
    "owner": 'o"wner',
    "encoding": "UTF8",
    "collate": "C.UTF-8",
    "ctype": "C.UTF-8",
    "provider": "c",
    "icu": None,
    "connections": 7,
    "comment": "who's\\who",
    "grants": [[None, "CONNECT", False], ["a", "TEMPORARY", True]],
    "settings": [[None, ['search_path="$user", public']], ["a", ["work_mem=8MB", "x.y=it's"]]],
}


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(Stack("dev", "local", folder=tmp_path)).up()


def test_names_and_strings_are_quoted():
    assert name('a"; DROP TABLE x; --') == '"a""; DROP TABLE x; --"'
    assert literal("it's") == "'it''s'"
    assert literal("back\\slash'") == " E'back\\\\slash'''"


def test_a_database_gets_all_that_it_had():
    made = postgres_restore.creation("new", PROPERTIES)
    assert "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8'" in made
    assert "icu" not in made
    assert made.endswith('REVOKE ALL ON DATABASE "new" FROM PUBLIC;')
    lines = postgres_restore.adjustment("new", PROPERTIES).splitlines()
    assert lines == [
        'ALTER DATABASE "new" OWNER TO "o""wner";',
        'ALTER DATABASE "new" CONNECTION LIMIT 7;',
        "COMMENT ON DATABASE \"new\" IS  E'who''s\\\\who';",
        'REVOKE ALL ON DATABASE "new" FROM "o""wner";',
        'GRANT CONNECT ON DATABASE "new" TO PUBLIC;',
        'GRANT TEMPORARY ON DATABASE "new" TO "a" WITH GRANT OPTION;',
        'ALTER DATABASE "new" SET "search_path" TO "$user", public;',
        'ALTER ROLE "a" IN DATABASE "new" SET "work_mem" TO \'8MB\';',
        'ALTER ROLE "a" IN DATABASE "new" SET "x.y" TO \'it\'\'s\';',
    ]


def test_a_database_of_which_nobody_said_who_may_use_it():
    lines = postgres_restore.adjustment("new", {**PROPERTIES, "grants": None, "settings": None})
    assert lines.endswith('GRANT CONNECT, TEMPORARY ON DATABASE "new" TO PUBLIC;\n')


def test_an_icu_locale_is_kept():
    made = postgres_restore.creation("new", {**PROPERTIES, "provider": "i", "icu": "de-DE"})
    assert "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'" in made


def test_differences_are_named():
    then = {"same": (1, "1"), "grown": (1, "1"), "changed": (2, "5"), "lost": (3, "7")}
    now = {"same": (1, "1"), "grown": (2, "9"), "changed": (2, "6"), "more": (4, "0")}
    assert postgres_restore.differences(then, now) == [
        "changed: 2 rows as then, but of other content",
        "grown: 1 rows then, 2 now",
        "lost (3 rows) is missing",
        "more (4 rows) is new",
    ]
    assert list(other_keys(Cache({"db0": [2, 0]}, "a", 0), Cache({"db0": [2, 0]}, "b", 0))) == [
        "cache: as many keys as then, but of other content"
    ]
    assert list(other_keys(Cache({"db0": [2, 0]}, "a", 0), Cache({}, "b", 0))) == [
        "cache db0: 2 keys then, 0 now"
    ]
    then_tags, now_tags = {"a:1": "x", "b:1": "y"}, {"a:1": "z", "c:1": "w"}
    assert list(other_images(Registry([], then_tags), Registry([], now_tags))) == [
        "registry: a:1 is another",
        "registry: b:1 is gone",
        "registry: c:1 is new",
    ]


def test_tags_are_read_from_their_links():
    links = {
        "./team/app/_manifests/tags/v1/current/link": "sha256:1",
        "./team/app/_manifests/tags/v1/index/sha256/1/link": "sha256:1",
        "./team/app/_layers/sha256/2/link": "sha256:2",
    }
    assert registry.tags(links) == {"team/app:v1": "sha256:1"}


def test_a_dumps_name_is_one_of_a_file():
    assert contents.dump_name("a/../b c") == "postgres/a%2F..%2Fb%20c.dump"


def test_a_file_must_be_named_and_those_there_are_listed(host: FakeHost):
    with pytest.raises(OpsError, match=r"name the backup\. There is none in "):
        contents.chosen_file(context(host))
    folder = host.stack.folder / "backups"
    folder.mkdir()
    older, newer = (folder / f"dev-2026-0{month}-01T000000Z.tar.age" for month in (1, 2))
    for file in (older, newer):
        file.touch()
    with pytest.raises(OpsError, match=rf"FILE=backups/{older.name}"):
        contents.chosen_file(context(host))
    assert contents.chosen_file(context(host), newest=True).parent == folder
    with pytest.raises(OpsError, match="there is no file"):
        contents.chosen_file(context(host, file="nonesuch"))
    assert contents.chosen_file(context(host, file=str(older))) == older


def test_nobody_is_asked_where_nobody_is(host: FakeHost):
    with pytest.raises(OpsError, match="make restore FILE=b FORCE=1"):
        restore.confirm(context(host, file="b"))


def test_a_mark_is_there_only_while_a_restore_is(host: FakeHost):
    assert not settle.marked(context(host))
    settle.settle(context(host))
    assert not [one for one in host.asked if one[:2] == ["docker", "exec"]]
    host.volumes[settle.mark_name(context(host))] = settle.mark_name(context(host))
    assert settle.marked(context(host))


def test_what_is_switched_is_what_the_servers_read():
    assert folders.DATA == {"cache": redis.AOF_FOLDER, "registry": "docker"}


@pytest.mark.parametrize("verb", [gcp_backup, gcp_restore, gcp_verify])
def test_on_google_cloud_each_service_has_its_own(host: FakeHost, verb: Any):
    host.stack = Stack("prod", "gcp", project="mine", region="europe-west1")
    with pytest.raises(OpsError, match=r"gcloud sql .*--project=mine"):
        verb(context(host))
    assert host.everything == []
