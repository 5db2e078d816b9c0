"""When the replica copies its primary's data, and when it keeps what it has: its scripts, with the
programs that they call replaced."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.database.server_files import script

STUBS = {
    "psql": """
case "$*" in
  *IDENTIFY_SYSTEM*) test -e {host}/primary ;;
  *DROP_REPLICATION_SLOT*) echo drop >> {host}/log ;;
  *pg_stat_wal_receiver*) if test -e {host}/streaming; then echo streaming; fi ;;
esac""",
    "pg_basebackup": "mkdir new; echo fresh > new/PG_VERSION; echo copy >> {host}/log",
    "pg_isready": "test -e {host}/ready",
    "install": "cp {host}/password {host}/shm/",
    "bash": 'if [ "$1" = {host}/start-server ]; then shift; echo "start $PGDATA $*" >> {host}/log; '
    'else exec /bin/bash "$@"; fi',
    "kill": 'echo "kill $*" >> {host}/log',
}


@dataclass
class Replica:
    """A container's file system in a folder."""

    host: Path

    @property
    def data(self) -> Path:
        return self.host / "data"

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        text = script(name)
        for path, instead in {
            "/var/lib/postgresql/data": self.data,
            "/etc/postgresql": self.host,
            "/dev/shm": self.host / "shm",
            "  kill -INT 1": f"  {self.host}/bin/kill -INT 1",  # not the shell's own
        }.items():
            text = text.replace(path, str(instead))
        path = f"{self.host / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            ["/bin/bash", "-c", text, name],
            env={"PATH": path, "PRIMARY": "host=primary", "SLOT": "replica"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def set(self, **facts: bool) -> None:
        for name, is_so in facts.items():
            path = self.host / name
            path.touch() if is_so else path.unlink(missing_ok=True)

    def holds(self, text: str, *, proven: bool = True) -> None:
        (self.data / "copy").mkdir()
        (self.data / "copy" / "PG_VERSION").write_text(text)
        if not proven:
            (self.data / "unproven").touch()

    def followed(self, seconds_ago: float) -> None:
        stamp = self.host / "shm" / "following"
        stamp.touch()
        then = time.time() - seconds_ago
        os.utime(stamp, (then, then))

    @property
    def log(self) -> list[str]:
        path = self.host / "log"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def version(self) -> str:
        return (self.data / "copy" / "PG_VERSION").read_text().strip()


@pytest.fixture
def replica(tmp_path: Path) -> Replica:
    for folder in ("bin", "data", "shm"):
        (tmp_path / folder).mkdir()
    (tmp_path / "password").touch()
    for name, body in STUBS.items():
        stub = tmp_path / "bin" / name
        stub.write_text(f"#!/bin/sh\n{body.replace('{host}', str(tmp_path))}\n")
        stub.chmod(0o755)
    return Replica(tmp_path)


def test_at_first_it_copies_and_then_starts_as_a_standby(replica: Replica):
    replica.set(primary=True)
    assert replica.run("start-replica").returncode == 0
    assert replica.log[:2] == ["drop", "copy"]
    (started,) = replica.log[2:]
    assert started.startswith(f"start {replica.data}/copy -cprimary_conninfo=host=primary ")
    assert "-cprimary_slot_name=replica" in started
    assert (replica.data / "copy" / "standby.signal").exists()
    assert not (replica.data / "new").exists()


def test_a_copy_that_was_cut_short_is_not_taken_for_one(replica: Replica):
    (replica.data / "new").mkdir()
    (replica.data / "new" / "half").touch()
    replica.set(primary=True)
    assert replica.run("start-replica").returncode == 0
    assert replica.version == "fresh"
    assert not (replica.data / "copy" / "half").exists()


@pytest.mark.parametrize("primary", [True, False])
def test_a_copy_that_has_followed_is_kept(replica: Replica, primary: bool):
    replica.holds("old")
    replica.set(primary=primary)
    assert replica.run("start-replica").returncode == 0
    assert replica.version == "old"


@pytest.mark.parametrize(("primary", "version"), [(True, "fresh"), (False, "old")])
def test_one_that_never_followed_is_made_anew_if_there_is_a_primary(
    replica: Replica, primary: bool, version: str
):
    replica.holds("old", proven=False)
    replica.set(primary=primary)
    assert replica.run("start-replica").returncode == 0
    assert replica.version == version


def test_a_start_counts_as_unproven_until_it_follows(replica: Replica):
    replica.holds("old")
    replica.run("start-replica")
    assert (replica.data / "unproven").exists()
    replica.set(ready=True, streaming=True)
    assert replica.run("replica-health").returncode == 0
    assert not (replica.data / "unproven").exists()


def test_it_is_healthy_while_its_primary_is_away(replica: Replica):
    replica.holds("old")
    replica.followed(3600)
    replica.set(ready=True, primary=False)
    assert replica.run("replica-health").returncode == 0
    assert replica.log == []
    replica.set(primary=True)  # back, and has a minute from now on
    assert replica.run("replica-health").returncode == 0
    assert replica.log == []


@pytest.mark.parametrize(("seconds", "ends"), [(30, False), (150, True)])
def test_it_ends_when_it_has_not_followed_a_primary_that_is_there(
    replica: Replica, seconds: float, ends: bool
):
    replica.holds("old")
    replica.followed(seconds)
    replica.set(ready=True, primary=True)
    assert replica.run("replica-health").returncode == 0
    assert replica.log == (["kill -INT 1"] if ends else [])
    assert (replica.data / "unproven").exists() is ends


def test_it_is_unhealthy_when_it_answers_no_reads(replica: Replica):
    replica.holds("old")
    replica.set(ready=False, primary=True)
    assert replica.run("replica-health").returncode != 0
