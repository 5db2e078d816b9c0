"""Changes of settings of what holds data: what changes in place, what takes a restart, and what is
refused before anything happens. Rows and keys stay, those too that are written meanwhile."""

import json
import re
import shutil
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.e2e.conftest import CONFIG, ROOT, STACK, Platform, run, say
from tests.e2e.test_drift import PREFIX, data_is_kept, ids, redis, sql

pytestmark = pytest.mark.usefixtures("rows")


@pytest.fixture(scope="module")
def rows(platform: Platform) -> Iterator[None]:
    """What must be there after each change; the settings are the stack's own again afterwards, but
    for the disk's."""
    sql(
        "CREATE TABLE IF NOT EXISTS kept AS SELECT generate_series(1, 1000) AS number;"
        "CREATE TABLE written (number bigint PRIMARY KEY);"
        "GRANT ALL ON written TO PUBLIC;"
    )
    redis("SET kept 1000")
    yield
    sql("DROP TABLE written;")
    given(platform, changed(database={"disk_gb": 30}))  # which does not shrink again
    platform.shell("make up")


def given(platform: Platform, config: dict[str, Any]) -> None:
    """Write the stack's file; what Pulumi itself keeps in it stays."""
    file = Path(platform.stack.workspace.work_dir) / f"Pulumi.{STACK}.yaml"
    settings = platform.stack.workspace.stack_settings(STACK)
    kept = {"encryptionsalt": settings.encryption_salt} if settings.encryption_salt else {}
    file.write_text(json.dumps({**kept, "config": config}))


def changed(**settings: dict[str, Any]) -> dict[str, Any]:
    """The stack's settings with some more in these components."""
    more = {
        f"alphintra:{component}": {**CONFIG.get(f"alphintra:{component}", {}), **values}
        for component, values in settings.items()
    }
    return {**CONFIG, **more}


class Writer:
    """A client that writes 1, 2, 3 … and notes what was acknowledged, and when."""

    def __init__(self, platform: Platform) -> None:
        self.acknowledged: list[int] = []
        self.longest_pause = 0.0
        authority = platform.kubeconfig.parent / "database-ca.pem"
        authority.write_text(platform.outputs["database_ca_certificate"])
        self._how: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": CONFIG["alphintra:database"]["host_port"],
            "user": "postgres",
            "password": platform.outputs["database_passwords"]["postgres"],
            "sslmode": "verify-full",
            "sslrootcert": str(authority),
            "connect_timeout": 2,
            "autocommit": True,
        }
        self._over = threading.Event()

    def run(self) -> None:
        number, last = 0, time.monotonic()
        while not self._over.is_set():
            try:
                with psycopg.connect(**self._how) as server:
                    while not self._over.is_set():
                        number += 1
                        server.execute("INSERT INTO written VALUES (%s)", (number,))
                        self.acknowledged.append(number)
                        self.longest_pause = max(self.longest_pause, time.monotonic() - last)
                        last = time.monotonic()
                        time.sleep(0.01)
            except psycopg.Error:
                time.sleep(0.1)

    def end(self) -> None:
        self._over.set()


@contextmanager
def writing(platform: Platform) -> Generator[Writer]:
    """A writer at work; afterwards, all that was acknowledged is there."""
    sql("TRUNCATE written;")
    writer = Writer(platform)
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        yield writer
    finally:
        writer.end()
        thread.join()
    there = {int(line) for line in sql("SELECT number FROM written;").split()}
    lost = set(writer.acknowledged) - there
    assert writer.acknowledged and not lost
    say(f"{len(writer.acknowledged)} writes, longest pause {writer.longest_pause:.1f} s, lost 0")


def up(platform: Platform, config: dict[str, Any]) -> set[str]:
    """Bring the stack up with `config` under writes; the containers and volumes that are others."""
    before = ids()
    given(platform, config)
    with writing(platform):
        platform.shell("make up")
    after = ids()
    data_is_kept()
    return {name for name in before | after if before.get(name) != after.get(name)}


