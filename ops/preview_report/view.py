"""What a report shows, as text: every value has gone through the mask, and nothing else is shown.

The renderers (Markdown, HTML, SVG) get this and no more.
"""

from dataclasses import dataclass

from ops.preview_report.verdict import Verdict


@dataclass(frozen=True)
class ChangeView:
    path: str
    kind: str
    old: str
    new: str
    forces: bool
    uncertain: bool


@dataclass(frozen=True)
class FindingView:
    verdict: Verdict
    rule: str
    title: str
    why: str
    resource: str
    path: str
    old: str
    new: str
    note: str


@dataclass(frozen=True)
class ResourceView:
    sign: str
    op: str
    name: str
    type: str
    verdict: Verdict
    data: str
    """What of the kind that holds data it is."""
    uncertain: bool
    """Whether nothing of it is known to change."""
    renamed_from: str
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True)
class GroupView:
    component: str
    settings: tuple[ChangeView, ...]
    """What changes of what the component is told: the reason of the rest, mostly."""
    resources: tuple[ResourceView, ...]

    @property
    def verdict(self) -> Verdict:
        return max((one.verdict for one in self.resources), default=Verdict.SAFE)

    def count(self, sign: str) -> int:
        return sum(one.sign == sign for one in self.resources)


@dataclass(frozen=True)
class CostView:
    resource: str
    old: str
    new: str
    delta: float


@dataclass(frozen=True)
class UseView:
    """What a resource costs by its use; `delta` is None where there is no price."""

    resource: str
    how: str
    delta: float | None


@dataclass(frozen=True)
class StackView:
    name: str
    world: str
    """`simulation` or `cloud`."""
    verdict: Verdict
    findings: tuple[FindingView, ...]
    groups: tuple[GroupView, ...]
    same: int
    before: float
    after: float
    costs: tuple[CostView, ...]
    usage: tuple[UseView, ...]
    unpriced: tuple[str, ...]
    waived: tuple[tuple[str, str, str], ...]
    """Sign, rule, words: `+` added, `-` removed, empty for those that stay."""
    violations: tuple[tuple[str, str, str], ...]
    """Rule, resource, words."""
    policy: bool
    """Whether the stack is held to the policy."""
    components: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    seconds: float
    complete: bool = True
    """Whether the preview came as far as the stack: else nothing can be said of its cost."""

    def count(self, sign: str) -> int:
        return sum(group.count(sign) for group in self.groups)

    @property
    def delta(self) -> float:
        return self.after - self.before

    @property
    def delta_by_use(self) -> float:
        """Of what has a price, at the use that is assumed."""
        return sum(one.delta or 0.0 for one in self.usage)


@dataclass(frozen=True)
class ReportView:
    base: str
    head: str
    drift: bool
    """Whether the stacks' real state was compared."""
    stacks: tuple[StackView, ...]
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        return max((one.verdict for one in self.stacks), default=Verdict.SAFE)
