"""How long a first deployment would take, told: as text, and as a picture beside it."""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from ops.lifecycle import PLACES
from rehearsal.chart import svg
from rehearsal.clock import GOAL_SECONDS, Run, Schedule, minutes, play
from rehearsal.times import NOTHING, Resource, figure, resources, unknown

PICTURE, TEXT = "times.svg", "times.txt"
ENOUGH = 10_000
"""Places, when there is one for everything."""
WORTH_SECONDS = 30
"""A resource on the critical path that costs less is not named as what would shorten it."""


def report(out: Path, stack: str) -> list[str]:
    """What to say at the end of a rehearsal, from the state that it left in `out`; leaves the
    picture and the text there."""
    found = resources(json.loads((out / "state.json").read_text()))
    (out / PICTURE).write_text(picture(found, stack))
    (out / TEXT).write_text("\n".join(text(found, stack)) + "\n")
    return [
        f"{headline(found, stack)} The critical path: {out / PICTURE}, {out / TEXT}",
        *(f"{type_}: rehearsal/times.toml has no figure for it" for type_ in unknown(found)),
    ]


def picture(found: Sequence[Resource], stack: str) -> str:
    schedule = play(found)
    return svg(schedule, f"A first deployment of {stack}: {minutes(schedule.seconds)} expected")


def headline(found: Sequence[Resource], stack: str) -> str:
    typical, slow = play(found).seconds, play(found, slow=True).seconds
    over = typical - GOAL_SECONDS
    against = f"{minutes(over)} over" if over > 0 else "within"
    return (
        f"A first deployment of {stack} is expected to take {minutes(typical)}, by the slowest "
        f"figures {minutes(slow)}; {against} the goal of {minutes(GOAL_SECONDS)}."
    )


def text(found: Sequence[Resource], stack: str) -> Iterator[str]:
    """The critical path, line by line, and what would make it shorter."""
    schedule = play(found)
    yield headline(found, stack)
    yield ""
    yield "The critical path:"
    for runs in stretches(schedule.critical):
        first, last = runs[0], runs[-1]
        names = first.resource.label
        if len(runs) > 1:
            names += f" … {last.resource.label}, {len(runs)} one after the other"
        waited = " (it had no place before)" if first.why == "place" else ""
        yield f"{clock(first.start)} to {clock(last.end)}  {names}{waited}"
    yield ""
    yield from shorter(found, schedule)
    estimates = sorted({one.type for one in _of(schedule) if "typical" in _estimated(one)})
    yield f"Of these, estimated and not found: {', '.join(estimates) or 'none'}."


def stretches(path: Sequence[Run]) -> list[list[Run]]:
    """The path's resources of one kind that follow each other, together."""
    return [list(runs) for _, runs in groupby(path, key=lambda run: run.resource.type)]


def shorter(found: Sequence[Resource], schedule: Schedule) -> Iterator[str]:
    """What the whole would gain by each resource's taking no time, by more places, and by none
    waiting for its turn."""
    gains = [
        (schedule.seconds - play(found, instant=run.resource.urn).seconds, run.resource.label)
        for run in schedule.critical
        if run.end - run.start >= WORTH_SECONDS
    ]
    yield "Would be shorter by, if it took no time:"
    for gain, label in sorted(gains, reverse=True):
        if gain >= WORTH_SECONDS:
            yield f"  {minutes(gain):>8}  {label}"
    for places in (PLACES // 4, PLACES // 2, ENOUGH):
        seconds = play(found, places).seconds
        how_many = "a place for each" if places == ENOUGH else f"{places} places"
        yield f"With {how_many} instead of {PLACES}: {minutes(seconds)}."


def clock(seconds: float) -> str:
    whole = math.floor(seconds + 0.5)
    return f"{whole // 60:2}:{whole % 60:02}"


def _of(schedule: Schedule) -> list[Resource]:
    return [run.resource for run in schedule.critical]


def _estimated(one: Resource) -> tuple[str, ...]:
    return (figure(one) or NOTHING).estimated
