"""What a preview says, typed: read from Pulumi's event log, never from what it prints.

Pulumi writes an event a line. Kinds that are not known here are passed over, so that a newer
Pulumi's log can be read too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, cast

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi writes for a value that only the deployment will tell."""
SECRET = "[secret]"
"""What Pulumi writes for a value that is a secret."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key of an object that stands for something else than an object: a secret, an asset."""


class Op(StrEnum):
    """What happens to a resource; of several steps, the one that says most."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    OTHER = "other"
    """Something that this version does not know: never taken for nothing."""


OPS = {
    "same": Op.SAME,
    "read": Op.SAME,
    "refresh": Op.SAME,
    "create": Op.CREATE,
    "import": Op.CREATE,
    "update": Op.UPDATE,
    "replace": Op.REPLACE,
    "create-replacement": Op.REPLACE,
    "delete-replaced": Op.REPLACE,
    "import-replacement": Op.REPLACE,
    "read-replacement": Op.REPLACE,
    "discard-replaced": Op.REPLACE,
    "remove-pending-replace": Op.REPLACE,
    "delete": Op.DELETE,
    "read-discard": Op.DELETE,
    "discard": Op.DELETE,
}
"""Pulumi's word for a step → ours."""


@dataclass(frozen=True)
class Side:
    """A resource before, or after."""

    urn: str
    parent: str
    inputs: Mapping[str, Any]
    protect: bool = False
    retain: bool = False
    """Whether it stays when it is no longer asked for."""
    provider: str = ""


@dataclass(frozen=True)
class Step:
    """What the preview says of one resource."""

    op: Op
    urn: str
    type: str
    old: Side | None
    new: Side | None
    replace_keys: tuple[str, ...] = ()
    """The inputs that make it be made anew, as the provider's diff names them."""
    differs: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path → kind of difference, as the provider's diff has it; kinds end in `-replace` where they
    force one."""
    word: str = ""
    """Pulumi's own word for the step."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def label(self) -> str:
        """As a person would call it: `database (DatabaseInstance)`."""
        return f"{self.name} ({self.type.rpartition(':')[2]})"

    @property
    def renamed_from(self) -> str:
        """Its old URN, where an alias made it the same resource."""
        return self.old.urn if self.old and self.old.urn != self.urn and self.new else ""


@dataclass(frozen=True)
class Policy:
    """A rule of the policy pack that a resource breaks, or that is waived."""

    rule: str
    urn: str
    message: str
    mandatory: bool


@dataclass(frozen=True)
class Diagnostic:
    severity: str
    message: str
    urn: str = ""


