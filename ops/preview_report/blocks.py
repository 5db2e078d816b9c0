"""What to leave out where a comment has room for so much and no more."""

from collections.abc import Sequence
from dataclasses import dataclass

LIMIT = 65_536
"""GitHub's, in characters of a comment; bytes are counted here, of which there are never fewer."""
RESERVE = 2_000
"""Kept free for saying what was left out."""


@dataclass(frozen=True)
class Block:
    """A part of a text, in the order in which it is shown."""

    text: str
    priority: int
    """The lower, the longer it stays; parts of 0 always do."""
    name: str = ""
    """What it is, to say so where it is left out."""

    @property
    def size(self) -> int:
        return len(self.text.encode()) + 1


def fit(blocks: Sequence[Block], limit: int = LIMIT) -> tuple[list[Block], list[Block]]:
    """Of `blocks`, those that fit into `limit`, the most important first, and those that don't."""
    if sum(block.size for block in blocks) <= limit:
        return list(blocks), []
    room = limit - RESERVE
    chosen: set[int] = set()
    for index in sorted(range(len(blocks)), key=lambda one: (blocks[one].priority, one)):
        block = blocks[index]
        if block.priority == 0 or block.size <= room:
            chosen.add(index)
            room -= block.size
    kept = [block for index, block in enumerate(blocks) if index in chosen]
    return kept, [block for index, block in enumerate(blocks) if index not in chosen]


def left_out(cut: Sequence[Block]) -> list[str]:
    """What was cut, in words: each kind once, with how many of it."""
    counts: dict[str, int] = {}
    for block in cut:
        if block.name:
            counts[block.name] = counts.get(block.name, 0) + 1
    return [f"{name} ({count})" if count > 1 else name for name, count in counts.items()]
