"""The words that rules are made of."""

import pytest

from policy.checks import (
    ABSENT,
    STATED,
    at_least,
    beside,
    equal,
    flags,
    items,
    must,
    unless,
    values,
)
from policy.model import UNKNOWN, Check, Resource

INPUTS = {
    "one": {"two": True},
    "many": [{"two": 1}, {"two": None}],
    "none": [],
    "later": UNKNOWN,
    "mixed": [{"two": UNKNOWN}, {"two": 3}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("one.two", [("one.two", True)]),
        ("one.three", [("one.three", None)]),
        ("absent.two", [("absent.two", None)]),
        ("many.two", [("many[0].two", 1), ("many[1].two", None)]),
        ("none.two", [("none.two", None)]),
        ("later.two.three", [("later.two.three", UNKNOWN)]),
        ("mixed.two", [("mixed[0].two", UNKNOWN), ("mixed[1].two", 3)]),
        ("one.two.three", [("one.two.three", None)]),
    ],
)
def test_a_path_leads_to_all_that_stands_there(path: str, found: list[tuple[str, object]]):
    assert list(values(INPUTS, path)) == found


def said(check: Check, **inputs: object) -> list[tuple[str, object]]:
    found = check(Resource("a:b/c:D", "d", inputs))
    return [(finding.path, finding.given) for finding in found]


def test_a_number_is_no_truth():
    assert said(must("on", equal(True)), on=1) == [("on", 1)]


def test_what_is_not_known_is_found_as_such():
    assert said(must("on", equal(True)), on=UNKNOWN) == [("on", UNKNOWN)]
    assert said(must("on", ABSENT), on=UNKNOWN) == [("on", UNKNOWN)]


def test_each_item_of_a_list_is_tested():
    check = items("sizes", at_least(3))
    assert said(check, sizes=[3, 2, 5.0, "1"]) == [("sizes", 2), ("sizes", "1")]
    assert said(check, sizes=[]) == said(check) == []


def test_an_exemption_may_be_unknown():
    check = unless("primary", must("on", equal(True)))
    assert said(check, primary="p") == said(check, primary=UNKNOWN) == []
    assert said(check) == [("on", None)]


def test_flags_are_found_by_name():
    check = flags("flags", {"log": equal("on"), "audit": STATED})
    stated = [{"name": "log", "value": "off"}, {"name": "audit", "value": UNKNOWN}]
    assert said(check, flags=stated) == [("flags[log]", "off"), ("flags[audit]", UNKNOWN)]
    assert said(check) == [("flags[log]", None), ("flags[audit]", None)]
    assert said(check, flags=UNKNOWN) == [("flags", UNKNOWN)]


def test_a_companion_is_missed_once():
    judge = beside("a", "b", "a b that is on", must("on", equal(True)))
    first, second = Resource("a", "1", {}), Resource("a", "2", {})

    def missed(*companions: Resource) -> list[tuple[str, object]]:
        return [(one.name, found.given) for one, found in judge([first, second, *companions])]

    assert missed() == [("1", None)]
    assert missed(Resource("b", "3", {"on": False})) == [("1", None)]
    assert missed(Resource("b", "3", {"on": UNKNOWN})) == [("1", UNKNOWN)]
    assert missed(Resource("b", "3", {}), Resource("b", "4", {"on": True})) == []
    assert list(judge([])) == []
