"""A first deployment on a virtual clock: what is made when, and what it waited for.

Pulumi begins a resource when all that it needs is made and one of its places is free. What the
provider holds to one at a time waits for that in its place.
"""

import functools
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ops.lifecycle import PLACES
from rehearsal.times import LOGICAL, NOTHING, Resource, figure

GOAL_SECONDS = 15 * 60
"""How long the critical path of a first deployment may be."""


@dataclass(frozen=True)
class Run:
    """A resource's place on the clock, in seconds from the start."""

    resource: Resource
    ready: float
    """All that it needs is made."""
    start: float
    """It is being made."""
    end: float
    cause: str = ""
    """The URN of what it waited for last; empty where it waited for nothing."""
    why: str = ""
    """What of it: `made`, `place` or the name of what is one at a time."""


@dataclass(frozen=True)
class Schedule:
    runs: dict[str, Run]
    """URN → run, in the order of their ends."""

    @property
    def seconds(self) -> float:
        return max((run.end for run in self.runs.values()), default=0.0)

    @functools.cached_property
    def critical(self) -> list[Run]:
        """The chain of waits that ends last, from its start: nothing else makes it longer."""
        found: list[Run] = []
        urn = next(reversed(self.runs), "")
        while urn:
            found.append(self.runs[urn])
            urn = self.runs[urn].cause
        return [run for run in reversed(found) if run.end > run.start]


def play(
    found: Sequence[Resource], places: int = PLACES, slow: bool = False, instant: str = ""
) -> Schedule:
    """When each of `found` is made, `places` at once; with `slow`, by the slow figures. What has
    the URN `instant` is taken to need no time."""

    def seconds(one: Resource) -> float:
        what = figure(one) or NOTHING
        return 0.0 if one.urn == instant else what.slow if slow else what.typical

    return _Deployment(found, places, {one.urn: seconds(one) for one in found}).run()


class _Deployment:
    def __init__(
        self, found: Sequence[Resource], places: int, seconds: Mapping[str, float]
    ) -> None:
        self.all = {one.urn: one for one in found}
        self.order = {one.urn: number for number, one in enumerate(found)}
        self.seconds = seconds
        self.missing = {one.urn: set(one.needs) for one in found}
        self.needed_by: dict[str, list[str]] = {}
        for one in found:
            for urn in one.needs:
                self.needed_by.setdefault(urn, []).append(one.urn)
        self.free = places
        self.now = 0.0
        self.freed = ""
        """Who left a place last."""
        self.queue: list[tuple[float, int, str]] = []
        """What is ready, but has no place: since when, by order."""
        self.ends: list[tuple[float, int, str]] = []
        self.held: dict[str, tuple[float, str]] = {}
        """What is one at a time → until when, and by whom."""
        self.runs: dict[str, Run] = {}

    def run(self) -> Schedule:
        for urn, missing in self.missing.items():
            if not missing:
                self.is_ready(urn)
        while self.queue or self.ends:
            while self.free and self.queue:
                self.begin(*heapq.heappop(self.queue))
            self.next_end()
        if len(self.runs) < len(self.all):
            raise ValueError(f"these wait for each other: {sorted(set(self.all) - set(self.runs))}")
        return Schedule(dict(sorted(self.runs.items(), key=lambda run: run[1].end)))

    def is_ready(self, urn: str) -> None:
        if self.all[urn].type.startswith(LOGICAL):
            self.made(urn, self.now, self.now, self.last_needed(urn), "made")
        else:
            heapq.heappush(self.queue, (self.now, self.order[urn], urn))

    def begin(self, since: float, _order: int, urn: str) -> None:
        self.free -= 1
        waited = self.now > since
        cause, why = (self.freed, "place") if waited else (self.last_needed(urn), "made")
        start, one = self.now, self.all[urn]
        waits = (figure(one) or NOTHING).waits.format_map(_Inputs(one.inputs))
        if waits:
            until, holder = self.held.get(waits, (0.0, ""))
            if until > start:
                start, cause, why = until, holder, waits
            self.held[waits] = (start + self.seconds[urn], urn)
        self.made(urn, since, start, cause, why)

    def made(self, urn: str, since: float, start: float, cause: str, why: str) -> None:
        end = start + self.seconds[urn]
        self.runs[urn] = Run(self.all[urn], since, start, end, cause, why)
        heapq.heappush(self.ends, (end, self.order[urn], urn))

    def next_end(self) -> None:
        self.now, _, urn = heapq.heappop(self.ends)
        if not self.all[urn].type.startswith(LOGICAL):
            self.free, self.freed = self.free + 1, urn
        for other in self.needed_by.get(urn, ()):
            self.missing[other].discard(urn)
            if not self.missing[other]:
                self.is_ready(other)

    def last_needed(self, urn: str) -> str:
        needs = self.all[urn].needs
        return max(needs, key=lambda one: (self.runs[one].end, self.order[one]), default="")


class _Inputs(dict[str, object]):
    """What an input that is not known yet is written as."""

    def __missing__(self, key: str) -> str:
        return f"unknown {key}"


def minutes(seconds: float) -> str:
    """As a person reads it: `45 s`, `13.8 min`."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
