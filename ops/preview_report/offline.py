"""What a change does, without credentials: the base's program against the head's.

The base is "deployed" into a scratch state by providers that make nothing (`standin.py`), then the
head is previewed against that state with the real ones. So what changes, what is the same by an
alias and what forces a replacement is said by Pulumi and by the providers themselves.
"""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ops import offline
from ops.commands import Commands, OpsError
from ops.explain import EVENTS
from ops.lifecycle import POLICY
from ops.preview_report import model, standin, tree
from ops.preview_report.empty_engine import engine
from ops.preview_report.worktree import provider_versions

SCRIPT = Path(__file__).parent / "list_outputs.py"
MINUTES = 10
"""After so long, something hangs."""
Say = Callable[[str], None]
Needs = Mapping[str, Iterable[str]]
"""URN → those that it is made from."""


@dataclass(frozen=True)
class Offline:
    """A comparison of two folders with the program of a commit each."""

    commands: Commands
    base: Path
    head: Path
    scratch: Path
    """An empty folder for the state; it may hold secrets of the scratch stacks, so it goes."""
    say: Say
    passphrase: str = field(default_factory=lambda: secrets.token_hex(16))

    def preview(self, stack: str) -> tuple[model.Preview, Needs]:
        """What the head would change of `stack`, if it stood as the base has it; and what each
        resource is made from."""
        place = self.scratch / stack
        place.mkdir()
        with ExitStack() as running:
            proxy = running.enter_context(offline.refusing_proxy())
            env = {
                **dict.fromkeys(set(offline.CREDENTIALS) & os.environ.keys(), ""),
                **offline.nobody(proxy),
                "DOCKER_HOST": running.enter_context(engine(place)),
                "KUBECONFIG": os.devnull,
                "PULUMI_BACKEND_URL": place.as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
                "PULUMI_CONFIG_PASSPHRASE_FILE": "",
                # The state is written once, at the end.
                "PULUMI_EXPERIMENTAL": "true",
                "PULUMI_SKIP_CHECKPOINTS": "true",
                **EVENTS,
            }
            salt = self.init(stack, place, env)
            if (self.base / f"Pulumi.{stack}.yaml").exists():
                self.say(f"{stack}: the base, as if it stood")
                self.deploy(stack, place, salt, env)
            self.say(f"{stack}: what the change does to it")
            preview = self.compare(stack, place, salt, env)
            needs = tree.planned_dependencies(place / "plan")
            return preview, needs or self.recorded(stack, place, env)

    def init(self, stack: str, place: Path, env: Mapping[str, str]) -> str:
        """Make the scratch stack; the salt of its secrets."""
        shutil.copy(self.head / "Pulumi.yaml", place)
        command = ["pulumi", "stack", "init", stack, "--no-select", "--non-interactive"]
        made = self.commands.ask([*command, f"--cwd={place}"], env=env, timeout=60)
        if not made.ok:
            raise OpsError(f"pulumi can't make a scratch stack: {made.words}")
        return yaml.safe_load((place / f"Pulumi.{stack}.yaml").read_text())["encryptionsalt"]

    def deploy(self, stack: str, place: Path, salt: str, env: Mapping[str, str]) -> None:
        """Fill the state with what the base asks for. Nothing real is made: no provider that could
        make anything is told to."""
        config = settings(self.base, stack, place / "base.yaml", salt)
        project = str(config.get("gcp:project", ""))
        whole = {**os.environ, **env}
        stand_ins = {"pulumi-python": standin.StandIn(project, declared=self.declared())}
        with ExitStack() as running:
            for package, version in provider_versions(self.base).items():
                call = running.enter_context(standin.plugin(package, version, whole))
                stand_ins[package] = standin.StandIn(project, call)
            places = running.enter_context(standin.serving(stand_ins))
            command = ["pulumi", "up", "--yes", "--skip-preview", f"--cwd={self.base}"]
            preview, words = self.run(
                [*command, f"--stack={stack}", f"--config-file={place / 'base.yaml'}"],
                place / "base.events",
                {**env, "PULUMI_DEBUG_PROVIDERS": places},
            )
        if words:
            said = "\n".join(one.message for one in preview.errors) or words
            raise OpsError(
                f"the base of {stack} can't be previewed, so nothing compares: {said}\n"
                "If that is about a value that was made up (`<name>-<property>`): "
                "ops/preview_report/computed.toml is where the form of such values stands"
            )

    def compare(self, stack: str, place: Path, salt: str, env: Mapping[str, str]) -> model.Preview:
        if not (self.head / f"Pulumi.{stack}.yaml").exists():
            return self.gone(stack, place, env)
        config = settings(self.head, stack, place / "head.yaml", salt)
        rules: Sequence[str] = ()
        if config.get("alphintra:target") == "gcp":
            flag, pack = POLICY
            rules = (flag, str(self.head / pack))
        command = ["pulumi", "preview", f"--cwd={self.head}", f"--stack={stack}", *rules]
        preview, words = self.run(
            [*command, f"--config-file={place / 'head.yaml'}", f"--save-plan={place / 'plan'}"],
            place / "head.events",
            env,
        )
        if words and not preview.errors and not preview.policies:
            raise OpsError(f"pulumi can't preview {stack}: {words}")
        return preview

    def recorded(self, stack: str, place: Path, env: Mapping[str, str]) -> Needs:
        """What the base's resources are made from: a preview that failed tells of no more."""
        command = ["pulumi", "stack", "export", f"--stack={stack}", f"--cwd={place}"]
        exported = self.commands.ask(command, env=env, timeout=60)
        return tree.recorded_dependencies(exported.out) if exported.ok else {}

    def gone(self, stack: str, place: Path, env: Mapping[str, str]) -> model.Preview:
        """What taking the stack's file away means: all of it is to go first."""
        command = ["pulumi", "destroy", "--preview-only", f"--cwd={self.head}", f"--stack={stack}"]
        preview, words = self.run(
            [*command, f"--config-file={place / 'base.yaml'}"], place / "head.events", env
        )
        if words:
            raise OpsError(f"pulumi can't tell what removing {stack} does: {words}")
        return preview

    def run(
        self, command: Sequence[str], log: Path, env: Mapping[str, str]
    ) -> tuple[model.Preview, str]:
        """The events of a command of Pulumi's, and its words if it failed."""
        command = [*command, "--non-interactive", "--suppress-outputs", f"--event-log={log}"]
        done = self.commands.ask(command, env=env, timeout=MINUTES * 60)
        if not log.exists():
            return model.Preview(()), done.words
        with log.open() as lines:
            return model.read(lines), "" if done.ok else done.words

    def declared(self) -> standin.Declared:
        """The outputs of the base's dynamic resources."""
        done = subprocess.run(
            [self.base / ".venv" / "bin" / "python", "-P", SCRIPT],
            cwd=self.base,
            env={**os.environ, "PYTHONPATH": str(self.base)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise OpsError(f"the base's program can't be imported: {done.stderr.strip()}")
        return json.loads(done.stdout)


def settings(folder: Path, stack: str, file: Path, salt: str) -> Mapping[str, Any]:
    """Write the stack's file of `folder` as a scratch stack can take it; its settings."""
    text = offline.plain((folder / f"Pulumi.{stack}.yaml").read_text())
    document: dict[str, Any] = {**yaml.safe_load(text), "encryptionsalt": salt}
    file.write_text(yaml.safe_dump(document))
    return document.get("config") or {}
