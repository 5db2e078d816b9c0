"""The parity report says all that there is to say, and nothing that no test shows."""

import ast
import os
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

import pytest

from components.parity import Approximated, Lacking, Same, Statement
from components.spec import Spec
from stacks import parity
from stacks.config import Settings
from tests.cloud_tables import PAGES
from tests.components.test_specs import NO_EFFECT
from tests.contract.expected import EXPECTED
from tests.programs import ROOT, SPECS, build

PAGE = ROOT / "docs/parity.md"
ACCEPT = "ACCEPT=1 .venv/bin/pytest tests/stacks/test_statements.py"
LINES = list(parity.lines())


def specs_in(annotation: Any) -> list[type[Spec]]:
    """The specs that a field holds: itself, or in a table or list."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in specs_in(part)]


def capability_specs() -> dict[str, type[Spec]]:
    """Capability → its spec, for all that a stack file can set."""
    found = [
        spec for field in Settings.model_fields.values() for spec in specs_in(field.annotation)
    ]
    modules = {spec: spec.__module__.split(".") for spec in found}
    return {path[1]: spec for spec, path in modules.items() if path[0] == "components"}


def settings_of(spec: type[Spec], inside: str = "", said: str = "") -> Iterator[tuple[str, str]]:
    """Each field with its description; what stands in a table has the table's words too."""
    for name, field in spec.model_fields.items():
        words = " ".join(f"{said} {field.description}".split())
        yield f"{inside}{name}", words
        for nested in specs_in(field.annotation):
            yield from settings_of(nested, f"{inside}{name}.", words)


def outputs_of(capability: str) -> list[str]:
    """The fields and properties of its record; nothing for what has none."""
    module = import_module(f"components.{capability}")
    record: Any = getattr(module, f"{capability.capitalize()}Outputs", None)
    if record is None:
        return []
    derived = [name for name in dir(record) if isinstance(getattr(record, name), property)]
    return [*(field.name for field in fields(record)), *derived]


SETTINGS = {capability: dict(settings_of(spec)) for capability, spec in capability_specs().items()}


def subjects(statements: tuple[Statement, ...]) -> list[str]:
    return [statement.subject for statement in statements]


def test_every_capability_is_in_the_report():
    folders = {path.parent.name for path in (ROOT / "components").glob("*/__init__.py")}
    assert set(parity.STATEMENTS) == folders
    assert set(SETTINGS) <= folders


@pytest.mark.parametrize("capability", parity.STATEMENTS)
def test_every_setting_has_one_statement(capability: str):
    stated = subjects(parity.STATEMENTS[capability].settings)
    assert sorted(stated) == sorted(SETTINGS.get(capability, {}))


@pytest.mark.parametrize("capability", parity.STATEMENTS)
def test_every_output_has_one_statement(capability: str):
    stated = subjects(parity.STATEMENTS[capability].outputs)
    assert sorted(stated) == sorted(outputs_of(capability))


@pytest.mark.parametrize("capability", parity.STATEMENTS)
def test_every_guarantee_has_one_statement(capability: str):
    stated = subjects(parity.STATEMENTS[capability].guarantees)
    assert stated and len(set(stated)) == len(stated)


def rows_of(page: str) -> list[str]:
    """What stands in the first column of a page's settings, without the names of groups."""
    text = (ROOT / f"docs/cloud/{page}.md").read_text()
    (section,) = [
        one for one in re.split(r"^## ", text, flags=re.M) if one.startswith("Settings\n")
    ]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [first.strip() for first, *others in cells[2:] if any(map(str.strip, others))]


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_of_the_cloud_is_summed_up_by_a_guarantee(page: str):
    beginnings = [
        beginning
        for statement in parity.STATEMENTS[page].guarantees
        for beginning in filter(None, statement.rows.split(" | "))
    ]
    rows = rows_of(page)
    assert [row for row in rows if not row.startswith(tuple(beginnings))] == []
    assert [one for one in beginnings if not any(row.startswith(one) for row in rows)] == []


@pytest.mark.parametrize("target", parity.TARGETS)
@pytest.mark.parametrize("capability", SETTINGS)
def test_a_description_and_its_statement_agree(capability: str, target: str):
    """What a target can't honour says so in the setting's description, and only that lacks."""
    for statement in parity.STATEMENTS[capability].settings:
        no_effect = NO_EFFECT[target] in SETTINGS[capability][statement.subject]
        said = type(parity.fidelities(statement)[target])
        allowed = {Approximated, Lacking} if no_effect else {Same, Approximated}
        assert said in allowed, statement.subject


@pytest.mark.parametrize("target", parity.TARGETS)
@pytest.mark.parametrize("capability", SPECS)
def test_an_output_that_is_empty_is_not_the_same(capability: str, target: str):
    result = build(capability, target).result
    for statement in parity.STATEMENTS[capability].outputs:
        if result.get(statement.subject) in ("", [], {}):
            said = parity.fidelities(statement)[target]
            assert not isinstance(said, Same), statement.subject


