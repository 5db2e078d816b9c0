"""What is in PostgreSQL and Redis: their own words against the state's inputs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.scram import is_verifier_of
from ops.access import REDIS_CLI
from ops.commands import Commands
from ops.drift.difference import Difference
from ops.pulumi_cli import Record, Resource
from ops.stack import Stack

ADMIN = "postgres"
"""Who may do everything."""
POSTGRES = """
SELECT json_build_object(
  'roles', (SELECT json_object_agg(rolname, json_build_array(
    rolcanlogin, rolreplication, rolsuper, rolpassword)) FROM pg_authid),
  'databases', (SELECT json_object_agg(datname, json_build_array(
    pg_get_userbyid(datdba),
    EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0)
  )) FROM pg_database),
  'settings', (SELECT json_object_agg(name, setting) FROM pg_settings),
  'altered', (SELECT coalesce(json_agg(name), '[]') FROM pg_file_settings
    WHERE sourcefile ~ 'postgresql.auto.conf$'));
"""
"""For each role: whether it may log in, replicate, do everything, and its password's verifier; for
each database: its owner, and whether everybody has a right to it; settings, and those among them
that ALTER SYSTEM was told."""


def differences(commands: Commands, _stack: Stack, state: Record) -> list[Difference]:
    found: list[Difference] = []
    for ending, ask, compare in (
        (("PostgresRole", "PostgresDatabase", "PostgresSettings"), postgres, in_postgres),
        (("RedisSettings",), redis, in_redis),
    ):
        ours = [one for one in state.resources if one.id and one.type.endswith(ending)]
        for container in sorted({one.inputs["container"] for one in ours}):
            said = ask(commands, container)
            for one in ours if said else ():
                if one.inputs["container"] == container:
                    found += compare(one, said)
    return found


def postgres(commands: Commands, container: str) -> Mapping[str, Any]:
    """What the server says; nothing where it does not answer, which its own row shows."""
    flags = ["--username=postgres", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
    command = ["docker", "exec", "--interactive", container, "psql", *flags]
    result = commands.ask(command, stdin=POSTGRES)
    return json.loads(result.out) if result.ok else {}


def redis(commands: Commands, container: str) -> Mapping[str, Any]:
    command = ["docker", "exec", "--interactive", container, "sh", "-c", REDIS_CLI]
    result = commands.ask(command, stdin="CONFIG GET *\nACL LIST\n")
    lines = result.out.splitlines()
    users = [line for line in lines if line.startswith("user ")]
    pairs = [line for line in lines if not line.startswith("user ")]
    if not (result.ok and users):
        return {}
    return {"settings": dict(zip(pairs[::2], pairs[1::2], strict=False)), "users": users}


def in_postgres(one: Resource, said: Mapping[str, Any]) -> Iterator[Difference]:
    inputs = one.inputs
    if one.type.endswith("PostgresSettings"):
        altered = dict.fromkeys(said["altered"], "")
        yield from _settings(one, {**altered, **inputs["settings"]}, said["settings"])
        return
    kind = "role" if one.type.endswith("PostgresRole") else "database"
    what = f"{kind} {one.id} in {inputs['container']}"
    there = said[f"{kind}s"].get(one.id)
    if there is None:
        yield Difference(one.urn, what, "")
    elif kind == "role":
        login, replication, super_, verifier = there
        expected = True, bool(inputs.get("may_replicate")), one.id == ADMIN
        found = login, replication, super_
        words = "may log in, replicate, do everything"
        if found != expected:
            yield Difference(one.urn, what, words, _yes(*expected), _yes(*found))
        if not is_verifier_of(verifier or "", inputs["password"]):
            yield Difference(one.urn, what, "password", "the stack's", "another")
    else:
        owner, public = there
        if owner != inputs["owner"]:
            yield Difference(one.urn, what, "owner", inputs["owner"], owner)
        if public:
            yield Difference(one.urn, what, "who may connect", "its owner", "everybody")


def in_redis(one: Resource, said: Mapping[str, Any]) -> Iterator[Difference]:
    yield from _settings(one, one.inputs["settings"], said["settings"])
    # Redis says the rules of a user in another order after each start.
    recorded: list[str] = one.outputs["access_list"]
    if sorted(map(in_order, recorded)) != sorted(map(in_order, said["users"])):
        names = ", ".join(sorted(line.split()[1] for line in said["users"]))
        expected, found = "the stack's", f"{names}, changed"
        yield Difference(one.urn, f"server {one.inputs['container']}", "users", expected, found)


def in_order(line: str) -> list[str]:
    return sorted(line.split())


def _settings(
    one: Resource, expected: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[Difference]:
    """Expected nothing where a setting is not to be told at all."""
    for name, value in expected.items():
        if found.get(name) != value:
            what = f"server {one.inputs['container']}"
            yield Difference(one.urn, what, f"setting {name}", value, found.get(name, ""))


def _yes(*facts: bool) -> str:
    return ", ".join("yes" if fact else "no" for fact in facts)
