"""What differs is told by meaning."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.preview_report import changes
from ops.preview_report.changes import Change, compare
from ops.preview_report.model import SECRET, UNKNOWN
from tests.ops.preview_report import logs

RULES = [{"name": "a", "port": 1}, {"name": "b", "port": 2}, {"name": "c", "port": 3}]
TYPE = "gcp:sql/databaseInstance:DatabaseInstance"


def of(old: Any, new: Any) -> list[Change]:
    return list(compare(old, new))


def test_a_rule_inserted_in_the_middle_is_one_addition():
    new = [RULES[0], {"name": "x", "port": 9}, *RULES[1:]]
    assert of({"rules": RULES}, {"rules": new}) == [
        Change("rules[x]", "added", None, {"name": "x", "port": 9})
    ]


def test_a_text_inserted_in_the_middle_is_one_addition():
    assert of({"r": ["10.0.0.0/8", "10.2.0.0/16"]}, {"r": ["10.0.0.0/8", "x", "10.2.0.0/16"]}) == [
        Change("r[1]", "added", None, "x")
    ]


def test_an_item_that_changes_is_told_by_its_name():
    new = [RULES[0], {"name": "b", "port": 22}, RULES[2]]
    assert of({"rules": RULES}, {"rules": new}) == [Change("rules[b].port", "changed", 2, 22)]


def test_another_order_is_just_that():
    assert [one.kind for one in of(RULES, RULES[::-1])] == ["reordered"]
    assert [one.kind for one in of(["a", "b"], ["b", "a"])] == ["reordered"]


def test_a_list_of_labels_is_read_as_labels():
    old = [{"label": "stack", "value": "dev"}]
    new = [*old, {"label": "team", "value": "trading"}]
    assert of({"labels": old}, {"labels": new}) == [
        Change("labels[team]", "added", None, "trading")
    ]


def test_texts_that_are_json_are_compared_inside():
    assert of({"p": '{"a": 1, "b": [1]}'}, {"p": '{"b": [1], "a": 2}'}) == [
        Change("p.a", "changed", 1, 2)
    ]


@given(
    names=st.lists(st.text(min_size=1), unique=True, min_size=1, max_size=12),
    where=st.integers(min_value=0, max_value=12),
)
def test_whatever_is_inserted_wherever_is_one_addition(names: list[str], where: int):
    first, *rest = names
    old = [{"name": name, "v": 1} for name in rest]
    new = [*old[:where], {"name": first, "v": 1}, *old[where:]]
    (change,) = of({"items": old}, {"items": new})
    assert (change.kind, change.new) == ("added", {"name": first, "v": 1})
    (change,) = of({"items": new}, {"items": old})
    assert (change.kind, change.old) == ("removed", {"name": first, "v": 1})


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=8),  # null is the same as nothing
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(old=VALUES, new=VALUES)
def test_nothing_is_told_of_the_same_and_something_of_what_differs(old: Any, new: Any):
    assert of(old, old) == []
    assert old == new or of({"x": old}, {"x": new})


def replaced(keys: list[str], differs: dict[str, str], old: Any, new: Any) -> dict[str, bool]:
    line = logs.step("replace", TYPE, "database", old, new, keys=keys, differs=differs)
    (step,) = logs.preview(line).steps
    return {one.path: one.forces for one in changes.of(step)}


@pytest.mark.parametrize(
    ("keys", "differs", "forcing"),
    [
        (["region"], {}, {"region"}),
        (["settings"], {"settings.tier": "update-replace"}, {"settings.tier"}),
        # The provider's own logic, of which it only tells that it decided.
        (["__meta"], {"__meta": "update-replace", "region": "update"}, {"region"}),
    ],
)
def test_what_forces_a_replacement_is_told_as_exactly_as_the_provider_does(
    keys: list[str], differs: dict[str, str], forcing: set[str]
):
    old = {"region": "a", "settings": {"tier": "s", "size": 1}}
    new = {"region": "b", "settings": {"tier": "m", "size": 2}}
    found = replaced(keys, differs, old, new)
    assert set(found) == {"region", "settings.tier", "settings.size"}
    assert {path for path, forces in found.items() if forces} == forcing


def test_a_secret_that_changes_is_told_without_its_value():
    assert replaced(
        ["data"], {"data.key": "update-replace"}, {"data": SECRET}, {"data": SECRET}
    ) == {"data": True}


def test_what_only_the_deployment_tells_is_told_apart():
    (change,) = of({"a": "10.0.0.1"}, {"a": UNKNOWN})
    assert change.only_unknown
    (change,) = of({"a": "10.0.0.1"}, {"a": "10.0.0.2"})
    assert not change.only_unknown
