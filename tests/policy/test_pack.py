"""The rules as Pulumi's policies: the same findings, through the SDK's own guards."""

# The SDK's types are not complete.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterable
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policy.model import UNKNOWN, Resource
from policy.pack import Pack, plain
from policy.rules import RULES
from tests.policy.broken import BROKEN
from tests.policy.graphs import stack

OPTIONS = PolicyResourceOptions(False, [], None, [], None, [], None)  # type: ignore[arg-type]


def proxied(value: Any) -> Any:
    """As the SDK hands inputs over."""

    def sent(value: Any) -> Any:
        if value is UNKNOWN:
            return UNKNOWN_STRING_VALUE
        if isinstance(value, dict):
            return {key: sent(one) for key, one in value.items()}  # pyright: ignore
        return [sent(one) for one in value] if isinstance(value, list) else value  # pyright: ignore

    return unknown_checking_proxy(sent(value))


def told(resources: Iterable[Resource]) -> set[str]:
    """What the pack reports of `resources`, by policy."""
    policies, reported, shown = Pack().policies(), set[str](), list[PolicyResource]()
    for one in resources:
        props, urn = proxied(one.inputs), one.urn or one.name
        shown.append(PolicyResource(one.type, props, urn, one.name, OPTIONS, None, None, [], {}))
        args = ResourceValidationArgs(one.type, props, urn, one.name, OPTIONS, None)
        for policy in policies:
            if isinstance(policy, ResourceValidationPolicy):
                policy.validate(args, lambda _, __, name=policy.name: reported.add(name))
    for policy in policies:
        if isinstance(policy, StackValidationPolicy):
            args = StackValidationArgs(shown)
            policy.validate(args, lambda _, __, name=policy.name: reported.add(name))
    return reported


def test_there_is_a_mandatory_policy_for_each_rule():
    waived, *policies = Pack().policies()
    assert waived.enforcement_level == EnforcementLevel.ADVISORY
    assert [policy.name for policy in policies] == [*(rule.id for rule in RULES), "waiver-applies"]
    assert all(policy.enforcement_level is None for policy in policies)  # the pack's: mandatory
    assert all(policy.remediation_steps for policy in policies)


def test_prod_passes_known_or_not():
    assert told(stack("prod")) == set()
    assert told(stack("prod", preview=True)) == set()


def test_what_staging_waives_is_told():
    assert told(stack("staging")) == {"waived"}


def test_a_violation_is_told_under_its_rule():
    for rule in ("database-private-address", "iam-no-public-grants", "budget-set"):
        assert told(BROKEN[rule](list(stack("prod")))) == {rule}


def test_values_come_through_the_guards():
    value = {"a": [UNKNOWN, {"b": 1}], "c": "text", "d": None}
    assert plain(proxied(value)) == value
