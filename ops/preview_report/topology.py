"""The components and what stands on what, with what changes marked: as Mermaid and as SVG."""

import re
from collections.abc import Iterable, Mapping
from html import escape

from ops.preview_report.verdict import Verdict
from ops.preview_report.view import GroupView, StackView

COLOURS = {
    Verdict.DANGEROUS: ("#b42318", "#fee4e2"),
    Verdict.LOOK: ("#b54708", "#fef0c7"),
    Verdict.SAFE: ("#067647", "#dcfae6"),
}
"""Line and fill, readable on light and on dark."""
UNCHANGED = ("#667085", "#f2f4f7")
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 190, 58, 90, 26, 20


def changes_of(stack: StackView) -> Mapping[str, GroupView]:
    return {group.component: group for group in stack.groups if group.resources}


def note(group: GroupView | None) -> str:
    """What happens in a component, in signs: `+1 ~2`."""
    if group is None:
        return ""
    signs = ("+", "~", "±", "-", "→", "?")
    return " ".join(f"{sign}{group.count(sign)}" for sign in signs if group.count(sign))


def mermaid(stack: StackView) -> str:
    """A flow chart: an arrow from what stands to what it stands on."""
    changed = changes_of(stack)
    ids = {name: f"c{index}" for index, name in enumerate(stack.components)}
    lines = ["flowchart LR"]
    for name, id_ in ids.items():
        said = note(changed.get(name))
        label = _plain(name) + (f"<br/>{said}" if said else "")
        style = changed[name].verdict.word if name in changed else "same"
        lines.append(f'  {id_}["{label}"]:::{style}')
    lines += [f"  {ids[upper]} --> {ids[lower]}" for upper, lower in reduced(stack.edges)]
    for verdict, (line, fill) in COLOURS.items():
        lines.append(
            f"  classDef {verdict.word} stroke:{line},fill:{fill},color:#101828,stroke-width:2px"
        )
    line, fill = UNCHANGED
    lines.append(f"  classDef same stroke:{line},fill:{fill},color:#475467")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Mermaid has no way to write every character in a label."""
    return re.sub(r"[^\w .,:/\[\]-]", "?", text).replace("[", "(").replace("]", ")")


def reduced(edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """`edges` without those that others say already: a → c, where there is a → b → c."""
    pairs = set(edges)
    below: dict[str, set[str]] = {}
    for upper, lower in pairs:
        below.setdefault(upper, set()).add(lower)

    def reach(name: str, seen: frozenset[str]) -> set[str]:
        found: set[str] = set()
        for one in below.get(name, set()) - seen:
            found |= {one} | reach(one, seen | {one})
        return found

    return sorted(
        (upper, lower)
        for upper, lower in pairs
        if not any(
            lower in reach(other, frozenset({upper, other}))
            for other in below[upper]
            if other != lower
        )
    )


def layers(stack: StackView) -> list[list[str]]:
    """The components from left to right: each to the right of all that stands on it."""
    level = dict.fromkeys(stack.components, 0)
    for _ in stack.components:  # as long a chain as there can be; a circle ends here too
        for upper, lower in stack.edges:
            if level[lower] <= level[upper] < len(level):
                level[lower] = level[upper] + 1
    return [
        [name for name in stack.components if level[name] == one]
        for one in sorted(set(level.values()))
    ]


def svg(stack: StackView) -> str:
    """A drawing that needs nothing else, for a page or a file."""
    columns = layers(stack)
    changed = changes_of(stack)
    tallest = max((len(column) for column in columns), default=0)
    width = 2 * MARGIN + len(columns) * (WIDTH + ACROSS) - ACROSS
    height = 2 * MARGIN + tallest * (HEIGHT + DOWN) - DOWN
    place: dict[str, tuple[float, float]] = {}
    for x, column in enumerate(columns):
        top = MARGIN + (tallest - len(column)) * (HEIGHT + DOWN) / 2
        for y, name in enumerate(column):
            place[name] = (MARGIN + x * (WIDTH + ACROSS), top + y * (HEIGHT + DOWN))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif">',
        f"<title>{escape(stack.name)}: what stands on what</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#98a2b3"/></marker></defs>',
    ]
    for upper, lower in reduced(stack.edges):
        (x1, y1), (x2, y2) = place[upper], place[lower]
        start, end, middle = x1 + WIDTH, x2 - 2, (x1 + WIDTH + x2) / 2
        parts.append(
            f'<path d="M{start:g} {y1 + HEIGHT / 2:g}C{middle:g} {y1 + HEIGHT / 2:g} {middle:g} '
            f'{y2 + HEIGHT / 2:g} {end:g} {y2 + HEIGHT / 2:g}" fill="none" stroke="#98a2b3" '
            'stroke-width="1.5" marker-end="url(#arrow)"/>'
        )
    for name, (x, y) in place.items():
        line, fill = COLOURS[changed[name].verdict] if name in changed else UNCHANGED
        said = note(changed.get(name))
        parts.append(
            f'<g transform="translate({x:g} {y:g})"><rect width="{WIDTH}" height="{HEIGHT}" rx="8" '
            f'fill="{fill}" stroke="{line}" stroke-width="{2 if said else 1}"/>'
            f'<text x="{WIDTH / 2:g}" y="{25 if said else 34}" text-anchor="middle" font-size="14" '
            f'font-weight="600" fill="#101828">{escape(name)}</text>'
            f'<text x="{WIDTH / 2:g}" y="44" text-anchor="middle" font-size="12" fill="{line}">'
            f"{escape(said)}</text></g>"
        )
    return "".join([*parts, "</svg>"])
