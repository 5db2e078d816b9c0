"""A stack of its own on which runs are cut short: its data, and what must not be left of it."""

import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import docker_cli
from ops.access import REDIS_CLI
from ops.commands import HostCommands
from ops.docker_cli import Kind
from ops.processes import listed, works_in
from ops.pulumi_cli import Record, record
from ops.stack import Stack
from tests.e2e.conftest import program, run
from tests.e2e.interruptions import Run

STACK = "interrupted"
CONFIG: dict[str, Any] = {
    "alphintra:target": "local",
    "alphintra:environment": "dev",
    "alphintra:network": {"cidr": "10.64.0.0/16"},
    "alphintra:cluster": {"api_port": 17550, "published_ports": {"19080": 30080}},
    "alphintra:database": {"host_port": 16432, "replica_host_port": 16434},
    "alphintra:cache": {"host_port": 17379},
    "alphintra:registry": {"host_port": 16050},
    "alphintra:services": {"trading-api": None, "strategy-engine": None, "auth": None},
}
REGISTRY = "localhost:16050"
KINDS: tuple[Kind, ...] = ("container", "network", "volume")
WRITTEN = "interruptions"
"""The table and the repository."""


@dataclass
class Trial:
    folder: Path
    environment: dict[str, str]
    acknowledged: dict[str, list[int]] = field(
        default_factory=lambda: {"database": [], "cache": [], "registry": []}
    )
    """Server → the numbers that it has taken."""
    written: int = 0
    """How many numbers have been acknowledged, in all."""
    _runs: int = 0
    _anonymous: set[str] = field(default_factory=set[str])

    @property
    def stack(self) -> Stack:
        return Stack(STACK, "local", self.folder)

    def begin(self, verb: str, *, by_make: bool = False) -> Run:
        """Start `up` or `down` in a session of its own, with an event log and a log."""
        self._runs += 1
        events = self.folder / f"events-{self._runs}.json"
        force = {"down": ["--force"]}.get(verb, [])
        command = [".venv/bin/python", "-m", "ops", verb, f"--stack={STACK}", *force]
        if by_make:
            command = ["make", verb, f"STACK={STACK}", "FORCE=1"]
        with self.log.open("ab") as log:
            log.write(f"\n=== {self._runs}: {' '.join(command)}\n".encode())
            log.flush()
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={
                    **os.environ,
                    **self.environment,
                    "PULUMI_DEBUG_COMMANDS": "true",
                    "PULUMI_OPTION_EVENT_LOG": str(events),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return Run(process, events)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def said(self) -> str:
        """What the last run printed."""
        return self.log.read_text(errors="replace").rpartition("\n=== ")[2]

    def plain(self, verb: str) -> None:
        """Run `make up` or `make down FORCE=1`; a failure fails the test."""
        code = self.begin(verb, by_make=True).end()
        assert code == 0, f"plain {verb} ended with {code}: {self.said[-3000:]}"

    def state(self) -> Record:
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            return record(HostCommands(), self.stack)
        finally:
            os.environ.clear()
            os.environ.update(before)

    def write(self) -> None:
        """One number more into each server that takes it; what is not there yet takes none."""
        for server, put in {
            "database": self._insert,
            "cache": self._set,
            "registry": self._push,
        }.items():
            taken = self.acknowledged[server]
            number = self.written + 1
            if put(number):
                taken.append(number)
                self.written = number
        self._anonymous |= {
            volume
            for container in docker_cli.containers(HostCommands(), self.stack)
            for volume in container.anonymous_volumes
        }

    def forget(self) -> None:
        """From here on data may go: `down` removes it."""
        for taken in self.acknowledged.values():
            taken.clear()

    def lost(self) -> list[str]:
        """What was acknowledged and is not there."""
        found = {"database": self._selected(), "cache": self._got(), "registry": self._tags()}
        return [
            f"{server} {number}"
            for server, taken in self.acknowledged.items()
            for number in taken
            if number not in found[server]
        ]

    def orphans(self) -> list[str]:
        """What is there of the stack and not recorded: in Docker, in locks, of processes."""
        state, commands = self.state(), HostCommands()
        found = [f"pending: {what} {urn}" for what, urn in state.interrupted]
        made = state.of(":K3dCluster")
        for kind in KINDS:
            ours = docker_cli.found(commands, kind, docker_cli.ours(self.stack))
            k3ds = docker_cli.found(commands, kind, docker_cli.k3ds(self.stack))
            recorded = set(state.of(docker_cli.RESOURCES[kind])) | set(k3ds if made else ())
            found += [f"{kind} {(ours | k3ds)[one]}" for one in (ours | k3ds).keys() - recorded]
        used = {
            volume
            for container in docker_cli.containers(commands, self.stack)
            for volume in container.anonymous_volumes
        }
        volumes = docker_cli.found(commands, "volume", [])
        found += [f"volume {one}" for one in (self._anonymous - used) & volumes.keys()]
        found += [f"lock {one}" for one in (self.folder / "state").rglob("locks/**/*.json")]
        return found + [
            f"process {' '.join(one.arguments)[:80]}"
            for one in listed(commands)
            if one.alive and works_in(one.pid) == self.folder
        ]

    def remove(self) -> None:
        """Whatever a failed test has left."""
        for kind, things in docker_cli.everything(HostCommands(), self.stack).items():
            docker_cli.remove(HostCommands(), kind, list(things))

    def _in(self, server: str, *command: str, typed: str) -> str | None:
        """What a server answers; None if it does not."""
        done = subprocess.run(
            ["docker", "exec", "--interactive", self.stack.container(server), *command],
            input=typed,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stdout if done.returncode == 0 else None

    def _sql(self, statement: str) -> str | None:
        flags = ["--username=postgres", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        return self._in("database", "psql", *flags, typed=statement)

    def _insert(self, number: int) -> bool:
        table = f"CREATE TABLE IF NOT EXISTS {WRITTEN} (number int PRIMARY KEY);"
        return self._sql(f"{table} INSERT INTO {WRITTEN} VALUES ({number});") is not None

    def _selected(self) -> set[int]:
        return {int(line) for line in (self._sql(f"SELECT * FROM {WRITTEN};") or "").split()}

    def _redis(self, line: str) -> str:
        return self._in("cache", "sh", "-c", REDIS_CLI, typed=line) or ""

    def _set(self, number: int) -> bool:
        return "OK" in self._redis(f"SET {WRITTEN}:{number} {number}\n")

    def _got(self) -> set[int]:
        keys = self._redis(f"KEYS {WRITTEN}:*\n").split()
        return {int(key.rpartition(":")[2].strip('"')) for key in keys if WRITTEN in key}

    def _push(self, number: int) -> bool:
        image = f"{REGISTRY}/{WRITTEN}:{number}"
        build = ["docker", "build", "--quiet", f"--tag={image}", "-"]
        run(*build, stdin=f"FROM scratch\nLABEL number={number}\n")
        pushed = subprocess.run(["docker", "push", "--quiet", image], capture_output=True)
        run("docker", "image", "rm", image)
        return pushed.returncode == 0

    def _tags(self) -> set[int]:
        if not self.acknowledged["registry"]:
            return set()
        url = f"http://{REGISTRY}/v2/{WRITTEN}/tags/list"
        with urllib.request.urlopen(url, timeout=30) as answer:
            tags: list[str] | None = json.load(answer)["tags"]
        return set(map(int, tags or ()))


def trial(folder: Path) -> Trial:
    """A stack that is not up yet."""
    stack = program(folder, CONFIG, STACK)
    return Trial(folder, dict(stack.workspace.env_vars))
