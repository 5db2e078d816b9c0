"""What Pulumi knows of a stack."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ops.commands import Commands, OpsError
from ops.stack import PROJECT, Stack

UNREACHABLE_IS_GONE = {"local": {"PULUMI_K8S_DELETE_UNREACHABLE": "true"}, "gcp": {}}
"""By target: a local cluster that does not answer was removed, and what was in it with it.

For `refresh` and `destroy` alone: `up` would record it as a setting of the provider, and a plain
`pulumi preview` would then find that setting changed."""


def outputs(commands: Commands, stack: Stack) -> dict[str, Any]:
    """The stack's outputs, secrets in clear: keep them in memory. Empty where there are none."""
    command = ["pulumi", "stack", "output", "--json", "--show-secrets", f"--stack={stack.name}"]
    result = commands.ask(command, timeout=60)
    if result.ok:
        return json.loads(result.out)
    if no_stack(result.err):
        return {}
    raise OpsError(f"pulumi can't tell the outputs of {stack.name}: {result.words}")


def no_stack(words: str) -> bool:
    """Whether Pulumi said that there is no such stack."""
    return "no stack named" in words


@dataclass(frozen=True)
class Resource:
    urn: str
    type: str
    id: str
    """Empty for what is nothing real: the stack itself, a component."""
    needs: frozenset[str] = frozenset()
    """The URNs of what it was made from: its dependencies and its provider."""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)

    @property
    def real(self) -> bool:
        return bool(self.id) and not self.type.startswith("pulumi:providers:")


@dataclass(frozen=True)
class Record:
    """What the state holds."""

    resources: list[Resource]
    interrupted: list[tuple[str, str]]
    """Operations that never ended: what (`creating`, `updating`, `deleting`) and the URN."""

    def of(self, type_: str) -> dict[str, str]:
        """The real resources whose type ends so: id → URN."""
        return {one.id: one.urn for one in self.resources if one.id and one.type.endswith(type_)}

    def spec(self, component: str) -> Mapping[str, Any]:
        """What was asked of the component of this name; empty where there is none."""
        ours = [one for one in self.resources if one.type.startswith(f"{PROJECT}:index:")]
        named = (one.inputs for one in ours if one.urn.endswith(f"::{component}"))
        return next(named, dict[str, Any]())

    @property
    def empty(self) -> bool:
        """Whether nothing real is recorded."""
        return not any(one.real for one in self.resources)

    def with_dependents(self, urns: Iterable[str]) -> list[str]:
        """`urns`, and every real resource that was made from one of them, however indirectly."""
        reached = set(urns)
        grown = True
        while grown:
            more = {one.urn for one in self.resources if one.needs & reached} - reached
            reached |= more
            grown = bool(more)
        return [one.urn for one in self.resources if one.urn in reached and one.real]


SECRET, IS_SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""How Pulumi marks a secret in what it exports
(https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go)."""


def plain(value: Any) -> Any:
    """`value` as the program gave it: secrets that were exported in clear, without their mark, and
    nothing of Pulumi's own (`__defaults`)."""
    match value:
        case {"plaintext": str(text), **others} if others.get(SECRET) == IS_SECRET:
            return plain(json.loads(text))
        case dict():
            items = cast(dict[str, Any], value).items()
            return {key: plain(one) for key, one in items if key != "__defaults"}
        case list():
            return [plain(one) for one in cast(list[Any], value)]
        case _:
            return value


def record(commands: Commands, stack: Stack, *, secrets: bool = False) -> Record:
    """The state of `stack`; empty where there is no such stack. With `secrets`, those are in clear:
    keep them in memory."""
    command = ["pulumi", "stack", "export", f"--stack={stack.name}"]
    result = commands.ask([*command, *(["--show-secrets"] if secrets else [])], timeout=60)
    if no_stack(result.err):
        return Record([], [])
    if not result.ok:
        raise OpsError(f"pulumi can't read the state of {stack.name}: {result.words}")
    deployment: dict[str, Any] = json.loads(result.out).get("deployment") or {}
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    return Record(
        [
            Resource(
                one["urn"],
                one["type"],
                one.get("id", ""),
                # A provider is named with its id: `<urn>::<id>`.
                frozenset(
                    [*one.get("dependencies", []), one.get("provider", "").rpartition("::")[0]]
                ),
                plain(one.get("inputs", {})),
                plain(one.get("outputs", {})),
            )
            for one in resources
        ],
        [(one["type"], one["resource"]["urn"]) for one in pending],
    )


def refresh(commands: Commands, stack: Stack, urns: Iterable[str], *flags: str) -> None:
    """Compare the state of these resources alone with what is there.

    Not of all: some providers read back more than they were told, and the next `up` would then
    make things anew that are as they should be.
    """
    command = ["pulumi", "refresh", f"--stack={stack.name}", "--yes", "--skip-preview"]
    command += [*flags, "--suppress-outputs", *(f"--target={urn}" for urn in urns)]
    if commands.show(command, env=UNREACHABLE_IS_GONE[stack.target]):
        raise OpsError("`pulumi refresh` failed: see above.")
