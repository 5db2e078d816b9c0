"""Each rule refuses what it is there to refuse, and nothing else."""

import os
import re
from typing import Any

import pytest

from policy.evaluation import WAIVER_APPLIES, evaluate
from policy.model import ENVIRONMENTS, UNKNOWN, Resource
from policy.rules import RULES, encryption, operation, workloads
from tests.policy.broken import BROKEN
from tests.policy.graphs import resources, stack
from tests.policy.page import table
from tests.programs import ROOT, deploy

IDS = [rule.id for rule in RULES]


@pytest.mark.parametrize("preview", [False, True], ids=["known", "preview"])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_stack_keeps_the_rules(name: str, preview: bool):
    assert list(map(str, evaluate(stack(name, preview)))) == []


def test_the_local_stack_keeps_those_that_are_for_it():
    assert list(map(str, evaluate(resources(deploy("dev"))))) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_a_wrong_edit_of_prod_is_refused_by_its_rule_alone(rule: str):
    spoilt = BROKEN[rule](list(stack("prod")))
    assert {violation.rule.id for violation in evaluate(spoilt)} == {rule}


def test_every_rule_has_something_that_violates_it():
    assert sorted(BROKEN) == sorted(IDS)


def test_ids_are_unique_and_stable_words():
    assert len(IDS) == len(set(IDS)) >= 30
    assert WAIVER_APPLIES.id not in IDS
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", rule) for rule in IDS)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_says_who_asks_for_it_and_what_to_do(rule: Any):
    assert rule.title and rule.remedy.endswith((".", "}", '"', ")"))
    assert rule.sources and all(
        source.startswith(
            ("CIS GCP 4.0 ", "CIS GKE 1.6 ", "CKV", "Google: ", "CFF ", "TGM ", "GKE ", "Ours: ")
        )
        for source in rule.sources
    )
    assert set(rule.environments) <= set(ENVIRONMENTS) and "prod" in rule.environments


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_judges_what_is_not_known_yet_without_refusing_it(rule: Any):
    """Every input of every resource unknown: nothing fails, nothing is refused."""
    unknown = [
        Resource(one.type, one.name, dict.fromkeys(one.inputs, UNKNOWN)) for one in stack("prod")
    ]
    found = [finding for one in unknown for finding in check(rule, one, unknown)]
    assert all(finding.given is UNKNOWN for finding in found)


def check(rule: Any, resource: Resource, graph: list[Resource]) -> list[Any]:
    if hasattr(rule, "types"):
        return list(rule.check(resource)) if rule.judges(resource.type) else []
    return [finding for _, finding in rule.check(graph)]


def test_rules_of_tables_judge_what_is_in_the_stacks():
    """A type that is misspelt in a table would never be judged."""
    types = {resource.type for resource in stack("prod")}
    later = {
        "gcp:storage/bucket:Bucket",
        *(type_ for type_ in workloads.POD_OF if type_ != "kubernetes:batch/v1:Job"),
    }
    for places in (encryption.KEY_OF, operation.LABELS_OF, workloads.POD_OF):
        assert set(places) - types <= later


def test_the_page_has_the_table_of_rules():
    page = ROOT / "docs" / "policy.md"
    begin, _, end = re.split(r"(?<=\n\n)(\| rule \|.*?\n)(?=\n)", page.read_text(), flags=re.DOTALL)
    if os.environ.get("ACCEPT"):
        page.write_text(begin + table() + end)
    accept = "if that is meant: ACCEPT=1 .venv/bin/pytest tests/policy"
    assert page.read_text() == begin + table() + end, accept
