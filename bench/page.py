"""docs/performance.md: the figures, generated, between two marks; the rest is written by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.measure import Figure, Results

BEGIN, END = "<!-- figures: made by `make bench` -->", "<!-- end of the figures -->"


@dataclass(frozen=True)
class Goal:
    """What a figure is to be at most."""

    seconds: float | None = None
    floor: str = ""
    """The figure that nothing could be faster than."""
    times: float | None = None
    """How many times the floor."""

    def words(self) -> str:
        parts = [f"{self.times:g} x the floor"] if self.times else []
        parts += [f"{self.seconds:g} s"] if self.seconds else []
        return ", ".join(parts)

    def met(self, figure: Figure, floor: Figure | None) -> bool:
        in_time = self.seconds is None or figure.median <= self.seconds
        return in_time and (
            self.times is None or floor is None or figure.median <= self.times * floor.median
        )


GOALS = {
    "preview of an empty program": Goal(),
    "preview of dev": Goal(floor="preview of an empty program", times=2),
    "preview of staging": Goal(floor="preview of an empty program"),
    "preview of prod": Goal(floor="preview of an empty program", seconds=12),
    "up by hand": Goal(),
    "up from nothing": Goal(floor="up by hand", times=1.3, seconds=60),
    "up, nothing to change": Goal(floor="preview of an empty program"),
    "down by hand": Goal(),
    "down": Goal(floor="down by hand", seconds=15),
    "unit suite": Goal(seconds=20),
}
"""Figure → its goal, in the order of the table."""


def figures(now: Results, before: Results | None) -> str:
    """The generated part of the page."""
    return "\n".join([BEGIN, "", *_lines(now, before), "", END])


def with_figures(page: str, generated: str) -> str:
    """`page` with its generated part made anew."""
    head, rest = page.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    return head + generated + tail


def _lines(now: Results, before: Results | None) -> Iterator[str]:
    machine = ", ".join(f"{key} {value}" for key, value in now.machine.items())
    yield f"Commit {now.commit}, on: {machine}. Seconds; medians, with the number of runs."
    yield ""
    head = ["what", "median", "runs", "least to most", "x floor", "goal", "met"]
    earlier = [f"before ({before.commit})", "x floor"] if before else []
    yield from _table([*head, *earlier], list(_rows(now, before)))
    yield ""
    resources = {
        stack: now.facts[key]
        for stack in ("dev", "staging", "prod")
        if (key := f"resources of {stack}") in now.facts
    }
    yield "Resources: " + ", ".join(f"{stack} {count}" for stack, count in resources.items()) + "."
    if tests := now.facts.get("tests"):
        yield f"Tests in the unit suite: {tests}."
    if growth := now.facts.get("growth"):
        yield "\nA first preview of the local stack with ever more services:\n"
        rows = [
            [
                f"{row['resources']}",
                f"{row['seconds']:.1f}",
                f"{1000 * row['seconds'] / row['resources']:.1f}",
            ]
            for row in growth
        ]
        yield from _table(["resources", "seconds", "milliseconds for each"], rows)
    if imports := now.facts.get("imports"):
        yield "\nProcessor time of each import, after those above it:\n"
        rows = [[f"`{module}`", f"{spent:.0f}"] for module, spent in imports.items()]
        yield from _table(["module", "milliseconds"], rows)


def _rows(now: Results, before: Results | None) -> Iterator[list[str]]:
    for name, goal in GOALS.items():
        if not (figure := now.figures.get(name)):
            continue
        floor = now.figures.get(goal.floor)
        words = goal.words()
        spread = f"{min(figure.seconds):.1f} to {max(figure.seconds):.1f}"
        verdict = ("yes" if goal.met(figure, floor) else "no") if words else ""
        row = [
            *(name, f"{figure.median:.2f}", str(len(figure.seconds)), spread),
            *(_ratio(figure, floor), words, verdict),
        ]
        if before:
            was = before.figures.get(name)
            row += [f"{was.median:.2f}" if was else "", _ratio(was, before.figures.get(goal.floor))]
        yield row


def _ratio(figure: Figure | None, floor: Figure | None) -> str:
    return f"{figure.median / floor.median:.2f}" if figure and floor else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for line in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(line)} |"
