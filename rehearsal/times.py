"""What a stack consists of, what stands on what, and how long each takes to make.

The figures are in `times.toml`, each with its source.
"""

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "times.toml").read_text())
LOGICAL = ("alphintra:", "pulumi:")
"""Components, providers and the stack: made at once, in no place."""


@dataclass(frozen=True)
class Figure:
    typical: float
    slow: float
    source: tuple[str, ...] = ()
    estimated: tuple[str, ...] = ()
    waits: str = ""
    """What is held to one at a time, with the resource's inputs in braces."""


NOTHING = Figure(0, 0)


@dataclass(frozen=True)
class Resource:
    urn: str
    type: str
    inputs: Mapping[str, Any]
    needs: frozenset[str]
    """The URNs that must be made before."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def label(self) -> str:
        return f"{self.name} ({self.type.rpartition(':')[2]})"


def resources(state: Mapping[str, Any]) -> list[Resource]:
    """Of what `pulumi stack export` writes; what is on its way out is left out."""
    every: list[dict[str, Any]] = state["deployment"]["resources"]
    here = [one for one in every if not one.get("delete")]
    urns = {one["urn"] for one in here}
    return [
        Resource(
            one["urn"],
            one["type"],
            one.get("inputs", {}),
            frozenset(set(_needs(one)) & urns - {one["urn"]}),
        )
        for one in here
    ]


def _needs(one: Mapping[str, Any]) -> Iterable[str]:
    yield from one.get("dependencies") or ()
    for urns in cast(Mapping[str, Sequence[str]], one.get("propertyDependencies") or {}).values():
        yield from urns or ()
    yield one.get("parent", "")
    yield one.get("provider", "").rpartition("::")[0]


@functools.cache
def _figures(type_: str) -> tuple[Figure, Mapping[str, Figure]] | None:
    """A type's figure, and those of its variants by the input that makes them."""
    pattern = next((one for one in TABLE["kind"] if fnmatchcase(type_, one)), None)
    if pattern is None:
        return None
    row: dict[str, Any] = TABLE["kind"][pattern]
    variants: dict[str, Any] = row.get("with", {})
    return _figure(row), {key: _figure(value) for key, value in variants.items()}


def _figure(row: Mapping[str, Any]) -> Figure:
    return Figure(
        row["typical"],
        row["slow"],
        tuple(row["source"]),
        tuple(row.get("estimated", ())),
        row.get("waits", ""),
    )


def figure(resource: Resource) -> Figure | None:
    """What the table says of it; None where it says nothing."""
    if resource.type.startswith(LOGICAL):
        return NOTHING
    found = _figures(resource.type)
    if found is None:
        return None
    usual, variants = found
    return next((one for key, one in variants.items() if resource.inputs.get(key)), usual)


def unknown(found: Iterable[Resource]) -> list[str]:
    """The types that the table has nothing about: they are taken to need no time."""
    return sorted({one.type for one in found if figure(one) is None})
