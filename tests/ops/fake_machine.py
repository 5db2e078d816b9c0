"""What a machine in good order answers to `make doctor`, whose questions `make up` asks first; and
that no container for a moment starts on it."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from ops.commands import Result

INFO = {"ServerVersion": "25.0", "MemTotal": 16 * 10**9, "SystemTime": ""}
HERE = sys.modules[__name__]
WANTED = {"cidr": "10.60.0.0/16", "ports": dict[str, str]()}


def answer(command: Sequence[str]) -> Result | None:
    """None if it is none of those questions."""
    match list(command):
        case ["docker", "info", "--format={{json .}}"]:
            return Result(0, json.dumps(INFO))
        case ["docker", "ps", *_]:
            return Result(0)
        case ["docker", "exec", *_, "true"]:
            return Result(1, err="no such container")  # one that `start` did not start
        case ["docker", "network", "ls", "--quiet"]:
            return Result(0)
        case [program, "-m", "stacks.addresses", _] if program == sys.executable:
            return Result(0, json.dumps(WANTED))
        case _:
            return None


def answering(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Docker's own facts, or what the stack wants, are others."""
    wanted = {key: value for key, value in changes.items() if key in WANTED}
    monkeypatch.setattr(HERE, "WANTED", {**WANTED, **wanted})
    info = {key: value for key, value in changes.items() if key not in wanted}
    monkeypatch.setattr(HERE, "INFO", {**INFO, **info})
