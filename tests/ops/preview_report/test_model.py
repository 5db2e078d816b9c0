"""A preview is read from Pulumi's events, whatever else stands among them."""

import json

from ops.preview_report import model
from ops.preview_report.model import SECRET, UNKNOWN, Op
from tests.ops.preview_report import logs

SQL = "gcp:sql/databaseInstance:DatabaseInstance"


def test_a_replacement_is_one_step_with_both_sides_and_what_forces_it():
    lines = [
        logs.step("create-replacement", SQL, "database", {"a": 1}, {"a": 2}, keys=["a"]),
        logs.step(
            "replace", SQL, "database", {"a": 1}, {"a": 2}, differs={"a.b": "update-replace"}
        ),
        logs.step("delete-replaced", SQL, "database", {"a": 1}),
    ]
    for order in (lines, lines[::-1]):
        (step,) = logs.preview(*order).steps
        assert (step.op, step.replace_keys, dict(step.differs)) == (
            Op.REPLACE,
            ("a",),
            {"a.b": "update-replace"},
        )
        assert step.old and step.new
        assert (step.old.inputs, step.new.inputs) == ({"a": 1}, {"a": 2})


def test_an_unknown_step_is_never_taken_for_nothing():
    (step,) = logs.preview(logs.step("transmogrify", SQL, "database", {}, {})).changed
    assert (step.op, step.word) == (Op.OTHER, "transmogrify")


def test_what_is_of_no_known_kind_is_counted_and_the_rest_is_read():
    lines = [
        json.dumps({"sequence": 3, "somethingNewEvent": {"a": 1}}),
        json.dumps({"resOutputsEvent": {"metadata": {}}}),
        json.dumps({"policyLoadEvent": {}}),
        logs.step("create", SQL, "database", None, {}),
        logs.diagnostic("debugging", "debug"),
        logs.diagnostic("careful", "warning"),
        '{"resourcePreEvent": {"metada',
    ]
    preview = model.read(lines)
    assert (len(preview.steps), preview.unread, preview.ended) == (1, 2, False)
    assert [one.severity for one in preview.diagnostics] == ["warning"]


def test_markers_become_words_and_what_only_pulumi_needs_goes():
    secret = {model.SIGNATURE: "1b47", "ciphertext": "v1:a:b"}
    told = {"__defaults": ["x"], "a": {"__defaults": [], "b": [secret, UNKNOWN]}, "__provider": "x"}
    assert model.plain(told) == {"a": {"b": [SECRET, UNKNOWN]}}


def test_an_alias_shows_as_a_new_name_of_the_same_resource():
    line = json.loads(logs.step("same", SQL, "database-primary", {"a": 1}, {"a": 1}))
    line["resourcePreEvent"]["metadata"]["old"]["urn"] = logs.urn(SQL, "database")
    (step,) = logs.preview(json.dumps(line)).changed
    assert step.renamed_from == logs.urn(SQL, "database")


def test_a_provider_written_down_anew_is_no_change():
    line = logs.step("update", "pulumi:providers:gcp", "default", {"v": "1"}, {"v": "1"})
    assert not logs.preview(line).changed
    line = logs.step("update", "pulumi:providers:gcp", "default", {"v": "1"}, {"v": "2"})
    assert logs.preview(line).changed


def test_policies_that_are_mandatory_are_told_from_advice():
    preview = logs.preview(logs.policy("a"), logs.policy("waived", "advisory"))
    assert [(one.rule, one.mandatory) for one in preview.policies] == [
        ("a", True),
        ("waived", False),
    ]
