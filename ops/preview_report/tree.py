"""Where a resource belongs: the component that holds it, and what that stands on."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ops.preview_report.model import Preview, Step

COMPONENT = "alphintra:index:"
PLATFORM = f"{COMPONENT}Platform"
ELSEWHERE = "stack"
"""What belongs to no component: providers, the stack itself."""


def type_of(urn: str) -> str:
    """The type in a URN, without those of its parents."""
    return urn.split("::")[-2].rpartition("$")[2] if urn.count("::") > 2 else ""


class Tree:
    """The upper tree of a stack, from the parents that its resources name."""

    def __init__(self, preview: Preview) -> None:
        self._parents: dict[str, str] = {}
        for step in preview.steps:
            for side in (step.old, step.new):
                if side:
                    self._parents[side.urn or step.urn] = side.parent
                    self._parents[step.urn] = side.parent

    def component(self, urn: str) -> str:
        """The name of the component that holds the resource, or that it is."""
        seen: set[str] = set()
        while urn and urn not in seen:
            seen.add(urn)
            type_ = type_of(urn)
            if type_.startswith(COMPONENT) and type_ != PLATFORM:
                return urn.rpartition("::")[2]
            if type_ == PLATFORM:
                return "platform"
            urn = self._parents.get(urn, "")
        return ELSEWHERE

    def grouped(self, steps: Iterable[Step]) -> dict[str, list[Step]]:
        """Component → its resources, in the order of their names."""
        groups: dict[str, list[Step]] = {}
        for step in sorted(steps, key=_order):
            groups.setdefault(self.component(step.urn), []).append(step)
        return dict(sorted(groups.items()))

    def components(self) -> list[str]:
        """All there are, before or after."""
        return sorted({self.component(urn) for urn in self._parents} - {ELSEWHERE, "platform"})


def _order(step: Step) -> tuple[str, str]:
    return step.type, step.name


def planned_dependencies(plan: Path) -> Mapping[str, Iterable[str]]:
    """URN → those that it is made from, as an update plan has it; empty without one, as after a
    preview that failed."""
    if not plan.exists():
        return {}
    planned: dict[str, dict[str, Any]] = json.loads(plan.read_text()).get("resourcePlans") or {}
    goals: dict[str, dict[str, Any]] = {urn: one.get("goal") or {} for urn, one in planned.items()}
    return {urn: goal.get("dependencies") or () for urn, goal in goals.items()}


def recorded_dependencies(state: str) -> Mapping[str, Iterable[str]]:
    """The same from what `pulumi stack export` prints."""
    recorded: dict[str, Any] = json.loads(state).get("deployment") or {}
    resources: list[dict[str, Any]] = recorded.get("resources") or []
    return {one["urn"]: one.get("dependencies") or () for one in resources}


def edges(tree: Tree, needs: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    """Which component stands on which: (upper, lower)."""
    known = set(tree.components())
    pairs = {
        (tree.component(urn), tree.component(other))
        for urn, others in needs.items()
        for other in others
    }
    return {(upper, lower) for upper, lower in pairs if upper != lower and {upper, lower} <= known}
