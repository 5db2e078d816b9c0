"""A deployment as a picture: what is made when, and the chain of waits that makes it as long as it
is. SVG that needs nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from rehearsal.clock import GOAL_SECONDS, Run, Schedule, minutes
from rehearsal.times import LOGICAL

LABELS, WIDTH, RIGHT, TOP, ROW, BAR = 330, 900, 24, 76, 20, 12
"""In pixels: the names, the time, the margins, and a line's and a bar's height."""
LEAST = 2
"""What takes no time is drawn this wide."""
STYLE = """
text{font:12px system-ui,sans-serif;fill:#344054}.title{font-size:16px;font-weight:600}
.soft{fill:#667085}.grid{stroke:#e4e7ec}.goal{stroke:#067647;stroke-dasharray:4 3}
.goal-text{fill:#067647}.bar{fill:#98a2b3}.wait{stroke:#d0d5dd}.way{stroke:#b42318;fill:none}
.critical{fill:#b42318}.back{fill:#fff}.name-critical{font-weight:600;fill:#b42318}
@media(prefers-color-scheme:dark){text{fill:#d0d5dd}.soft{fill:#98a2b3}.grid{stroke:#293140}
.goal{stroke:#75e0a7}.goal-text{fill:#75e0a7}.bar{fill:#667085}.wait{stroke:#475467}
.way{stroke:#fda29b}.critical{fill:#fda29b}.back{fill:#0c111d}.name-critical{fill:#fda29b}}
"""


@dataclass(frozen=True)
class Row:
    name: str
    runs: Sequence[Run]


def component(urn: str) -> str:
    """The capability that a resource belongs to: the last of ours in its URN."""
    types = urn.split("::")[2].split("$")
    ours = [one for one in types if one.startswith("alphintra:")]
    return ours[-1].rpartition(":")[2].lower() if ours else "stack"


def rows(schedule: Schedule) -> list[Row]:
    """The resources by component and kind, the first to be begun first; what is in the cluster and
    quick together."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in schedule.runs.values():
        type_ = run.resource.type
        if type_.startswith(LOGICAL):
            continue
        quick = type_.startswith("kubernetes:") and run.end - run.start < 10
        kind = "objects in the cluster" if quick else type_.rpartition(":")[2]
        found.setdefault((component(run.resource.urn), kind), []).append(run)
    named = [
        Row(f"{where}: {f'{len(runs)} ' if len(runs) > 1 else ''}{kind}", runs)
        for (where, kind), runs in found.items()
    ]
    return sorted(named, key=lambda row: min(run.start for run in row.runs))


def svg(schedule: Schedule, title: str) -> str:
    return "\n".join(_drawing(schedule, title)) + "\n"


def _drawing(schedule: Schedule, title: str) -> Iterator[str]:
    lines = rows(schedule)
    critical = {run.resource.urn for run in schedule.critical}
    height = TOP + len(lines) * ROW + 24
    whole = max(schedule.seconds, GOAL_SECONDS) * 1.02
    middles: dict[str, float] = {}

    def x(seconds: float) -> float:
        return LABELS + seconds / whole * WIDTH

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" font-family="system-ui" '
        f'viewBox="0 0 {LABELS + WIDTH + RIGHT} {height}" width="{LABELS + WIDTH + RIGHT}" '
        f'height="{height}"><title>{escape(title)}</title><style>{STYLE}</style>'
        '<rect class="back" width="100%" height="100%"/>'
        f'<text class="title" x="16" y="28">{escape(title)}</text>'
        '<text class="soft" x="16" y="48">Red: the chain of waits that ends last. A line before a '
        "bar: ready, but without a place or waiting for its turn.</text>"
    )
    for minute in range(int(whole // 60) + 1):
        yield (
            f'<path class="grid" d="M{x(minute * 60):.1f} {TOP - 8}V{height - 16}"/>'
            f'<text class="soft" x="{x(minute * 60):.1f}" y="{TOP - 12}" text-anchor="middle">'
            f"{minute}</text>"
        )
    yield (
        f'<path class="goal" d="M{x(GOAL_SECONDS):.1f} {TOP - 8}V{height - 16}"/>'
        f'<text class="goal-text" x="{x(GOAL_SECONDS) + 4:.1f}" y="{height - 6}">goal: '
        f"{minutes(GOAL_SECONDS)}</text>"
    )
    for number, row in enumerate(lines):
        top = TOP + number * ROW
        on_way = any(run.resource.urn in critical for run in row.runs)
        style = ' class="name-critical"' if on_way else ""
        yield f'<text x="{LABELS - 10}" y="{top + 14}" text-anchor="end"{style}>'
        yield f"{escape(row.name)}</text>"
        # The critical ones last: they are not to be drawn over.
        for run in sorted(row.runs, key=lambda run: run.resource.urn in critical):
            middles[run.resource.urn] = top + ROW / 2
            yield _bar(run, top, x(run.ready), x(run.start), x(run.end), critical)
    yield _way(
        schedule.critical, middles, {run.resource.urn: x(run.end) for run in schedule.critical}
    )
    yield "</svg>"


def _bar(run: Run, top: float, ready: float, start: float, end: float, critical: set[str]) -> str:
    middle = top + ROW / 2
    wait = f'<path class="wait" d="M{ready:.1f} {middle}H{start:.1f}"/>' if start > ready else ""
    style = "critical" if run.resource.urn in critical else "bar"
    told = f"{run.resource.label}: {minutes(run.start)} to {minutes(run.end)}"
    return (
        f'{wait}<rect class="{style}" x="{start:.1f}" y="{top + (ROW - BAR) / 2}" '
        f'width="{max(end - start, LEAST):.1f}" height="{BAR}" rx="2">'
        f"<title>{escape(told)}</title></rect>"
    )


def _way(path: Sequence[Run], middles: Mapping[str, float], ends: Mapping[str, float]) -> str:
    """From the end of each on the critical path down or up to the next."""
    return "".join(
        f'<path class="way" d="M{ends[a.resource.urn]:.1f} {middles[a.resource.urn]}'
        f'V{middles[b.resource.urn]}"/>'
        for a, b in pairwise(path)
    )
