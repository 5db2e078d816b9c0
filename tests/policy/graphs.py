"""The stacks as policy sees them, and ways to spoil them."""

import copy
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

from pulumi.output import Unknown

from policy.model import UNKNOWN, Resource
from tests.graph import Graph
from tests.programs import deploy

Change = Callable[[list[Resource]], list[Resource]]
"""What a wrong edit of the program does to what it asks for."""


def resources(graph: Graph) -> list[Resource]:
    """What the program asked for, as policy sees it."""
    return [
        Resource(node.type, node.name, plain(node.inputs), urn) for urn, node in graph.nodes.items()
    ]


def plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: plain(one) for key, one in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [plain(one) for one in cast(list[Any], value)]
    return value


@cache
def stack(name: str, preview: bool = False) -> Sequence[Resource]:
    """A stack of Google Cloud: staging, prod, or dev moved there by its one word."""
    return resources(deploy(name, preview=preview, target="gcp"))


def given(type_: str, path: str, value: Any, name: str | None = None) -> Change:
    """The first resource of `type_` (and `name`) by name has `value` at `path`; None: nothing."""

    def change(all_: list[Resource]) -> list[Resource]:
        changed = copy.deepcopy(all_)
        found = [one for one in changed if one.type == type_ and name in (None, one.name)]
        first = min(found, key=lambda one: one.name)  # they are registered in no order
        put(cast(dict[str, Any], first.inputs), path.split("."), value)
        return changed

    return change


def put(inside: Any, path: Sequence[str], value: Any) -> None:
    """Into lists, by the first item."""
    if isinstance(inside, list):
        put(cast(list[Any], inside)[0], path, value)
    elif len(path) > 1:
        put(inside.setdefault(path[0], {}), path[1:], value)
    else:
        inside[path[0]] = value


def both(*changes: Change) -> Change:
    def change(all_: list[Resource]) -> list[Resource]:
        for one in changes:
            all_ = one(all_)
        return all_

    return change


def without(type_: str) -> Change:
    """No resource of `type_`."""
    return lambda all_: [one for one in all_ if one.type != type_]


def added(type_: str, **inputs: Any) -> Change:
    """One resource more."""
    return lambda all_: [*all_, Resource(type_, "added", inputs)]
