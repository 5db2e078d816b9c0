"""The stack under test: what its file asks for, what it gives out, and its cluster."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.config import Settings, parse
from tests.contract.commands import Answer, ask

CHECK = "connectivity-check"
"""The platform's own service, whose namespace is the one that is allowed."""
LABEL = "alphintra.io/contract"
"""On everything that the suite makes in the cluster."""


@dataclass(frozen=True)
class Platform:
    stack: str
    config: Mapping[str, Any]
    """The stack's file."""
    settings: Settings
    outputs: Mapping[str, Any]
    kubeconfig: Path

    def kubectl(self, *arguments: str, stdin: str = "", timeout: float = 60) -> Answer:
        return ask(
            "kubectl", f"--kubeconfig={self.kubeconfig}", *arguments, stdin=stdin, timeout=timeout
        )

    def get(self, *arguments: str) -> dict[str, Any]:
        """Of objects that are there, all that the cluster knows."""
        answer = self.kubectl("get", *arguments, "--output=json")
        assert answer.ok, answer.words
        return json.loads(answer.out)

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        return self.get(*arguments)["items"]

    def create(self, *objects: dict[str, Any], dry_run: bool = False) -> Answer:
        """Make `objects`; with `dry_run`, only what the cluster's admission says of them. The
        answer's output is what was admitted, as JSON."""
        flags = ["--dry-run=server"] if dry_run else []
        together = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        return self.kubectl("create", *flags, "--filename=-", "--output=json", stdin=together)

    def remove_leftovers(self) -> None:
        """Everything that bears the suite's label, wherever."""
        kinds = "jobs,pods,persistentvolumeclaims,networkpolicies"
        self.kubectl(
            *("delete", kinds, "--all-namespaces", f"--selector={LABEL}"),
            *("--ignore-not-found", "--cascade=foreground"),
            timeout=120,
        )


def load(stack: str) -> Platform:
    """The stack, which must be up: if it isn't, one line says so and the run ends."""
    file = Path(f"Pulumi.{stack}.yaml")
    if not file.exists():
        down(f"there is no stack {stack}: {file} is missing")
    config: dict[str, Any] = yaml.safe_load(file.read_text())["config"]
    settings = parse(config, file.name)
    command = ("pulumi", "stack", "output", "--json", "--show-secrets", f"--stack={stack}")
    answer = ask(*command)
    outputs: dict[str, Any] = json.loads(answer.out) if answer.ok else {}
    if "kubeconfig" not in outputs:
        said = "" if answer.ok else f" ({answer.words})"
        down(f"the stack {stack} is not up{said}: `make up STACK={stack}` brings it up")
    descriptor, kubeconfig = tempfile.mkstemp(prefix="contract-")  # readable to its owner alone
    with os.fdopen(descriptor, "w") as out:
        out.write(outputs["kubeconfig"])
    platform = Platform(stack, config, settings, outputs, Path(kubeconfig))
    ready = platform.kubectl("get", "--raw=/readyz", "--request-timeout=10s")
    if not ready.ok:
        platform.kubeconfig.unlink()
        down(f"the cluster of the stack {stack} does not answer: {ready.words}")
    return platform


def down(why: str) -> None:
    pytest.exit(f"contract: {why}", returncode=2)
