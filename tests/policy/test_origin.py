"""The table of which input comes from which setting is what the program does."""

import json
import os
from collections.abc import Iterator
from typing import Any, cast

import pytest

from policy.origin import FILE, settings_of, settings_of_problem
from tests.components.test_specs import FIELDS, ONE_VALUE, another, with_field
from tests.graph import Graph
from tests.programs import build

SQL = "gcp:sql/databaseInstance:DatabaseInstance"


def differing(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The places at which two inputs differ; a list counts as one place."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast(dict[str, Any], one), cast(dict[str, Any], other)
        for key in sorted({*mine, *theirs}):
            yield from differing(mine.get(key), theirs.get(key), f"{path}.{key}".lstrip("."))
    elif one != other:
        yield path


def inputs(graph: Graph) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (node.type, node.name): node.inputs
        for node in graph.nodes.values()
        if node.type.startswith("gcp:")
    }


def table() -> str:
    """Type → input → settings, as the program has it."""
    found: dict[str, dict[str, set[str]]] = {}
    plain = {capability: inputs(build(capability, "gcp")) for capability, _ in FIELDS}
    for capability, field in FIELDS:
        if f"{capability}.{field}" in ONE_VALUE:
            continue
        changed = with_field(capability, field, another(capability, field))
        other = inputs(build(capability, "gcp", changed))
        for key in plain[capability].keys() & other.keys():
            for path in differing(plain[capability][key], other[key]):
                places = found.setdefault(key[0], {})
                places.setdefault(path, set()).add(f"{capability}.{field}")
    lines = ["# Made by the tests: ACCEPT=1 .venv/bin/pytest tests/policy/test_origin.py"]
    for type_ in sorted(found):
        lines += ["", f"[{json.dumps(type_)}]"]
        lines += [
            f"{json.dumps(path)} = {json.dumps(sorted(settings))}"
            for path, settings in sorted(found[type_].items())
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_the_table_is_what_the_program_does():
    made = table()
    if os.environ.get("ACCEPT"):
        FILE.write_text(made)
    assert FILE.read_text() == made, "if that is meant: ACCEPT=1 .venv/bin/pytest tests/policy"


def test_an_input_leads_to_its_setting():
    assert settings_of(SQL, "settings.availabilityType") == ["alphintra:database.highly_available"]
    assert settings_of("gcp:redis/instance:Instance", "tier") == [
        "alphintra:cache.highly_available"
    ]
    assert settings_of("gcp:compute/subnetwork:Subnetwork", "region") == ["gcp:region"]
    assert settings_of(SQL, "settings.ipConfiguration.ipv4Enabled") == []


def test_an_error_of_the_provider_names_the_setting():
    said = (
        "gcp:compute/subnetwork:Subnetwork resource 'network-public' has a problem: "
        '"ip_cidr_range" is not a valid IP CIDR range: invalid CIDR address: 10.0.0.0/99. '
        "Examine values at 'network-public.ipCidrRange'."
    )
    assert settings_of_problem(said) == ["alphintra:network.cidr"]
    assert settings_of_problem("something else") == []
