"""Arithmetic of messages: merging, field masks, and what stands in them."""

import re
from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]


def camel(name: str) -> str:
    """`update_mask` as JSON has it: `updateMask`."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def merge(old: Json, new: Json) -> None:
    """Change `old` by a JSON merge patch (RFC 7396)."""
    for name, value in new.items():
        if value is None:
            old.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            merge(old[name], cast(Json, value))
        else:
            old[name] = value


def masked(old: Json, new: Json, mask: str) -> None:
    """Copy the fields that `mask` names: `google.protobuf.FieldMask`, separated by commas."""
    for path in filter(None, (one.strip() for one in mask.split(","))):
        if path == "*":
            old.clear()
            old.update(new)
            continue
        *parents, name = (camel(part) for part in path.split("."))
        target, source = old, new
        for part in parents:
            target = target.setdefault(part, {})
            source = cast(Json, source.get(part) or {})
        if source.get(name) is not None:
            target[name] = source[name]
        else:
            target.pop(name, None)


def pruned(value: Any) -> Any:
    """Without nulls, empty lists, and messages of which every field is empty."""
    if isinstance(value, list):
        return [pruned(one) for one in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    kept: Json = {}
    for name, one in cast(Json, value).items():
        inner = pruned(one)
        if one not in ([], None) and (inner != {} or one == {}):
            kept[name] = inner
    return kept


def strings(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a message, with where it stands: `settings.ipConfiguration.privateNetwork`."""
    if isinstance(value, dict):
        for name, one in cast(Json, value).items():
            yield from strings(one, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for number, one in enumerate(cast(list[Any], value)):
            yield from strings(one, f"{at}[{number}]")
    elif isinstance(value, str):
        yield at, value


def place(value: Json, path: str, found: Any) -> None:
    """Set the field `a.b.c` unless it has a value."""
    *parents, name = path.split(".")
    for part in parents:
        value = value.setdefault(part, {})
    if value.get(name) in (None, "", [], {}):
        value[name] = found


def of_project(name: str) -> str:
    """An instance's name, also where Cloud SQL has the project before it: `project:instance`."""
    return name.rsplit(":", 1)[-1]


def last(path: str) -> str:
    return path.rsplit("/", 1)[-1]
