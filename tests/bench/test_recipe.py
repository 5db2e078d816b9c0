"""What is made by hand is what the stack's state says."""

import json
from typing import Any

from bench.recipe import DYNAMIC, SECRET, plain, recipe


def secret(value: object) -> dict[str, str]:
    return {SECRET: "a signature", "plaintext": json.dumps(value)}


def test_marks_and_secrets_are_undone():
    state: dict[str, Any] = {
        "__defaults": ["a"],
        "a": secret({"b": [secret("c")]}),
        "d": [{"__defaults": []}],
    }
    assert plain(state) == {"a": {"b": ["c"]}, "d": [{}]}


def test_namespaces_come_first_and_a_patch_is_what_it_patches():
    state = [
        {"type": "kubernetes:core/v1:Secret", "inputs": {"kind": "Secret"}},
        {"type": "kubernetes:core/v1:NamespacePatch", "inputs": {"kind": "NamespacePatch"}},
        {"type": "pulumi:providers:kubernetes"},
    ]
    assert [one["kind"] for one in recipe(state).objects] == ["Namespace", "Secret"]


def test_roles_come_before_the_databases_that_they_own():
    state = [
        {
            "type": f"{DYNAMIC}PostgresDatabase",
            "inputs": {"database": "trading", "owner": "trader"},
        },
        {
            "type": f"{DYNAMIC}PostgresRole",
            "inputs": {"role": "trader", "password": secret("its own")},
        },
    ]
    assert recipe(state).sql.splitlines() == [
        "CREATE ROLE \"trader\" LOGIN NOREPLICATION PASSWORD 'its own';",
        'CREATE DATABASE "trading" OWNER "trader";',
        'REVOKE ALL ON DATABASE "trading" FROM PUBLIC;',
    ]
