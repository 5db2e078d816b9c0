"""A stack: its name, its file, and the names of what it owns outside Pulumi."""

import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from ops.commands import OpsError
from policy import stack_name

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
    """The stack `name`, as its file in `folder` says; by default in the current one.

    Of the file, no more is read than what commands need: the rest is the program's to judge.
    """
    if not stack_name.fits(name):
        raise OpsError(f"no stack can be called {name!r}; allowed: {stack_name.ALLOWED}.")
    folder = folder or Path.cwd()
    path = folder / f"Pulumi.{name}.yaml"
    try:
        document = words(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = sorted(file.name.split(".")[1] for file in folder.glob("Pulumi.*.yaml"))
        raise OpsError(
            f"there is no stack {name}: {path.name} is missing. "
            f"Stacks with a file: {', '.join(known) or 'none'}."
        ) from None
    except OSError as error:
        raise OpsError(f"{path.name} can't be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OpsError(f"{path.name} is not YAML: {error}") from None
    except RecursionError:
        raise OpsError(f"{path.name} is nested too deeply to be a stack's file") from None
    config = _object(_object(document).get("config"))
    target = config.get(f"{PROJECT}:target")
    if target not in ("local", "gcp"):
        wrong = f"{path.name}: {PROJECT}:target: given {reprlib.repr(target)[:100]}"
        raise OpsError(f"{wrong}; allowed: one of local, gcp")
    for key, why in _unreadable(config):
        raise OpsError(f"{path.name}: {key}: {why}")
    given = {key: config.get(f"gcp:{key}") for key in ("project", "region")}
    cloud = {key: value for key, value in given.items() if isinstance(value, str)}
    return Stack(name, str(target), folder, **cloud)


class _Words(yaml.SafeLoader):
    """Takes each value as the text that stands there: what it means is Pulumi's to say, whose YAML
    is another (1:30 is no number in it, `no` is a word)."""


_PREFIX = "tag:yaml.org,2002:"
_KEPT = {f"{_PREFIX}{kind}" for kind in ("null", "merge")}
_Words.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] in _KEPT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Words.yaml_constructors = {
    tag: make
    for tag, make in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.removeprefix(_PREFIX) in ("map", "null", "seq", "str")
}


def words(text: str) -> Any:
    """What stands in a YAML document: objects, lists, texts, nulls. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_Words)


_NO_NUMBER = re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE)


def _unreadable(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What Pulumi would refuse and not say where it stands: the key, and what is wrong there."""
    seen: set[int] = set()  # what several keys have by reference is one object
    ours = {key: value for key, value in config.items() if str(key).startswith(f"{PROJECT}:")}
    left: list[tuple[str, Any]] = list(ours.items())
    while left:
        key, value = left.pop()
        if isinstance(value, str) and _NO_NUMBER.fullmatch(value):
            yield key, f"given {value}; allowed: a number that has an end"
        elif isinstance(value, (dict, list)) and id(cast(Any, value)) not in seen:
            seen.add(id(cast(Any, value)))
            inside = cast(dict[Any, Any], value).items() if isinstance(value, dict) else ()
            items = inside or enumerate(cast(list[Any], value))
            left += [(f"{key}.{name}", one) for name, one in items]
            if "secure" in value:
                yield key, "given a secret; allowed: plain values, since no setting is secret"


def _object(value: Any) -> dict[str, Any]:
    """`value` if it is an object, else an empty one: what is wrong in it, `pulumi` will say."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
