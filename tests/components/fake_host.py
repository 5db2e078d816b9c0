"""A host whose commands are recorded, not run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from components.command import CommandError

Answer = str | Exception | Callable[[Sequence[str]], str]


@dataclass
class FakeHost:
    """Answers the command that begins with a key of `answers`, the longest key first."""

    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    commands: list[str] = field(default_factory=list[str])
    stdins: list[str] = field(default_factory=list[str])
    environments: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def run(
        self,
        command: Sequence[str],
        *,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 120,
    ) -> str:
        line = " ".join(command)
        self.commands.append(line)
        self.stdins.append(stdin or "")
        self.environments.append(dict(env or {}))
        for start in sorted(self.answers, key=len, reverse=True):
            if line.startswith(start):
                answer = self.answers[start]
                if isinstance(answer, Exception):
                    raise answer
                return answer(command) if callable(answer) else answer
        raise AssertionError(f"no answer for: {line}")

    def ran(self, start: str) -> list[str]:
        return [line for line in self.commands if line.startswith(start)]


def install(monkeypatch: pytest.MonkeyPatch, *modules: str) -> FakeHost:
    """A fake host under each of `modules`, which import `run`."""
    host = FakeHost()
    for module in modules:
        monkeypatch.setattr(f"{module}.run", host.run)
    return host


NO_IMAGE = CommandError("docker image inspect x: Error: No such image: x")
NO_CONTAINER = CommandError("docker exec x: Error: No such container: x")
