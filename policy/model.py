"""What a rule is, what it judges, and what it finds."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from policy.origin import settings_of

Severity = Literal["medium", "high", "critical"]

ENVIRONMENTS: Final = ("dev", "staging", "prod")
LIKE_PROD: Final = ("staging", "prod")
"""Staging rehearses prod: it keeps to the same rules, and waives what it can't afford."""


class Unknown(Enum):
    """A value that only the deployment will tell."""

    UNKNOWN = "not known yet"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Resource:
    """A resource as the program asks for it."""

    type: str
    """Pulumi's token, such as `gcp:sql/databaseInstance:DatabaseInstance`."""
    name: str
    inputs: Mapping[str, Any]
    """Plain values in the provider's camelCase, secrets unwrapped, UNKNOWN where not known yet."""
    urn: str = ""

    @property
    def label(self) -> str:
        return f"{self.name} ({self.type.rsplit(':', 1)[-1]})"


@dataclass(frozen=True)
class Finding:
    """A value that is not as a rule wants it, or not known yet."""

    path: str
    given: Any
    wanted: str

    def says(self, origin: Sequence[str] = ()) -> str:
        """In words; `origin` are the settings that it comes from."""
        given = "nothing" if self.given is None else json.dumps(self.given, default=str)
        source = f" (from {' and '.join(origin)})" if origin else ""
        return f"{self.path}: given {given}{source}; must be {self.wanted}"


Check = Callable[[Resource], Iterable[Finding]]
GraphCheck = Callable[[Sequence[Resource]], Iterable[tuple[Resource, Finding]]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A control. Its `id` is what waivers name, so it never changes."""

    id: str
    title: str
    """What must be, in a sentence."""
    sources: tuple[str, ...]
    """Who asks for it: CIS benchmarks by number, checkov's rules by id, pages of Google's."""
    severity: Severity
    remedy: str
    """What to do in this project when it is violated."""
    environments: tuple[str, ...] = ENVIRONMENTS


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A control of one resource by itself."""

    types: tuple[str, ...]
    """The tokens of the resources that it judges; `*` stands for anything."""
    check: Check

    def judges(self, type_: str) -> bool:
        return any(fnmatchcase(type_, pattern) for pattern in self.types)


@dataclass(frozen=True, kw_only=True)
class GraphRule(Rule):
    """A control of what there must be beside a resource."""

    check: GraphCheck


@dataclass(frozen=True)
class Violation:
    """A rule that a resource breaks."""

    rule: Rule
    resource: Resource
    finding: Finding
    reason: str = field(default="")
    """Why it is accepted, where it is waived."""

    @property
    def words(self) -> str:
        """What stands there, what must, and what to do."""
        origin = settings_of(self.resource.type, self.finding.path)
        return f"{self.finding.says(origin)}. {self.rule.remedy}"

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.resource.label}: {self.words}"
