"""What every command of an operator gets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.commands import Commands, OpsError
from ops.stack import Stack


@dataclass(frozen=True)
class Row:
    """A line of the status table."""

    what: str
    state: str
    up: bool
    address: str = ""
    how: str = ""


@dataclass(frozen=True)
class Check:
    """One question of `health`. `ask` returns what was learnt, or raises OpsError with what is
    wrong."""

    name: str
    ask: Callable[[], str]
    decisive: bool = False
    """Whether nothing else can be asked where this fails."""


@dataclass(frozen=True)
class Context:
    stack: Stack
    commands: Commands
    target: "Target"
    interactive: bool = False
    """Whether somebody can be asked a question."""
    service: str | None = None
    """SERVICE=…, where a command takes one."""
    follow: bool = False
    force: bool = False
    project: str | None = None
    """PROJECT=… and REGION=… on Google Cloud, where they are not those of the stack's file."""
    region: str | None = None
    dry_run: bool = False
    file: str | None = None
    """FILE=…, OUT=… and KEY=…: the backup that is read, where one is written, what opens it."""
    out: str | None = None
    key: Path | None = None
    json: bool = False
    """Answer as JSON, for a program."""


Act = Callable[[Context], int]
"""Does something and returns the exit code."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """How each command goes on one target. Leave one out and `ops` does not start."""

    rows: Callable[[Context], list[Row]]
    drift: Callable[[Context], list[str]]
    """A line for each thing that somebody changed by hand."""
    checks: Callable[[Context], Iterable[Check]]
    preview: Act
    up: Act
    down: Act
    restart: Act
    backup: Act
    restore: Act
    backup_verify: Act
    logs: Mapping[str, Act]
    """Service → how its logs are shown."""
    shell: Mapping[str, Act]


def chosen(context: Context, table: Mapping[str, Act], verb: str) -> Act:
    """What `table` says of SERVICE=…; an unknown one is answered with those that there are."""
    if context.service and context.service in table:
        return table[context.service]
    given = f"there is no service {context.service!r}" if context.service else "name a service"
    allowed = "".join(f"\n  {context.stack.command(verb, SERVICE=service)}" for service in table)
    raise OpsError(f"{given}. Allowed:{allowed}")
