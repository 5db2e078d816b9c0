"""What the stack consists of, read from its recorded state: so what is made by hand is the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from components.database import ADMIN

SECRET = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a secret in its state; its value is JSON in `plaintext`."""
CONTAINER, NETWORK, VOLUME = (
    f"docker:index/{kind}:{kind.capitalize()}" for kind in ("container", "network", "volume")
)
DYNAMIC = "pulumi-python:dynamic/alphintra:"


def plain(value: Any) -> Any:
    """`value` without Pulumi's marks."""
    if isinstance(value, dict):
        mapping = cast(dict[str, Any], value)
        if SECRET in mapping:
            return plain(json.loads(mapping["plaintext"]))
        return {key: plain(one) for key, one in mapping.items() if key != "__defaults"}
    if isinstance(value, list):
        return [plain(one) for one in cast(list[Any], value)]
    return value


@dataclass(frozen=True)
class Recipe:
    """The inputs of a stack's resources."""

    resources: Sequence[tuple[str, dict[str, Any]]]

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [inputs for one, inputs in self.resources if one == type_]

    def container(self, name: str) -> dict[str, Any]:
        """The container of a component, by the end of its name."""
        (found,) = [one for one in self.of(CONTAINER) if one["hostname"] == name]
        return found

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The Kubernetes objects, namespaces first."""
        found = [
            {**inputs, "kind": inputs["kind"].removesuffix("Patch")}
            for type_, inputs in self.resources
            if type_.startswith("kubernetes:")
        ]
        return sorted(found, key=lambda one: one["kind"] != "Namespace")

    @property
    def sql(self) -> str:
        """Roles and databases, all in one go."""
        roles = "".join(
            # The administrator is there from the server's start.
            f"{'ALTER' if one['role'] == ADMIN else 'CREATE'} ROLE "
            f'"{one["role"]}" LOGIN '
            f"{'REPLICATION' if one.get('may_replicate') else 'NOREPLICATION'} "
            f"PASSWORD '{one['password']}';\n"
            for one in self.of(f"{DYNAMIC}PostgresRole")
        )
        return roles + "".join(
            f'CREATE DATABASE "{one["database"]}" OWNER "{one["owner"]}";\n'
            f'REVOKE ALL ON DATABASE "{one["database"]}" FROM PUBLIC;\n'
            for one in self.of(f"{DYNAMIC}PostgresDatabase")
        )


def recipe(state: Sequence[Mapping[str, Any]]) -> Recipe:
    """From the resources of an exported state with its secrets in plain text."""
    return Recipe([(one["type"], plain(one.get("inputs") or {})) for one in state])
