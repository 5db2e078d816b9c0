"""The stack that is measured: a copy of dev with a name, addresses and ports of its own."""

import json
import os
import secrets
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import BenchError, Done, ask, timed
from rehearsal.stage.workspace import PROGRAM, VENV

ROOT = Path(__file__).parent.parent
STACK, GROWN = "bench", "grown"
"""The stack that is brought up, and the one that is only previewed, in many sizes."""
PORTS = {
    "alphintra:network": {"cidr": "10.68.0.0/16"},
    "alphintra:cluster": {"api_port": 21550, "published_ports": {"23080": 30080}},
    "alphintra:database": {"host_port": 20432, "replica_host_port": 20434},
    "alphintra:cache": {"host_port": 21379},
    "alphintra:registry": {"host_port": 20050},
}
DEV = {"alphintra:target": "local", "alphintra:environment": "dev", **PORTS}
EMPTY = "name: empty\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"


@dataclass(frozen=True)
class Bench:
    """A folder with the program, an empty program beside it, and a state for both."""

    folder: Path
    env: Mapping[str, str]

    @property
    def empty(self) -> Path:
        return self.folder / "empty"

    def settings(self, stack: str, changes: Mapping[str, Any] | None = None) -> None:
        values = json.dumps({"config": {**DEV, **(changes or {})}})  # JSON is YAML
        (self.folder / f"Pulumi.{stack}.yaml").write_text(values)

    def run(self, *command: str, cwd: Path | None = None, timeout: float = 900) -> Done:
        return timed(command, cwd=cwd or self.folder, env=self.env, timeout=timeout)

    def ops(self, verb: str, *flags: str, stack: str = STACK) -> Done:
        """What `make <verb>` runs."""
        return self.run(".venv/bin/python", "-m", "ops", verb, f"--stack={stack}", *flags)

    def preview(self, stack: str = STACK) -> Done:
        return self.run("pulumi", "preview", f"--stack={stack}", "--non-interactive")

    def floor(self) -> Done:
        """An empty program's preview."""
        return self.run("pulumi", "preview", "--stack=empty", cwd=self.empty)

    def state(self) -> list[dict[str, Any]]:
        """The resources of the stack, secrets in plain text."""
        done = self.run("pulumi", "stack", "export", f"--stack={STACK}", "--show-secrets")
        return json.loads(done.out)["deployment"].get("resources", [])


def tools() -> str:
    """PATH with the project's tools, as `.toolchain/env` sets it."""
    return ask("sh", "-c", '. "$1" && printf %s "$PATH"', "sh", str(ROOT / ".toolchain" / "env"))


@contextmanager
def bench(program: Path) -> Generator[Bench]:
    """The program of the checkout `program`, in a folder of its own; whatever of it is up at the
    end is removed."""
    with tempfile.TemporaryDirectory(prefix="alphintra-bench-") as temporary:
        folder = Path(temporary)
        for name in PROGRAM:
            source = program / name
            (folder / name).symlink_to(source if source.exists() else ROOT / name)
        for stack in ("staging", "prod"):
            (folder / f"Pulumi.{stack}.yaml").symlink_to(program / f"Pulumi.{stack}.yaml")
        (folder / "state").mkdir()
        (folder / ".toolchain").mkdir()
        made = Bench(
            folder,
            {
                "PATH": tools(),
                "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "KUBECONFIG": str(folder / "kubeconfig"),
            },
        )
        made.empty.mkdir()
        (made.empty / "Pulumi.yaml").write_text(EMPTY)
        (made.empty / "__main__.py").touch()
        (made.empty / VENV).symlink_to(ROOT / VENV)
        made.run("pulumi", "stack", "init", "empty", cwd=made.empty)
        for stack in (STACK, GROWN):
            made.settings(stack)
            made.run("pulumi", "stack", "init", stack, "--no-select")
        refuse_if_there()
        try:
            yield made
        finally:
            remove(made)


def refuse_if_there() -> None:
    """A stack of this name that is up belongs to somebody."""
    if left := ask("docker", "ps", "--all", "--quiet", f"--filter=name=alphintra-{STACK}-"):
        raise BenchError(
            f"{len(left.split())} containers of a stack `{STACK}` are here. An earlier run left "
            f"them if none is under way: docker rm -f -v $(docker ps -aq "
            f"--filter=name=alphintra-{STACK}-)"
        )


def remove(made: Bench) -> None:
    """Take the stack down, if anything of it is up; then whatever Docker still has."""
    if made.state():
        made.ops("down", "--force")
    sweep()


def sweep() -> None:
    """Remove what Docker has under the stack's name, whoever made it."""
    mark = f"--filter=name=alphintra-{STACK}-"
    if containers := ask("docker", "ps", "--all", "--quiet", mark).split():
        ask("docker", "rm", "--force", "--volumes", *containers)
    for kind in ("network", "volume"):
        if left := ask("docker", kind, "ls", "--quiet", mark).split():
            ask("docker", kind, "rm", *left)


def pathed() -> None:
    """Let this process, too, find the project's tools."""
    os.environ["PATH"] = tools()
