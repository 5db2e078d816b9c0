"""Made-up values for what only a deployment would tell.

A scratch state needs them: a resource that stands has an id and an address, and what was made from
them holds them too. They are the same in every run, and they never reach a report: the report
compares inputs, and both sides of a comparison are made with the same ones.
"""

import importlib
import threading
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args, get_origin

# Not public, but the SDK's own way to read an output's type, and the only one.
from pulumi import _types as sdk_types  # pyright: ignore[reportPrivateUsage]

from ops.preview_report.model import SIGNATURE, UNKNOWN

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "computed.toml").read_text()
)

DYNAMIC = "pulumi-python:*"
EMPTY: Mapping[Any, Any] = {str: "", int: 0, float: 0, bool: False}
NOTHING: Mapping[str, str] = {}
NAMED: Mapping[str, Any] = {"int": int, "float": float, "bool": bool, "list": list, "dict": dict}
_IMPORTING = threading.Lock()
"""The SDK loads its modules when they are first used: a second thread would find half of one."""


class _Inputs(dict[str, Any]):
    """`{input.<key>}` of a template."""

    __getattr__ = dict[str, Any].__getitem__


def outputs(
    type_: str,
    name: str,
    project: str,
    planned: Mapping[str, Any],
    declared: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """`planned`, what a preview knows of a new resource, with nothing unknown left in it.

    `declared` are the outputs of a dynamic resource → the names of their types.
    """
    fields = {"name": name, "project": project, "input": _Inputs(planned)}
    told = {"id": "id-of-{name}", **_TABLE.get(type_, {})}
    told |= {key: value for key, value in _TABLE[DYNAMIC].items() if key in declared}
    if "project" in planned:
        told["project"] = "{project}"
    made: dict[str, Any] = {}
    for key, value in told.items():
        if planned.get(key, UNKNOWN) == UNKNOWN:
            try:
                made[key] = _formatted(value, fields)
            except KeyError:  # an input that this one does without
                made[key] = f"{key}-of-{name}"
    if type_.startswith("kubernetes:"):
        made["__inputs"] = dict(planned)  # its provider compares with what it wrote down there
    for key, kind in declared.items():
        if planned.get(key, UNKNOWN) == UNKNOWN:
            made.setdefault(key, made_up(NAMED.get(kind, str), f"{name}-{key}"))
    types = output_types(type_)
    for key, value in planned.items():
        made.setdefault(key, filled(value, types.get(key), f"{name}-{key}"))
    return made


def _formatted(value: Any, fields: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return value.format_map(fields)
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return {key: _formatted(one, fields) for key, one in items}
    if isinstance(value, list):
        return [_formatted(one, fields) for one in cast(list[Any], value)]
    return value


def filled(value: Any, type_: Any, label: str) -> Any:
    """`value` with made-up ones of `type_` where it is not known."""
    if value == UNKNOWN:
        return made_up(type_, label)
    if isinstance(value, dict) and SIGNATURE in value:
        marked = cast(dict[str, Any], value)
        return {**marked, "value": filled(marked.get("value"), type_, label)}
    if isinstance(value, dict):
        inner = _fields(type_)
        known = cast(dict[str, Any], value)
        told = {key: filled(one, inner.get(key), f"{label}-{key}") for key, one in known.items()}
        # What a block leaves out, the provider writes down as empty; else it would be an addition.
        empty = {key: EMPTY[one] for key, one in inner.items() if one in EMPTY}
        return {**empty, **{key: one for key, one in told.items() if one is not None}}
    if isinstance(value, list):
        (item,) = get_args(type_) or (None,)
        return [
            filled(one, item, f"{label}-{index}")
            for index, one in enumerate(cast(list[Any], value))
        ]
    return value


def made_up(type_: Any, label: str) -> Any:
    """A value of `type_`, the same for the same label."""
    if type_ in (int, float):
        return 1
    if type_ is bool:
        return False
    if (get_origin(type_) or type_) in (Sequence, list):
        return []
    if (get_origin(type_) or type_) in (Mapping, dict):
        return {}
    if type_ is not str:
        return None  # an optional block, or nothing that the SDK knows
    # Google's ids and numbers are digits, written as text.
    return str(zlib.crc32(label.encode())) if label.endswith(("Id", "Number")) else label


def _fields(type_: Any) -> dict[str, Any]:
    """The properties of an object type of the SDK → their types."""
    is_object = isinstance(type_, type) and sdk_types.is_output_type(type_)
    return sdk_types.output_type_types(type_) if is_object else {}


def output_types(type_: str) -> Mapping[str, Any]:
    """The outputs of a resource type → their types; empty where the SDK does not have it."""
    with _IMPORTING:
        return _output_types(type_)


@cache
def _output_types(type_: str) -> Mapping[str, Any]:
    package, _, rest = type_.partition(":")
    module, _, name = rest.rpartition(":")
    place = module.split("/")[0].replace("index", "").lower()
    try:
        found = importlib.import_module(".".join(filter(None, (f"pulumi_{package}", place))))
        return sdk_types.resource_types(getattr(found, name))
    except (ImportError, AttributeError):
        return {}
