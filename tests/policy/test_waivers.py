"""Waivers: what they accept, and when they are refused themselves."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from policy.evaluation import PLATFORM, Stack, judge
from policy.model import UNKNOWN, Resource
from policy.waiver import Waiver
from tests.policy.graphs import both, given, stack
from tests.programs import STACKS, deploy, stack_config

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
RULE = "database-two-zones"
REASON = "A rehearsal of an hour, without anybody's data."
TODAY = date(2026, 11, 21)

in_one_zone = given(SQL, "settings.availabilityType", "ZONAL", "database")


def waived(*waivers: Mapping[str, Any]):
    return given(PLATFORM, "waivers", [{"rule": RULE, "reason": REASON, **one} for one in waivers])


def outcome(*changes: Any) -> tuple[list[str], list[str]]:
    """What is refused and what is waived of prod after `changes`, by id."""
    verdict = judge(both(*changes)(list(stack("prod"))), TODAY)
    refused = [violation.rule.id for violation in verdict.violations]
    return refused, [f"{one.rule.id}: {one.reason}" for one in verdict.waived]


def test_without_a_waiver_it_is_refused():
    assert outcome(in_one_zone) == ([RULE], [])


@pytest.mark.parametrize("waiver", [{}, {"resource": "database"}, {"until": "2026-11-21"}], ids=str)
def test_a_waiver_accepts_it_with_its_reason(waiver: Mapping[str, Any]):
    assert outcome(in_one_zone, waived(waiver)) == ([], [f"{RULE}: {REASON}"])


def test_a_waiver_for_another_resource_accepts_nothing():
    refused = [RULE, "waiver-applies"]
    assert outcome(in_one_zone, waived({"resource": "other"})) == (refused, [])


def test_a_waiver_whose_day_has_passed_accepts_nothing():
    refused = [RULE, "waiver-applies"]
    assert outcome(in_one_zone, waived({"until": "2026-11-20"})) == (refused, [])


def test_a_waiver_for_nothing_is_refused():
    assert outcome(waived({})) == (["waiver-applies"], [])


def test_a_waiver_for_what_is_not_known_yet_stands():
    unknown = given(SQL, "settings.availabilityType", UNKNOWN, "database")
    verdict = judge(both(unknown, waived({}))(list(stack("prod"))), TODAY)
    assert verdict.violations == []
    assert [one.rule.id for one in verdict.undecided] == [RULE]


def test_prod_has_no_waivers():
    assert "alphintra:waivers" not in stack_config("prod")
    assert Stack.of(stack("prod")).waivers == ()


def test_each_waiver_of_staging_accepts_something():
    verdict = judge(stack("staging"), TODAY)
    assert {one.rule.id for one in verdict.waived} == {RULE}


@pytest.mark.parametrize("name", STACKS)
def test_what_the_stack_is_stands_in_the_platform(name: str):
    config, platform = stack_config(name), deploy(name).only("index:Platform")
    assert platform.inputs["environment"] == config["alphintra:environment"]
    assert platform.inputs["target"] == config["alphintra:target"]
    assert len(platform.inputs["waivers"]) == (name == "staging")


def test_a_stack_of_which_nothing_is_said_keeps_to_the_strictest():
    assert Stack.of([Resource(SQL, "database", {})]).environment == "prod"


@pytest.mark.parametrize("wrong", [{"rule": "no-such"}, {"reason": "cheap"}, {"colour": "red"}])
def test_a_wrong_waiver_is_none(wrong: Mapping[str, Any]):
    with pytest.raises(ValidationError):
        Waiver.model_validate({"rule": RULE, "reason": REASON, **wrong})


def test_a_waiver_reads_as_a_warning():
    waiver = Waiver(rule=RULE, reason=REASON, resource="database", until=TODAY)
    assert str(waiver) == f"{RULE} is waived for database until 2026-11-21: {REASON}"
