"""Backup, verification and restore of the stack that is up, while it is written to."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.backup.sealed import make_key
from tests.e2e.conftest import STACK, Platform, run

DATABASE, CACHE = f"alphintra-{STACK}-database", f"alphintra-{STACK}-cache"
TABLE = """
CREATE TABLE ledger (id bigint PRIMARY KEY, note text NOT NULL, at timestamptz DEFAULT now());
INSERT INTO ledger SELECT g, md5(g::text) FROM generate_series(1, 5000) g;
"""
TOTALS = "SELECT count(*), sum(hashtextextended(note, id)) FROM ledger WHERE id BETWEEN 1 AND 5000"
REDIS = (
    'REDISCLI_AUTH="$(cat /etc/redis/password)" '
    "redis-cli -p 6378 --tls --cacert /etc/redis/ca.pem --user platform-admin"
)


def psql(sql: str, database: str = "trading") -> str:
    command = ["docker", "exec", "--interactive", DATABASE, "psql", "--username=postgres"]
    flags = ["--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]
    return run(*command, f"--dbname={database}", *flags, stdin=sql).strip()


def redis(line: str) -> str:
    return run("docker", "exec", CACHE, "sh", "-c", f"{REDIS} {line}").strip()


def folder(platform: Platform) -> Path:
    return Path(platform.stack.workspace.work_dir)


def ops(platform: Platform, words: str, key: str = "backup-key") -> subprocess.Popen[str]:
    """A command that has begun, with what it prints."""
    command = f". .toolchain/env && exec .venv/bin/python -m ops {words} -s {STACK} --key {key}"
    return subprocess.Popen(
        ["sh", "-c", command],
        cwd=folder(platform),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def done(platform: Platform, words: str, key: str = "backup-key") -> tuple[int, str]:
    """A command's exit code, and all that it printed."""
    with ops(platform, words, key) as process:
        printed, _ = process.communicate(timeout=600)
    return process.returncode, printed


@contextmanager
def writer() -> Generator[None]:
    """Somebody who writes all the while, to both servers."""
    ended = threading.Event()
    wrote: list[int] = []

    def work() -> None:
        while not ended.is_set():
            number = 5001 + len(wrote)
            psql(f"INSERT INTO ledger VALUES ({number}, 'meanwhile')")
            redis(f"SET meanwhile:{number} x EX 1000")
            wrote.append(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert wrote, "nothing was written meanwhile"


def backup_containers() -> list[str]:
    label = "--filter=label=io.alphintra.component=backup"
    mine = f"--filter=label=io.alphintra.stack={STACK}"
    return run("docker", "ps", "--all", "--format={{.Names}}", label, mine).split()


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def databases() -> set[str]:
    return set(psql("SELECT datname FROM pg_database WHERE NOT datistemplate", "postgres").split())


def passwords() -> str:
    query = "SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin ORDER BY 1"
    return psql(query, "postgres")


@pytest.fixture(scope="module")
def made(platform: Platform) -> Path:
    """A backup that was made while somebody wrote."""
    psql(TABLE)
    redis("MSET kept:1 one kept:2 two")
    redis("SET kept:3 three EX 10000")
    with writer():
        code, words = done(platform, "backup --out b.tar.age")
    assert code == 0, words
    file = folder(platform) / "b.tar.age"
    assert f"Wrote {file}" in words
    assert "without the key nobody can open the backup" in words
    assert file.stat().st_mode & 0o777 == 0o600
    assert (folder(platform) / "backup-key").stat().st_mode & 0o777 == 0o600
    assert b"ledger" not in file.read_bytes()
    return file


def test_what_was_backed_up_while_it_was_written_to_is_restored_beside_it(
    platform: Platform, made: Path
):
    psql("INSERT INTO ledger VALUES (-1, 'after the backup')")
    code, words = done(platform, f"backup-verify --file {made}")
    assert code == 0, words
    assert "Restored, and as it was: " in words
    assert "trading: public.ledger: " in words, "what was written since is named"
    assert backup_containers() == []


@pytest.mark.parametrize("damage", ["cut", "altered", "another's key"])
def test_a_damaged_file_is_refused_whole(platform: Platform, made: Path, damage: str):
    content = bytearray(made.read_bytes())
    given = folder(platform) / "damaged.tar.age"
    if damage == "cut":
        del content[-1000:]
    elif damage == "altered":
        content[len(content) // 2] ^= 1
    given.write_bytes(content)
    key = "backup-key"
    if damage == "another's key":
        key = "other-key"
        make_key(folder(platform) / key)
    before = psql(TOTALS), redis("GET kept:1"), databases()
    code, words = done(platform, f"restore --force --file {given}", key)
    assert code == 1
    assert ("this key does not open" if damage == "another's key" else "is damaged") in words
    assert (psql(TOTALS), redis("GET kept:1"), databases()) == before
    assert backup_containers() == []


def test_a_killed_backup_leaves_nothing(platform: Platform, made: Path):
    with ops(platform, "backup --out k.tar.age") as process:
        eventually(lambda: bool(backup_containers()))
        process.kill()
    assert not (folder(platform) / "k.tar.age").exists()
    eventually(lambda: not backup_containers())


@pytest.mark.thorough
def test_a_killed_restore_is_brought_to_its_end(platform: Platform, made: Path):
    before = psql(TOTALS)
    with ops(platform, f"restore --force --file {made}") as process:
        eventually(lambda: any(one.startswith("alphintra_restoring") for one in databases()))
        process.kill()
    assert psql(TOTALS) == before
    code, words = done(platform, "backup --out again.tar.age")
    assert code == 0, words
    assert "A restore was cut short before it replaced anything" in words
    assert not [one for one in databases() if one.startswith("alphintra_")]


def test_what_was_lost_comes_back(platform: Platform, made: Path):
    before = psql(TOTALS)
    kept = passwords()
    psql("DROP TABLE ledger")
    redis("DEL kept:1 kept:3")
    redis("SET new x")
    code, words = done(platform, f"restore --force --file {made}")
    assert code == 0, words
    assert "database trading: replaced" in words
    assert psql(TOTALS) == before
    assert redis("MGET kept:1 kept:2 kept:3 new").split() == ["one", "two", "three"]
    assert 0 < int(redis("TTL kept:3")) <= 10000
    assert not [one for one in databases() if one.startswith("alphintra_")]
    assert passwords() == kept, "services' passwords are as they were"
    assert backup_containers() == []


def test_the_doctor_finds_the_stack_well(platform: Platform):
    line = f". .toolchain/env && .venv/bin/python -m ops doctor --json -s {STACK}"
    said = run("sh", "-c", line, cwd=str(folder(platform)))
    states = {name: finding["state"] for name, finding in json.loads(said).items()}
    assert {states[name] for name in ("docker", "ports", "networks", "containers", "clock")} == {
        "ok"
    }
