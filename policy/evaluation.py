"""The rules applied to the resources of a stack."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from policy.model import (
    UNKNOWN,
    Finding,
    GraphRule,
    Resource,
    ResourceRule,
    Rule,
    Violation,
)
from policy.rules import RULES
from policy.waiver import Waiver

PLATFORM = "alphintra:index:Platform"
"""The component whose inputs say what the stack is."""
UNSAID = Resource(PLATFORM, "platform", {})
"""It, where there is none."""

WAIVER_APPLIES = Rule(
    id="waiver-applies",
    title="A waiver is for something: a rule that is violated, and a day that has not passed",
    sources=("the project's own",),
    severity="medium",
    remedy="Take it out of `alphintra:waivers`, or correct its rule, resource or date.",
)


@dataclass(frozen=True)
class Stack:
    """What the rules need to know of the stack as a whole."""

    platform: Resource = UNSAID
    """The component that says it."""
    environment: str = "prod"
    """Unless it is said, the strictest."""
    waivers: tuple[Waiver, ...] = ()
    today: date = field(default_factory=date.today)

    @staticmethod
    def of(resources: Sequence[Resource], today: date | None = None) -> "Stack":
        """What the platform component among `resources` says."""
        platform = next((one for one in resources if one.type == PLATFORM), UNSAID)
        said = platform.inputs
        return Stack(
            platform=platform,
            environment=said.get("environment", Stack.environment),
            waivers=tuple(map(Waiver.model_validate, said.get("waivers", ()))),
            today=today or date.today(),
        )

    def keeps(self, rule: Rule) -> bool:
        """Whether `rule` is for such a stack."""
        return self.environment in rule.environments


@dataclass
class Verdict:
    """All that the rules say of a stack."""

    violations: list[Violation] = field(default_factory=list[Violation])
    """What is refused, waivers that don't apply included."""
    waived: list[Violation] = field(default_factory=list[Violation])
    """What a waiver accepts, each with its reason."""
    undecided: list[Violation] = field(default_factory=list[Violation])
    """What can't be judged before the deployment tells a value; the rules run again then."""

    def sort(self, violation: Violation, stack: Stack) -> None:
        """Put `violation` where it belongs."""
        reasons = [
            waiver.reason
            for waiver in stack.waivers
            if waiver.covers(violation) and not waiver.expired(stack.today)
        ]
        if violation.finding.given is UNKNOWN:
            self.undecided.append(violation)
        elif reasons:
            self.waived.append(replace(violation, reason=reasons[0]))
        else:
            self.violations.append(violation)

    def add(self, other: "Verdict") -> None:
        self.violations += other.violations
        self.waived += other.waived
        self.undecided += other.undecided


def evaluate(resources: Sequence[Resource], today: date | None = None) -> list[Violation]:
    """What is refused of `resources`, a whole stack."""
    return judge(resources, today).violations


def judge(resources: Sequence[Resource], today: date | None = None) -> Verdict:
    """What the rules say of `resources`, a whole stack."""
    stack = Stack.of(resources, today)
    verdict = Verdict()
    for resource in resources:
        verdict.add(judge_resource(resource, stack))
    verdict.add(judge_graph(resources, stack))
    verdict.violations += idle_waivers(stack, verdict)
    return verdict


def judge_resource(resource: Resource, stack: Stack) -> Verdict:
    """What the rules say of one resource by itself."""
    verdict = Verdict()
    for rule in rules_for(resource.type):
        if stack.keeps(rule):
            for finding in rule.check(resource):
                verdict.sort(Violation(rule, resource, finding), stack)
    return verdict


@cache
def rules_for(type_: str) -> Sequence[ResourceRule]:
    """Those that judge resources of a type."""
    return [rule for rule in RULES if isinstance(rule, ResourceRule) and rule.judges(type_)]


def judge_graph(resources: Sequence[Resource], stack: Stack) -> Verdict:
    """What the rules say of what stands beside what."""
    verdict = Verdict()
    for rule in RULES:
        if isinstance(rule, GraphRule) and stack.keeps(rule):
            for resource, finding in rule.check(resources):
                verdict.sort(Violation(rule, resource, finding), stack)
    return verdict


def idle_waivers(stack: Stack, verdict: Verdict) -> Iterator[Violation]:
    """The waivers that are for nothing, when `verdict` is of the whole stack."""
    for waiver in stack.waivers:
        place = f"waivers[{waiver.rule}]"
        if waiver.expired(stack.today):
            finding = Finding(f"{place}.until", waiver.until, f"a day from {stack.today} on")
        elif not any(map(waiver.covers, [*verdict.waived, *verdict.undecided])):
            finding = Finding(place, waiver.reason, "for something that violates the rule")
        else:
            continue
        yield Violation(WAIVER_APPLIES, stack.platform, finding)
