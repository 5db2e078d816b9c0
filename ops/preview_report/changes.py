"""What differs between two sides of a resource, by meaning: a path, an old and a new value each.

A list is compared by what its items are, not by where they stand: a rule that is inserted in the
middle is one addition.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, cast

from ops.preview_report.model import SECRET, UNKNOWN, Op, Step

Kind = Literal["added", "removed", "changed", "reordered"]

KEYS = (
    "name",
    "id",
    "key",
    "label",
    "priority",
    "rangeName",
    "displayName",
    "containerPort",
    "internal",
    "destination",
    "containerPath",
    "cidrBlock",
    "subnetwork",
    "host",
    "port",
)
"""Properties that say which item of a list is which; the first that all have, each its own."""
LABELS = {"label": "value", "key": "value", "name": "value"}
"""Of a list of such pairs, the pair is one property: `labels[cost-centre]`."""


@dataclass(frozen=True)
class Change:
    """A property that differs."""

    path: str
    kind: Kind
    old: Any = None
    new: Any = None
    forces: bool = False
    """Whether it makes the resource be made anew, as the provider says."""

    @property
    def only_unknown(self) -> bool:
        """Whether all that is known is that the deployment will tell: it may stay as it is."""
        return self.kind == "changed" and holds_only_unknown(self.new)


def holds_only_unknown(value: Any) -> bool:
    return value == UNKNOWN or (value == [UNKNOWN])


def of(step: Step) -> list[Change]:
    """What changes in `step`: of what stays only; a new or a deleted resource has no changes."""
    if not step.old or not step.new or step.op in (Op.CREATE, Op.DELETE):
        return []
    found = list(compare(step.old.inputs, step.new.inputs))
    if step.old.protect != step.new.protect:
        found.append(Change("protect", "changed", step.old.protect, step.new.protect))
    if step.old.retain != step.new.retain:
        found.append(Change("retainOnDelete", "changed", step.old.retain, step.new.retain))
    forcing = forced_by(step)
    hidden = [_hidden(step.old.inputs, path) for path in step.differs if path not in forcing]
    found += [
        Change(path, "changed", SECRET, SECRET)
        for path in dict.fromkeys(hidden)
        if path and _at(step.new.inputs, path) == SECRET
    ]
    paths = {one.path for one in found}
    found += [
        # What the provider alone sees: a value that it computes, a secret inside a text.
        Change(path, "changed", _at(step.old.inputs, path), _at(step.new.inputs, path))
        for path in forcing
        if not any(_same_place(path, known) for known in paths)
    ]
    return [
        Change(one.path, one.kind, one.old, one.new, any(_same_place(p, one.path) for p in forcing))
        for one in found
    ]


def told(step: Step) -> list[Change]:
    """What a new resource is told: all that there is to judge it by."""
    if step.op is not Op.CREATE or not step.new:
        return []
    return [Change(key, "added", None, value) for key, value in step.new.inputs.items()]


def forced_by(step: Step) -> list[str]:
    """The paths that force a replacement, as exactly as the provider tells them.

    Where it only says that it must be (its own logic over several inputs decided it, which Pulumi
    calls `__meta`), all inputs that it sees differ: one of them it is.
    """
    inputs: Mapping[str, Any] = step.old.inputs if step.old else {}
    exact = [path for path, kind in step.differs.items() if kind.endswith("-replace")]
    told = {parts(path)[0] for path in exact}
    paths = [*exact, *(key for key in step.replace_keys if parts(key)[0] not in told)]
    if paths and all(path.startswith("__") for path in paths):
        paths = list(step.differs)
    named = (path for path in paths if not path.startswith("__"))
    return list(dict.fromkeys(_hidden(inputs, path) or path for path in named))


PART = re.compile(r'\["(?P<key>[^"]*)"\]|\[(?P<item>[^\]]*)\]|(?P<name>[^.\[\]]+)')


def parts(path: str) -> list[str]:
    """The keys of a path, from the outside in; also those of items of lists."""
    return [found[found.lastgroup or 0] for found in PART.finditer(path)] or [path]


def place(path: str) -> list[str]:
    """A path without the items of lists: their keys here are not the provider's numbers."""
    return [found[found.lastgroup or 0] for found in PART.finditer(path) if not found["item"]]


