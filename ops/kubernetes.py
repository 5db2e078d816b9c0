"""What Kubernetes says of a stack's cluster, asked as the stack's kubeconfig allows."""

import json
import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.commands import Commands, OpsError
from ops.pulumi_cli import outputs
from ops.stack import Stack

CHECK_NAMESPACE = CHECK_JOB = "connectivity-check"


class Kubectl:
    """kubectl, with the kubeconfig of one cluster."""

    def __init__(self, commands: Commands, kubeconfig: Path) -> None:
        self._commands = commands
        self.kubeconfig = kubeconfig

    def command(self, *arguments: str) -> list[str]:
        return ["kubectl", f"--kubeconfig={self.kubeconfig}", *arguments]

    def ask(self, *arguments: str) -> str:
        """What kubectl prints; raises OpsError with its complaint."""
        result = self._commands.ask(self.command("--request-timeout=10s", *arguments))
        if not result.ok:
            raise OpsError(result.words)
        return result.out

    def items(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        """All objects of a kind."""
        return json.loads(self.ask("get", kind, *arguments, "--output=json"))["items"]

    def nodes(self) -> tuple[int, list[str]]:
        """How many nodes there are, and which of them are not ready."""
        return _tally(self.items("nodes"), "Ready")

    def system_pods(self) -> tuple[int, list[str]]:
        """The same for the pods of Kubernetes itself; pods that ran to their end are no matter."""
        pods = self.items("pods", "--namespace=kube-system")
        return _tally([pod for pod in pods if pod["status"].get("phase") != "Succeeded"], "Ready")

    def connectivity_check(self) -> str:
        """How the Job of the connectivity check fared: complete, failed, running or missing."""
        for job in self.items("jobs", f"--namespace={CHECK_NAMESPACE}"):
            if job["metadata"]["name"] == CHECK_JOB:
                true = _conditions(job)
                return next(
                    (word.lower() for word in ("Complete", "Failed") if word in true), "running"
                )
        return "missing"


def _conditions(thing: Mapping[str, Any]) -> set[str]:
    """The conditions that hold."""
    listed: list[dict[str, str]] = thing.get("status", {}).get("conditions") or []
    return {one["type"] for one in listed if one["status"] == "True"}


def _tally(things: list[dict[str, Any]], condition: str) -> tuple[int, list[str]]:
    without = [one["metadata"]["name"] for one in things if condition not in _conditions(one)]
    return len(things), sorted(without)


def kubeconfig_text(commands: Commands, stack: Stack) -> str:
    """The cluster's kubeconfig, a secret: from the stack's outputs or, where a first run ended
    before there were any, from k3d."""
    known = outputs(commands, stack)
    if "kubeconfig" in known:
        return known["kubeconfig"]
    if stack.target == "local":
        result = commands.ask(["k3d", "kubeconfig", "get", stack.cluster])
        if result.ok:
            return result.out
    raise OpsError(f"stack {stack.name} has no cluster yet. `{stack.command('up')}` makes it.")


@contextmanager
def kubectl(commands: Commands, text: str) -> Generator[Kubectl]:
    """kubectl with this kubeconfig, in a file that only the user can read and that goes after."""
    with tempfile.NamedTemporaryFile("w", prefix="kubeconfig-") as file:
        file.write(text)
        file.flush()
        yield Kubectl(commands, Path(file.name))


def write_kubeconfig(commands: Commands, stack: Stack) -> Path:
    """Write the stack's kubeconfig where `.toolchain/env` looks for it, for the user alone."""
    text = kubeconfig_text(commands, stack)
    path = stack.kubeconfig
    path.parent.mkdir(exist_ok=True)
    # A new file, renamed: never readable to others, never half-written.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(temporary, path)
    return path