def test_what_is_said_is_short_and_whole():
    for said in (one for line in LINES for one in parity.fidelities(line.statement).values()):
        match said:
            case Approximated(how=text) | Lacking(means=text):
                assert 10 < len(text) < 200 and text.endswith("."), text
            case Same(backed_by=test):
                assert "::test_" in test or "::Test" in test, test


def test_on_google_cloud_nothing_counts_as_tried():
    """No test of this project has reached Google: a contract test that was never run there shows
    nothing of it."""
    assert parity.counts(LINES)["gcp"]["tried"] == 0
    assert parity.counts(LINES)["local"]["tried"] > 0


@pytest.mark.parametrize("target", parity.TARGETS)
def test_where_the_contract_is_known_not_to_hold_nothing_is_the_same(target: str):
    known = {f"tests/contract/{test}" for test in EXPECTED[target]}
    for statement in (line.statement for line in LINES):
        said = parity.fidelities(statement)
        tests = {one.backed_by for one in said.values() if isinstance(one, Same)}
        assert not (tests & known and isinstance(said[target], Same)), statement.subject


def named_tests() -> set[str]:
    cells = [one for line in LINES for one in parity.fidelities(line.statement).values()]
    backed = [one.backed_by for one in cells if isinstance(one, Same | Approximated)]
    return set(filter(None, backed))


def files_named() -> list[str]:
    return sorted({test.partition("::")[0] for test in named_tests()})


def without_parameters(test: str) -> str:
    return test.partition("[")[0]


def found_in(file: str) -> Iterator[str]:
    """The ids of a file's tests, without parameters."""
    for node in ast.parse((ROOT / file).read_text()).body:
        for test in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(test, ast.FunctionDef):
                inside = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
                yield f"{file}::{inside}{test.name}"


def test_every_test_that_is_named_exists():
    there = {test for file in files_named() for test in found_in(file)}
    assert set(map(without_parameters, named_tests())) - there == set()


@pytest.mark.slow
def test_every_test_that_is_named_is_collected():
    """With its parameters, too, as pytest itself names them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts="]
    done = subprocess.run(
        [*command, *files_named()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    ids = {line for line in done.stdout.splitlines() if "::" in line}
    assert named_tests() - ids - set(map(without_parameters, ids)) == set(), done.stdout[-2000:]


def test_the_page_is_up_to_date():
    if os.environ.get("ACCEPT"):
        PAGE.write_text(parity.markdown())
    assert parity.markdown() == PAGE.read_text(), f"if that is meant: {ACCEPT}"


def test_the_report_counts_each_statement_once(capsys: pytest.CaptureFixture[str]):
    parity.main([])
    printed = capsys.readouterr().out
    for target, found in parity.counts(LINES).items():
        assert sum(found[kind] for kind in parity.KINDS.values()) == len(LINES)
        assert f"{parity.TARGETS[target]}: {found['same']} same" in printed
    assert all(name.upper() in printed for name in parity.STATEMENTS)


def test_what_is_lacking_can_be_had_alone(capsys: pytest.CaptureFixture[str]):
    parity.main(["--lacking"])
    printed = capsys.readouterr().out
    assert "hardware_keys" in printed and "checkpoint_completion_target" not in printed


def test_the_program_reads_no_statement():
    """It would be slower to start, for nothing that it does."""
    for package in ("components", "stacks", "policy", "ops"):
        for path in (ROOT / package).rglob("*.py"):
            if path.stem.startswith("parity"):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom):
                    assert not re.search(r"\bparity", node.module or ""), path


POOLS: dict[str, Any] = {"general": {}, "jobs": {}}
FREEZES: dict[str, Any] = {"audit": {"first_day": "2027-03-01", "last_day": "2027-03-05"}}
TABLES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "pools": (
        POOLS,
        "jobs",
        {
            "cpus": 2,
            "memory_gb": 32,
            "min_nodes": 2,
            "max_nodes": 4,
            "disk_gb": 200,
            "spot": True,
            "reserved_for": "jobs",
            "upgrade": "blue_green",
        },
    ),
    "change_freezes": (
        FREEZES,
        "audit",
        {"first_day": "2027-03-02", "last_day": "2027-03-04"},
    ),
}
"""A table of the cluster's settings → what stands in it, the entry that is changed, and another
valid value for each of its fields."""
IN_TABLES = [
    pytest.param("cluster", setting, target, id=f"cluster-{setting}-{target}")
    for setting in SETTINGS["cluster"]
    if "." in setting
    for target in parity.TARGETS
]


@pytest.mark.parametrize(("capability", "setting", "target"), IN_TABLES)
def test_what_stands_in_a_table_reaches_the_provider(capability: str, setting: str, target: str):
    table, field = setting.split(".")
    entries, entry, others = TABLES[table]
    changed = {**entries, entry: {**entries[entry], field: others[field]}}

    def graph(value: dict[str, Any]) -> Any:
        spec = type(SPECS[capability]).model_validate({table: value})
        return sorted(
            str((n.type, n.name, n.inputs)) for n in build(capability, target, spec).nodes.values()
        )

    differs = graph(entries) != graph(changed)
    assert differs == (NO_EFFECT[target] not in SETTINGS[capability][setting])
