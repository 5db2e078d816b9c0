"""What a cache does before its server starts: its script, with the programs it calls replaced."""

import os
import subprocess
from pathlib import Path

import pytest

from components.cache.local import SCRIPT

WHOLE = b"*1\r\n$4\r\nPING\r\n"
AOF = "appendonly.aof.1.incr.aof"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    programs = {
        "redis-check-aof": 'read -r yes; echo "$yes $*" >> ../log',
        "docker-entrypoint.sh": 'echo "start $*" >> ../log',
    }
    for name, script in programs.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def start(data: Path) -> list[str]:
    """What was done, in order."""
    subprocess.run(
        ["sh", "-c", SCRIPT, "start-server", "redis-server", "/etc/redis/redis.conf"],
        cwd=data,
        env={**os.environ, "PATH": f"{data.parent / 'bin'}:{os.environ['PATH']}"},
        check=True,
    )
    return (data.parent / "log").read_text().splitlines()


STARTED = "start redis-server /etc/redis/redis.conf"


def test_the_first_start_has_nothing_to_look_at(data: Path):
    assert start(data) == [STARTED]


@pytest.mark.parametrize("content", [b"", WHOLE, WHOLE[:-3]], ids=["empty", "whole", "cut short"])
def test_what_redis_reads_by_itself_is_left_to_it(data: Path, content: bytes):
    (data / "appendonlydir").mkdir()
    (data / "appendonlydir" / AOF).write_bytes(content)
    assert start(data) == [STARTED]


@pytest.mark.parametrize("zeros", [1, 228, 4096])
def test_zeros_at_the_end_are_cut_off_and_the_file_is_kept_as_it_was(data: Path, zeros: int):
    (data / "appendonlydir").mkdir()
    found = WHOLE + bytes(zeros)
    (data / "appendonlydir" / AOF).write_bytes(found)
    assert start(data) == ["y --fix appendonlydir/appendonly.aof.manifest", STARTED]
    assert (data / f"{AOF}.before-the-cut").read_bytes() == found
