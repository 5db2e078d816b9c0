"""What is watched in a project on Google Cloud: its cost, and changes that matter."""

import re

import pytest

from components.foundation.alerts import WATCHES
from tests.cloud_tables import costs, settings
from tests.components.test_foundation import spec
from tests.graph import Graph
from tests.programs import STACKS, build

BUDGETS = {"dev": "750", "staging": "1200", "prod": "4500"}


@pytest.fixture(scope="module", params=list(BUDGETS))
def environment(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def graph(environment: str) -> Graph:
    return build("foundation", "gcp", spec(environment))


def test_the_budget_is_of_the_whole_project(environment: str, graph: Graph):
    budget = graph.only("billing/budget:Budget").inputs
    assert budget["billingAccount"] == "012345-6789AB-CDEF01"
    assert budget["amount"] == {"specifiedAmount": {"units": BUDGETS[environment]}}
    assert budget["budgetFilter"]["projects"] == ["projects/123456789012"]
    assert budget["budgetFilter"]["calendarPeriod"] == "MONTH"
    assert "labels" not in budget["budgetFilter"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_quiet_month_sets_nothing_off(stack: str):
    """The second threshold is 80 %; one that is passed every month warns of nothing."""
    of = settings(stack)
    assert sum(costs(of).values()) < 0.8 * of.foundation.monthly_budget


def test_half_most_and_all_of_it_and_the_forecast_are_announced(graph: Graph):
    rules = graph.only("billing/budget:Budget").inputs["thresholdRules"]
    assert [(rule["thresholdPercent"], rule["spendBasis"]) for rule in rules] == [
        (0.5, "CURRENT_SPEND"),
        (0.8, "CURRENT_SPEND"),
        (1.0, "CURRENT_SPEND"),
        (1.0, "FORECASTED_SPEND"),
    ]


def test_warnings_reach_somebody(graph: Graph):
    mail = graph.only("NotificationChannel").inputs
    assert mail["type"] == "email"
    assert mail["labels"] == {"email_address": "platform@a-company.example"}
    told = graph.only("billing/budget:Budget").inputs["allUpdatesRule"]
    assert told["monitoringNotificationChannels"] == ["foundation-mail-id"]
    assert told["disableDefaultIamRecipients"] is False
    for alert in graph.of("alertPolicy:AlertPolicy"):
        assert alert.inputs["notificationChannels"] == ["foundation-mail-id"]


def test_every_change_that_matters_is_watched(graph: Graph):
    alerts = graph.of("alertPolicy:AlertPolicy")
    assert {node.name for node in alerts} == {f"foundation-alert-{key}" for key in WATCHES}
    for node in alerts:
        (condition,) = node.inputs["conditions"]
        found = condition["conditionMatchedLog"]["filter"]
        assert found.startswith('logName:"cloudaudit.googleapis.com" AND (')
        assert node.inputs["alertStrategy"]["notificationRateLimit"] == {"period": "300s"}


def test_the_benchmarks_list_is_watched_whole():
    sources = " ".join(watch.source for watch in WATCHES.values())
    for control in (f"2.{number}" for number in range(4, 12)):
        assert re.search(rf"CIS GCP {control}\b", sources), control


@pytest.mark.parametrize("key", WATCHES)
def test_a_filter_is_well_formed(key: str):
    text = re.sub(r'"[^"]*"', "x", WATCHES[key].filter)
    assert '"' not in text, "an open quote"
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    # AND and OR side by side would depend on which binds stronger.
    while re.search(r"\([^()]*\)", text):
        inner = re.search(r"\(([^()]*)\)", text)
        assert inner and not (" AND " in inner[1] and " OR " in inner[1]), inner and inner[1]
        text = re.sub(r"\([^()]*\)", "y", text)
    assert not (" AND " in text and " OR " in text), text
