"""The rules as policies of Pulumi's: judged before each resource is made, in preview and up."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import proxy as sdk

from policy.evaluation import (
    PLATFORM,
    WAIVER_APPLIES,
    Stack,
    Verdict,
    idle_waivers,
    judge_graph,
    judge_resource,
)
from policy.model import UNKNOWN, Resource, ResourceRule, Rule
from policy.rules import RULES

UNKNOWNS = {value for name, value in vars(sdk).items() if name.startswith("UNKNOWN_")}
"""What stands for a value that is not known yet, by type."""


class Pack:
    """What Pulumi has shown of the stack so far, and what the rules say of it."""

    def __init__(self) -> None:
        self.stack = Stack()
        self.resources: dict[str, Resource] = {}
        self.verdicts: dict[str, Verdict] = {}

    def serve(self) -> None:
        """Answer Pulumi until it ends the process."""
        PolicyPack("alphintra", self.policies(), EnforcementLevel.MANDATORY)

    def policies(self) -> list[Policy]:
        """`waived` comes first: Pulumi asks in this order, and it judges for those that follow."""
        waived = ResourceValidationPolicy(
            name="waived",
            description="A rule that the stack file waives",
            validate=self.look,
            enforcement_level=EnforcementLevel.ADVISORY,
        )
        return [waived, *(self.policy(rule) for rule in (*RULES, WAIVER_APPLIES))]

    def policy(self, rule: Rule) -> Policy:
        common: dict[str, Any] = {
            "name": rule.id,
            "description": f"{rule.title} ({'; '.join(rule.sources)}).",
            "severity": Severity(rule.severity),
            "remediation_steps": rule.remedy,
        }
        if isinstance(rule, ResourceRule):
            return ResourceValidationPolicy(validate=partial(self.tell, rule), **common)
        return StackValidationPolicy(validate=partial(self.tell_of_all, rule), **common)

    def look(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        """Judge a resource, and say what is waived of it."""
        resource = Resource(args.resource_type, args.name, plain(args.props), args.urn)
        if resource.type == PLATFORM:
            self.stack = Stack.of([resource])
        self.resources[args.urn] = resource
        self.verdicts[args.urn] = verdict = judge_resource(resource, self.stack)
        for violation in verdict.waived:
            report(f"{violation.rule.id}: {violation.finding.says()}. {violation.reason}", None)

    def tell(self, rule: Rule, args: ResourceValidationArgs, report: ReportViolation) -> None:
        """Say where a resource breaks `rule`."""
        words = [
            violation.words
            for violation in self.verdicts[args.urn].violations
            if violation.rule is rule
        ]
        if words:
            report("\n".join(words), None)

    def tell_of_all(self, rule: Rule, args: StackValidationArgs, report: ReportViolation) -> None:
        """Say where the stack as a whole breaks `rule`."""
        there = [self.resources[one.urn] for one in args.resources if one.urn in self.resources]
        verdict = judge_graph(there, self.stack)
        if rule is WAIVER_APPLIES:
            for one in there:
                verdict.add(self.verdicts[one.urn])
            verdict.violations += idle_waivers(self.stack, verdict)
        for violation in verdict.violations:
            if violation.rule is rule:
                report(violation.words, violation.resource.urn or None)


def plain(value: Any) -> Any:
    """What the SDK hands over, without its guards against unknown values."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, Mapping):
        inside = cast(dict[str, Any], value["__target"])
        return {key: plain(one) for key, one in inside.items() if not key.startswith("__")}
    if isinstance(value, Sequence):
        listed = cast(Any, value)["__target"]
        return [plain(one) for one in cast(list[Any], listed)]
    return value