def _same_place(one: str, other: str) -> bool:
    """Whether one path holds the other."""
    first, second = place(one), place(other)
    length = min(len(first), len(second))
    return first[:length] == second[:length]


def _hidden(inputs: Mapping[str, Any], path: str) -> str:
    """The secret that `path` is, or is in: all of it is hidden. Empty where there is none."""
    names = parts(path)
    for length in range(1, len(names) + 1):
        if _within(inputs, names[:length]) == SECRET:
            return ".".join(names[:length])
    return ""


def _at(value: Any, path: str) -> Any:
    return _within(value, parts(path))


def _within(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        if isinstance(value, Mapping):
            value = cast(Mapping[str, Any], value).get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(cast(Any, value)):
            value = cast(list[Any], value)[int(name)]
        else:
            return None
    return value


def compare(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """What differs between `old` and `new`, both at `path`."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _objects(cast(Mapping[str, Any], old), cast(Mapping[str, Any], new), path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(cast(list[Any], old), cast(list[Any], new), path)
    elif old is None:
        yield Change(path, "added", None, new)
    elif new is None:
        yield Change(path, "removed", old, None)
    elif (parsed := _as_json(old, new)) is not None:
        yield from compare(*parsed, path=path)
    else:
        yield Change(path, "changed", old, new)


def _objects(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        inner = f'{path}["{key}"]' if "." in key else f"{path}.{key}" if path else key
        yield from compare(old.get(key), new.get(key), inner)


def _lists(old: list[Any], new: list[Any], path: str) -> Iterator[Change]:
    key = identity(old, new)
    if key:
        olds: dict[str, Any] = {_named(item, key): item for item in old}
        news: dict[str, Any] = {_named(item, key): item for item in new}
        value = LABELS.get(key)
        for name in dict.fromkeys([*olds, *news]):
            place = f"{path}[{name}]"
            before, after = olds.get(name), news.get(name)
            if value and _is_pair(before, key, value) and _is_pair(after, key, value):
                before = before[value] if before else None
                after = after[value] if after else None
            yield from compare(before, after, place)
        common = [name for name in olds if name in news]
        if common != [name for name in news if name in olds]:
            yield Change(path, "reordered", common, [name for name in news if name in olds])
        return
    yield from _sequences(old, new, path)


def _is_pair(item: Any, key: str, value: str) -> bool:
    return item is None or set(item) == {key, value}


def identity(old: Sequence[Any], new: Sequence[Any]) -> str:
    """The property by which the items of both lists are told apart; empty where there is none."""
    items = [*old, *new]
    if not items or not all(isinstance(item, Mapping) for item in items):
        return ""
    for key in KEYS:
        values = [item.get(key) for item in items]
        told = all(isinstance(value, str | int) and value != UNKNOWN for value in values)
        if told and all(len({item[key] for item in side}) == len(side) for side in (old, new)):
            return key
    return ""


def _named(item: Mapping[str, Any], key: str) -> str:
    return str(item[key])


def _sequences(old: list[Any], new: list[Any], path: str) -> Iterator[Change]:
    """Lists without keys: what both have in common stays, whatever stands between."""
    before, after = [_text(item) for item in old], [_text(item) for item in new]
    if sorted(before) == sorted(after):
        yield Change(path, "reordered", old, new)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, stop in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = min(last - first, stop - start)
        for offset in range(pairs):
            yield from compare(
                old[first + offset], new[start + offset], f"{path}[{first + offset}]"
            )
        for index in range(first + pairs, last):
            yield Change(f"{path}[{index}]", "removed", old[index], None)
        for index in range(start + pairs, stop):
            yield Change(f"{path}[{index}]", "added", None, new[index])


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _as_json(old: Any, new: Any) -> tuple[Any, Any] | None:
    """Both texts as the JSON objects that they are, such as a policy's; else None."""
    if not (isinstance(old, str) and isinstance(new, str)):
        return None
    if not (old[:1] in ("{", "[") and new[:1] in ("{", "[")):
        return None
    try:
        first, second = json.loads(old), json.loads(new)
    except ValueError:
        return None
    return (first, second) if type(first) is type(second) and first != second else None
