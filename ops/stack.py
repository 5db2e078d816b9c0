"""A stack: its name, its file, and the names of what it owns outside Pulumi."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from ops.commands import OpsError

PROJECT = "alphintra"
"""The name in Pulumi.yaml; physical names and labels begin with it."""


@dataclass(frozen=True)
class Stack:
    name: str
    target: str
    """`local` or `gcp`, from the stack's file."""
    folder: Path = field(default_factory=Path.cwd)
    """The project's; make and Pulumi start in it."""
    project: str = ""
    """`gcp:project` and `gcp:region` of its file; a local stack may name them too."""
    region: str = ""

    @property
    def urn(self) -> str:
        """Pulumi's name for the stack's own entry in its state."""
        return f"urn:pulumi:{self.name}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{self.name}"

    @property
    def cluster(self) -> str:
        """What k3d calls the cluster of a local stack."""
        return f"{PROJECT}-{self.name}-cluster"

    def container(self, component: str) -> str:
        """The container of a component of a local stack."""
        return f"{PROJECT}-{self.name}-{component}"

    @property
    def kubeconfig(self) -> Path:
        """Where `make kubeconfig` writes."""
        return self.folder / ".toolchain" / f"kubeconfig-{self.name}"

    def command(self, verb: str, **variables: str) -> str:
        """A `make` command line for this stack, to tell a person."""
        stack = {} if self.name == "dev" else {"STACK": self.name}
        words = [f"{key}={value}" for key, value in {**variables, **stack}.items()]
        return " ".join(["make", verb, *words])


def load(name: str, folder: Path | None = None) -> Stack:
    """The stack `name`, as its file in `folder` says; by default in the current one."""
    folder = folder or Path.cwd()
    path = folder / f"Pulumi.{name}.yaml"
    try:
        document: Any = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        known = sorted(file.name.split(".")[1] for file in folder.glob("Pulumi.*.yaml"))
        raise OpsError(
            f"there is no stack {name}: {path.name} is missing. "
            f"Stacks with a file: {', '.join(known) or 'none'}."
        ) from None
    except yaml.YAMLError as error:
        raise OpsError(f"{path.name} is not YAML: {error}") from None
    config = _object(_object(document).get("config"))
    target = config.get(f"{PROJECT}:target")
    if target not in ("local", "gcp"):
        raise OpsError(
            f"{path.name}: {PROJECT}:target: given {target!r}; allowed: one of local, gcp"
        )
    cloud = {key: str(config.get(f"gcp:{key}") or "") for key in ("project", "region")}
    return Stack(name, str(target), folder, **cloud)


def _object(value: Any) -> dict[str, Any]:
    """`value` if it is an object, else an empty one: what is wrong in it, `pulumi` will say."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
