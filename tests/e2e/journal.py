"""A client that writes 1, 2, 3 … and keeps a journal of what the server acknowledged.

It is no process of the machine that the server runs on, and its journal is on another disk: what it
says was acknowledged stands, whatever happens there.
"""

# redis-py types its commands partly.
# pyright: reportUnknownMemberType=false

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.e2e.machine import Machine

ROLE, DATABASE = "trading_api", "trading"
"""A service's role and user, and what it owns: not the administrator's."""
PATIENCE_SECONDS = 3
PAUSE_SECONDS = 0.01
GONE = (psycopg.Error, redis.RedisError, OSError)


class Store(Protocol):
    """A server that is connected to."""

    def put(self, number: int) -> None:
        """Return once the server has acknowledged it."""
        ...

    def numbers(self) -> set[int]:
        """All that it has."""
        ...

    def close(self) -> None: ...


class Rows:
    """In PostgreSQL: acknowledged is what is committed (`synchronous_commit` is on)."""

    def __init__(self, machine: Machine, outputs: Mapping[str, Any], authority: Path) -> None:
        with machine.network():
            self._server = psycopg.connect(
                host="127.0.0.1",
                port=5432,
                user=ROLE,
                dbname=DATABASE,
                password=outputs["database_passwords"][ROLE],
                sslmode="verify-full",
                sslrootcert=str(authority),
                connect_timeout=PATIENCE_SECONDS,
                tcp_user_timeout=PATIENCE_SECONDS * 1000,
                options=f"-cstatement_timeout={PATIENCE_SECONDS}s",
                autocommit=True,
            )
        self._server.execute("CREATE TABLE IF NOT EXISTS journal (number bigint PRIMARY KEY)")

    def put(self, number: int) -> None:
        self._server.execute("INSERT INTO journal VALUES (%s)", (number,))

    def numbers(self) -> set[int]:
        return {row[0] for row in self._server.execute("SELECT number FROM journal")}

    def close(self) -> None:
        self._server.close()


class Keys:
    """In Redis: acknowledged is what its reply is `OK` to. It has then handed it to the system, and
    has the system write it to the disk each second (`appendfsync everysec`)."""

    def __init__(self, machine: Machine, outputs: Mapping[str, Any], authority: Path) -> None:
        with machine.network():
            self._server = redis.Redis(
                host="127.0.0.1",
                port=6379,
                username=ROLE,
                password=outputs["cache_passwords"][ROLE],
                ssl=True,
                ssl_ca_certs=str(authority),
                socket_timeout=PATIENCE_SECONDS,
                single_connection_client=True,  # connected here, once
                retry=Retry(NoBackoff(), 0),
            )
            self._server.ping()

    def put(self, number: int) -> None:
        self._server.sadd("journal", number)

    def numbers(self) -> set[int]:
        members: set[bytes] = self._server.smembers("journal")  # pyright: ignore[reportAssignmentType, reportUnknownVariableType]
        return {int(member) for member in members}

    def close(self) -> None:
        self._server.close()


class Writer(threading.Thread):
    """Writes until `stop`, through every interruption: a number that was not acknowledged is not
    tried again, and the next goes to a new connection."""

    def __init__(self, connect: Callable[[], Store], journal: Path) -> None:
        super().__init__(daemon=True)
        self.connect = connect
        self.journal = journal
        self.refused = ""
        """What the last number was not acknowledged for."""
        self._over = threading.Event()

    def run(self) -> None:
        store: Store | None = None
        number = 0
        with self.journal.open("w") as journal:
            while not self._over.wait(PAUSE_SECONDS):
                number += 1
                try:
                    store = store or self.connect()
                    store.put(number)
                except GONE as error:
                    self.refused = str(error)
                    if store:
                        store.close()
                    store = None
                    self._over.wait(0.2)
                    continue
                journal.write(f"{number} {time.monotonic()}\n")
                journal.flush()
                os.fsync(journal.fileno())

    def acknowledged(self) -> dict[int, float]:
        """Number → when (`time.monotonic`)."""
        whole = self.journal.read_text().rpartition("\n")[0]
        pairs = (line.split() for line in whole.splitlines())
        return {int(number): float(when) for number, when in pairs}

    def wait_for_more(self, seconds: float = 60) -> None:
        """Wait until it writes (again)."""
        before, deadline = self.journal.stat().st_size, time.monotonic() + seconds
        while self.journal.stat().st_size == before:
            assert time.monotonic() < deadline, f"no write within {seconds} s: {self.refused}"
            assert self.is_alive(), "the writer has ended"
            time.sleep(0.1)

    def lost(self) -> dict[int, float]:
        """What was acknowledged and is not there any more, and when it was."""
        told = self.acknowledged()  # before: what is written meanwhile may be there
        store = self.connect()
        try:
            there = store.numbers()
        finally:
            store.close()
        return {number: when for number, when in told.items() if number not in there}

    def stop(self) -> None:
        self._over.set()
        self.join()