IN_PLACE = changed(
    database={"work_mem_mb": 8, "effective_cache_size_mb": 512, "memory_gb": 5, "disk_gb": 30},
    cache={"memory_gb": 2, "eviction_policy": "noeviction", "users": ["reports"]},
)


def test_what_can_change_in_place_restarts_nothing(platform: Platform):
    assert up(platform, IN_PLACE) == set()
    for server in ("database", "database-replica"):
        assert sql("SHOW work_mem;", server).strip() == "8MB"
        memory = run("docker", "inspect", "--format={{.HostConfig.Memory}}", f"{PREFIX}-{server}")
        assert int(memory) == 5 << 30
    for server in ("cache", "cache-replica"):
        assert redis("CONFIG GET maxmemory", server).split()[-1] == str(2 << 30)
        assert "user reports on" in redis("ACL LIST", server)
    assert platform.stack.preview(expect_no_changes=True)


def test_what_a_service_is_given_changes_in_its_secret(platform: Platform):
    """It is never missing, and what the service has no more is gone from it."""
    get = ("get", "secret", "platform", "--namespace=auth", "--output=json")

    def secret() -> tuple[str, set[str]]:
        found = json.loads(platform.kubectl(*get))
        return found["metadata"]["uid"], set(found["data"])

    before, given_before = secret()
    less = {**IN_PLACE, "alphintra:services": {"auth": {"cache": False}}}
    assert up(platform, less) == set()
    after, given_after = secret()
    assert after == before
    assert given_before - given_after >= {"CACHE_URL", "CACHE_PASSWORD"}
    assert "DATABASE_URL" in given_after
    assert up(platform, IN_PLACE) == set()
    assert secret() == (before, given_before)


@pytest.mark.thorough
def test_they_are_in_force_after_a_restart(platform: Platform):
    platform.shell("make restart SERVICE=database && make restart SERVICE=cache")
    assert sql("SHOW work_mem;").strip() == "8MB"
    assert redis("CONFIG GET maxmemory-policy").split()[-1] == "noeviction"
    assert "user reports on" in redis("ACL LIST")
    assert "Changed by hand" not in platform.shell("make status")
    data_is_kept()


@pytest.mark.thorough
def test_what_takes_a_restart_keeps_the_data(platform: Platform):
    servers = {f"{PREFIX}-database", f"{PREFIX}-database-replica"}
    config = changed(database={"max_connections": 300, "disk_gb": 30})
    assert up(platform, config) == servers
    assert sql("SHOW max_connections;").strip() == "300"
    assert up(platform, changed(database={"disk_gb": 30})) == servers  # and back


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("settings", "servers"),
    [
        ({"database": {"host_port": 15999, "disk_gb": 30}}, {"database-way-in"}),
        (
            {"database": {"read_replica": False, "disk_gb": 30}},
            {"database-replica", "database-way-in"},
        ),
        ({"cache": {"highly_available": False}}, {"cache-replica"}),
    ],
    ids=["port", "no replica of the database", "no replica of the cache"],
)
def test_what_is_about_no_data_touches_none(
    platform: Platform, settings: dict[str, Any], servers: set[str]
):
    before = ids()
    given(platform, changed(**{"database": {"disk_gb": 30}, **settings}))
    platform.shell("make up")
    after = ids()
    data_is_kept()
    different = {name for name in before | after if before.get(name) != after.get(name)}
    assert {f"{PREFIX}-{name}" for name in servers} <= different
    assert not different & {f"{PREFIX}-{name}" for name in ("database", "cache")}
    given(platform, changed(database={"disk_gb": 30}))
    platform.shell("make up")


