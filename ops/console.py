"""Plain text for people: aligned tables, and colour where it can be seen."""

import os
import sys
from collections.abc import Sequence

RED, GREEN, YELLOW, BOLD = 31, 32, 33, 1


def paint(text: str, colour: int) -> str:
    """`text` in a colour, on a terminal whose user has not said NO_COLOR."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[int | None] | None = None
) -> str:
    """`rows` under `head`, columns aligned; `colours` are those of each row's second cell."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str], paints: dict[int, int]) -> str:
        # Padded first: the codes of a colour have a length, but no width.
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        return "  ".join(
            paint(cell, paints[column]) if column in paints else cell
            for column, cell in enumerate(padded)
        ).rstrip()

    every = dict.fromkeys(range(len(head)), BOLD)
    lines = [line([cell.upper() for cell in head], every)]
    for row, colour in zip(rows, colours or [None] * len(rows), strict=True):
        lines.append(line(row, {} if colour is None else {1: colour}))
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """12.3 s, or 4 min 05 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def say(text: str = "") -> None:
    """Print at once: what follows may come from another program."""
    print(text, flush=True)
