"""The rules of the policy that a stack waives, before and after: inputs of its platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ops.preview_report.model import Preview, Side

PLATFORM = "alphintra:index:Platform"


@dataclass(frozen=True)
class Waiver:
    rule: str
    words: str
    """The reason, what it is for, and until when."""


def of(side: Side | None) -> list[Waiver]:
    listed: list[Any] = (side.inputs.get("waivers") if side else None) or []
    return [_waiver(cast(Mapping[str, Any], one)) for one in listed if isinstance(one, Mapping)]


def _waiver(one: Mapping[str, Any]) -> Waiver:
    place = f" (for {one['resource']})" if one.get("resource") else ""
    end = f" (until {one['until']})" if one.get("until") else ""
    return Waiver(str(one.get("rule", "?")), f"{one.get('reason', '')}{place}{end}")


def _both(preview: Preview) -> tuple[list[Waiver], list[Waiver]]:
    for step in preview.steps:
        if step.type == PLATFORM:
            return of(step.old), of(step.new)
    return [], []


def added(preview: Preview) -> list[Waiver]:
    """Those that were not there, or not with this reason."""
    old, new = _both(preview)
    return [one for one in new if one not in old]


def removed(preview: Preview) -> list[Waiver]:
    old, new = _both(preview)
    rules = {one.rule for one in new}
    return [one for one in old if one.rule not in rules]


def standing(preview: Preview) -> list[Waiver]:
    old, new = _both(preview)
    return [one for one in new if one in old]
