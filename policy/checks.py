"""The words that rules are made of: a place in a resource's inputs, and what must stand there."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from policy.model import UNKNOWN, Check, Finding, GraphCheck, Resource, Unknown


@dataclass(frozen=True)
class Test:
    """What must stand at a place."""

    wanted: str
    """The words that follow `must be`."""
    holds: Callable[[Any], bool]
    """Of a known value; None where nothing is given."""


def equal(value: object) -> Test:
    return Test(json.dumps(value), lambda given: given == value and type(given) is type(value))


def one_of(*allowed: str) -> Test:
    return Test(f"one of {', '.join(allowed)}", lambda given: given in allowed)


def none_of(*refused: str) -> Test:
    return Test(f"none of {', '.join(refused)}", lambda given: given not in refused)


def at_least(least: int) -> Test:
    return Test(f"at least {least}", lambda given: given is not None and float(given) >= least)


OFF = Test("false or left out", lambda given: given in (None, False))
STATED = Test("stated", lambda given: given not in (None, "", [], {}))
ABSENT = Test("left out", lambda given: given in (None, "", False, [], {}))


def values(inputs: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What stands at `path`, with its whole path: for each item, where the path leads through a
    list. None where nothing stands there, UNKNOWN where that is not known yet."""
    yield from _walk(inputs, path.split(".") if path else [], "")


def _walk(value: Any, path: Sequence[str], walked: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Unknown) or not path:
        yield ".".join(filter(None, (walked, *path))), value
    elif isinstance(value, list) and value:
        for index, item in enumerate(cast(list[Any], value)):
            yield from _walk(item, path, f"{walked}[{index}]")
    else:
        inside = cast(Mapping[str, Any], value if isinstance(value, Mapping) else {})
        yield from _walk(inside.get(path[0]), path[1:], ".".join(filter(None, (walked, path[0]))))


def must(path: str, test: Test) -> Check:
    """Whatever stands at `path` passes `test`."""

    def check(resource: Resource) -> Iterator[Finding]:
        for place, given in values(resource.inputs, path):
            if given is UNKNOWN or not test.holds(given):
                yield Finding(place, given, test.wanted)

    return check


def items(path: str, test: Test) -> Check:
    """Each item of the list at `path` passes `test`; an empty list does."""

    def check(resource: Resource) -> Iterator[Finding]:
        for place, given in values(resource.inputs, path):
            listed = cast(list[Any], given) if isinstance(given, list) else [given]
            for item in listed:
                if item is not None and (item is UNKNOWN or not test.holds(item)):
                    yield Finding(place, item, test.wanted)

    return check


def every(*checks: Check) -> Check:
    """All of `checks`."""
    return lambda resource: (finding for check in checks for finding in check(resource))


def unless(path: str, check: Check) -> Check:
    """`check`, but not of a resource that states something at `path`."""

    def exempt(resource: Resource) -> bool:
        found = values(resource.inputs, path)
        return any(given is UNKNOWN or STATED.holds(given) for _, given in found)

    return lambda resource: () if exempt(resource) else check(resource)


def flags(path: str, wanted: Mapping[str, Test]) -> Check:
    """The list of names and values at `path` has all of `wanted`."""

    def check(resource: Resource) -> Iterator[Finding]:
        for place, given in values(resource.inputs, path):
            if given is UNKNOWN:
                yield Finding(place, UNKNOWN, "known")
                continue
            listed = cast(list[dict[str, Any]], given or [])
            stated = {str(flag.get("name")): flag.get("value") for flag in listed}
            for name, test in wanted.items():
                value = stated.get(name)
                if value is UNKNOWN or not test.holds(value):
                    yield Finding(f"{place}[{name}]", value, test.wanted)

    return check


def never(words: str) -> Check:
    """There is no such resource."""
    return lambda resource: [Finding("", resource.type, words)]


def beside(type_: str, companion: str, words: str, check: Check | None = None) -> GraphCheck:
    """Where there is a resource of `type_`, there is one of `companion` that passes `check`."""

    def judge(resources: Sequence[Resource]) -> Iterable[tuple[Resource, Finding]]:
        found = [
            list(check(resource)) if check else []
            for resource in resources
            if resource.type == companion
        ]
        if any(not findings for findings in found):
            return
        undecided = any(all(one.given is UNKNOWN for one in findings) for findings in found)
        given = UNKNOWN if undecided else None
        # Once: what is missing is missing once, however many there are of `type_`.
        for resource in [one for one in resources if one.type == type_][:1]:
            yield resource, Finding("beside it", given, words)

    return judge