@dataclass(frozen=True)
class Preview:
    """All that a preview says."""

    steps: tuple[Step, ...]
    policies: tuple[Policy, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unread: int = 0
    """Events of no known kind."""
    ended: bool = True
    """Whether the log has its end: Pulumi's summary."""

    @property
    def changed(self) -> list[Step]:
        """What is not just as it was: also what only has another name."""
        return [
            step
            for step in self.steps
            if (step.op is not Op.SAME or step.renamed_from) and not _settled(step)
        ]

    @property
    def errors(self) -> list[Diagnostic]:
        return [one for one in self.diagnostics if one.severity == "error"]


IGNORED = {
    "preludeEvent",
    "resOutputsEvent",
    "stdoutEvent",
    "cancelEvent",
    "progressEvent",
    "policyLoadEvent",
    "policyAnalyzeSummaryEvent",
    "policyAnalyzeStackSummaryEvent",
    "policyRemediateSummaryEvent",
    "policyRemediationEvent",
    "startDebuggingEvent",
}
"""Kinds of events that say nothing a reviewer needs."""
RANK = (Op.SAME, Op.OTHER, Op.UPDATE, Op.CREATE, Op.DELETE, Op.REPLACE)
"""Of several steps of a resource, the last of these says what happens to it."""


def read(lines: Iterable[str]) -> Preview:
    """The preview that an event log is of."""
    steps: dict[str, Step] = {}
    policies: list[Policy] = []
    diagnostics: list[Diagnostic] = []
    unread, ended = 0, False
    for kind, event in _events(lines):
        match kind:
            case "resourcePreEvent":
                step = _step(_object(event.get("metadata")))
                if step.urn:
                    steps[step.urn] = _merged(steps.get(step.urn), step)
            case "diagnosticEvent":
                if event.get("severity") in ("error", "warning"):
                    message, urn = str(event.get("message", "")), str(event.get("urn", ""))
                    diagnostics.append(Diagnostic(event["severity"], message.strip(), urn))
            case "policyEvent":
                policies.append(_policy(event))
            case "resOpFailedEvent":
                urn = str(_object(event.get("metadata")).get("urn", ""))
                diagnostics.append(Diagnostic("error", "the operation failed", urn))
            case "summaryEvent":
                ended = True
            case _:
                unread += kind not in IGNORED
    return Preview(tuple(steps.values()), tuple(policies), tuple(diagnostics), unread, ended)


def _settled(step: Step) -> bool:
    """Whether it is a provider that Pulumi writes down anew, though nothing of it differs but that
    the dynamic one holds all of the stack's settings."""
    if not step.type.startswith("pulumi:providers:") or step.op is not Op.UPDATE:
        return False
    same = step.old and step.new and step.old.inputs == step.new.inputs
    return bool(same) or step.type.endswith(":pulumi-python")


def _events(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        try:
            document = _object(json.loads(line))
        except ValueError:
            yield "unreadable", {}  # the last line of a log that was cut off
            continue
        for kind, event in document.items():
            if isinstance(event, dict):
                yield kind, cast(dict[str, Any], event)


def _step(metadata: Mapping[str, Any]) -> Step:
    differs = {
        path: str(_object(one).get("diffKind", "update"))
        for path, one in _object(metadata.get("detailedDiff")).items()
    }
    word = str(metadata.get("op", ""))
    return Step(
        op=OPS.get(word, Op.OTHER),
        urn=str(metadata.get("urn", "")),
        type=str(metadata.get("type", "")),
        old=_side(metadata.get("old")),
        new=_side(metadata.get("new")),
        replace_keys=tuple(metadata.get("keys") or ()),
        differs=differs,
        word=word,
    )


def _side(state: Any) -> Side | None:
    if not isinstance(state, dict):
        return None
    fields = cast(dict[str, Any], state)
    return Side(
        urn=str(fields.get("urn", "")),
        parent=str(fields.get("parent", "")),
        inputs=plain(_object(fields.get("inputs"))),
        protect=bool(fields.get("protect")),
        retain=bool(fields.get("retainOnDelete")),
        provider=str(fields.get("provider", "")),
    )


def _merged(before: Step | None, step: Step) -> Step:
    """A replacement is several steps: the new side is in one, what forces it in another."""
    if before is None:
        return step
    first, second = (
        (before, step) if RANK.index(before.op) >= RANK.index(step.op) else (step, before)
    )
    return replace(
        first,
        old=first.old or second.old,
        new=first.new or second.new,
        replace_keys=tuple(dict.fromkeys([*first.replace_keys, *second.replace_keys])),
        differs={**second.differs, **first.differs},
    )


def _policy(event: Mapping[str, Any]) -> Policy:
    return Policy(
        rule=str(event.get("policyName", "")),
        urn=str(event.get("resourceUrn", "")),
        message=str(event.get("message", "")).strip(),
        mandatory=event.get("enforcementLevel") in ("mandatory", "remediate"),
    )


def plain(value: Any) -> Any:
    """`value` without what only Pulumi needs, and its markers as plain words."""
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        if SIGNATURE in fields:
            return SECRET if "ciphertext" in fields or "plaintext" in fields else "[asset]"
        return {key: plain(one) for key, one in fields.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(one) for one in cast(list[Any], value)]
    return value


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
