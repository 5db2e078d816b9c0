"""A session with PostgreSQL: psql in a server's container, which takes statements as they come."""

import json
import subprocess
import tempfile
from types import TracebackType
from typing import Any, Self

from ops.backup import streams
from ops.backup.throwaway import Container
from ops.commands import OpsError

ADMIN = "postgres"
PSQL = ("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", f"--username={ADMIN}")
STOPS = "--set=ON_ERROR_STOP=1"
DONE = "-- that was the answer --"


class Session:
    """What is asked in it sees the settings and the transaction of what was asked before."""

    def __init__(self, server: Container, database: str) -> None:
        # By the environment: as an argument, a name with `=` would be a connection string.
        command = server.command(*PSQL, STOPS, env=("PGDATABASE",), interactive=True)
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = server.commands.start(
            command, stdout=subprocess.PIPE, stderr=self._words, env={"PGDATABASE": database}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        streams.end(self._process)
        self._words.close()

    def ask(self, sql: str) -> list[str]:
        """Run statements; the lines that they print. Raises OpsError with the server's words."""
        assert self._process.stdin and self._process.stdout
        lines: list[str] = []
        try:
            self._process.stdin.write(f"{sql}\n\\echo '{DONE}'\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self._process.stdout:
            text = line.decode(errors="surrogateescape").rstrip("\n")
            if text == DONE:
                return lines
            lines.append(text)
        self._process.wait()
        raise OpsError(f"PostgreSQL: {streams.said(self._words) or 'the session has ended'}")

    def rows(self, sql: str) -> list[Any]:
        """The values of a query whose rows are JSON, one value each."""
        return [json.loads(line) for line in self.ask(sql)]


def name(text: str) -> str:
    """As an SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """As an SQL string."""
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"
