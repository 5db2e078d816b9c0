"""What a question is, and what several of them need to know."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ops import docker_cli
from ops.commands import OpsError
from ops.context import Context
from ops.docker_cli import Container

OK, WARN, FAIL, SKIPPED = "ok", "warn", "fail", "skipped"
NEVER, ALWAYS, WHEN_DOWN = "never", "always", "when nothing of the stack runs"
ALL, LOCAL = frozenset({"local", "gcp"}), frozenset({"local"})


@dataclass(frozen=True)
class Finding:
    state: str
    words: str
    remedy: str = ""


class Questions:
    """What is known of this machine, found out when it is first needed, for several at once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.commands = context.commands
        self.stack = context.stack
        self._known: dict[str, Any] = {}
        self._locks = {what: Lock() for what in ("docker", "containers", "wanted")}

    def _once(self, what: str, find: Callable[[], Any]) -> Any:
        with self._locks[what]:
            if what not in self._known:
                self._known[what] = find()
            return self._known[what]

    @property
    def docker(self) -> dict[str, Any]:
        """What `docker info` says; only an `error` if no engine answers."""
        return self._once("docker", self._docker)

    def _docker(self) -> dict[str, Any]:
        result = self.commands.ask(["docker", "info", "--format={{json .}}"], timeout=10)
        facts: dict[str, Any] = json.loads(result.out) if result.ok and result.out else {}
        return facts if facts.get("ServerVersion") else {"error": result.words}

    @property
    def containers(self) -> list[Container]:
        """The stack's. Raises OpsError where Docker does not answer."""
        if "error" in self.docker:
            raise OpsError("Docker does not answer")
        return self._once("containers", lambda: docker_cli.containers(self.commands, self.stack))

    @property
    def runs(self) -> bool:
        """Whether anything of the stack does."""
        return "error" not in self.docker and any(
            one.status == "running" for one in self.containers
        )

    @property
    def wanted(self) -> dict[str, Any]:
        """The stack's block of addresses and its ports."""
        return self._once("wanted", self._wanted)

    def _wanted(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "stacks.addresses", self.stack.name]
        result = self.commands.ask(command)
        if not result.ok:
            raise OpsError(f"the stack's settings can't be read: {result.words}")
        return json.loads(result.out)


@dataclass(frozen=True)
class Question:
    name: str
    look: Callable[[Questions], Finding]
    before_up: str = NEVER
    """When `make up` asks it first, and stops if it fails."""
    targets: frozenset[str] = ALL