@pytest.mark.thorough
@pytest.mark.parametrize("image", ["postgres", "redis"])
def test_a_minor_update_of_an_image_keeps_the_data(platform: Platform, image: str):
    """Another image of the same version, as a security update is."""
    folder = Path(platform.stack.workspace.work_dir) / "images"
    catalog = (ROOT / "images" / "catalog.toml").read_text()
    (line,) = [one for one in catalog.splitlines() if "stand_in" in one and f"/{image}:" in one]
    present = line.split('"')[1]
    newer = f"{STACK}-update/{image}:1"
    run("docker", "build", "--tag", newer, "-", stdin=f"FROM {present}\nLABEL update=1\n")
    folder.unlink()
    shutil.copytree(ROOT / "images", folder)
    (folder / "catalog.toml").write_text(catalog.replace(present, newer))
    try:
        servers = {"postgres": "database", "redis": "cache"}[image]
        expected = {f"{PREFIX}-{servers}", f"{PREFIX}-{servers}-replica"}
        assert up(platform, changed(database={"disk_gb": 30})) == expected
    finally:
        shutil.rmtree(folder)
        folder.symlink_to(ROOT / "images")
        platform.shell("make up")
        run("docker", "rmi", newer)
    data_is_kept()


SMALLER = changed(database={"disk_gb": 10})
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a smaller disk": (
        SMALLER,
        "alphintra:database.disk_gb: given 10, and the stack has 30: no disk shrinks",
    ),
    "another block": (
        {**IN_PLACE, "alphintra:network": {"cidr": "10.71.0.0/16"}},
        "alphintra:network.cidr: given 10.71.0.0/16, and the stack has 10.",
    ),
    "a service taken away": (
        {**IN_PLACE, "alphintra:services": {"auth": None}},
        "alphintra:services: the database users is no service's any more: it would be dropped",
    ),
}


def refused(platform: Platform, line: str) -> None:
    """By `up` and by a preview, with the way out; nothing has changed then."""
    before = ids()
    for command in ("make up", "pulumi preview"):
        with pytest.raises(AssertionError) as error:
            platform.shell(f"{command} 2>&1")
        words = " ".join(str(error.value).split())
        assert line in words, words
        assert "nothing was changed" in words and "Traceback" not in words
    assert ids() == before
    data_is_kept()


@pytest.mark.thorough
@pytest.mark.parametrize("change", REFUSED)
def test_what_would_lose_data_is_refused(platform: Platform, change: str):
    given(platform, IN_PLACE)
    config, line = REFUSED[change]
    given(platform, config)
    refused(platform, line)


PROGRAMS = {
    "an older version": (
        "components/database/__init__.py",
        'version: Literal["15"] = "15"',
        'version: Literal["14"] = "14"',
        "alphintra:database.version: given 14, and the stack has 15: an older server can't read",
    ),
    "a renamed volume": (
        "stacks/kept.py",
        'DATABASE, CACHE = "registry", "database",',
        'DATABASE, CACHE = "registry", "db",',
        f"the program: it names the volume {PREFIX}-database-data no more: it would be removed",
    ),
}
"""What no setting can do today: file of the program, what stands there, what somebody makes of it,
and what is said."""


@pytest.mark.thorough
@pytest.mark.parametrize("change", PROGRAMS)
def test_a_program_that_would_lose_data_is_refused(platform: Platform, change: str):
    file, before, after, line = PROGRAMS[change]
    given(platform, IN_PLACE)
    folder = Path(platform.stack.workspace.work_dir) / file.split("/")[0]
    folder.unlink()
    shutil.copytree(ROOT / folder.name, folder)
    path = folder.parent / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    try:
        refused(platform, line)
    finally:
        shutil.rmtree(folder)
        folder.symlink_to(ROOT / folder.name)


@pytest.mark.thorough
def test_a_database_goes_when_its_name_says_so(platform: Platform):
    """And only that one."""
    config = {
        **IN_PLACE,
        "alphintra:services": {"auth": None},
        "alphintra:dropped_databases": ["users"],
    }
    given(platform, config)
    said = platform.shell("pulumi preview --color=never")
    assert re.search(r"PostgresDatabase +database-users +delete", said), said
    assert not re.search(r"(Volume|PostgresDatabase) +(?!database-users )\S+ +delete", said), said
