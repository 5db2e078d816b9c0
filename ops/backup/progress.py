"""What a person sees while a backup is made or read."""

import time
from collections.abc import Iterator

from ops.backup.archive import Member
from ops.console import duration, say


def told(members: Iterator[Member]) -> Iterator[Member]:
    """The same, each said when it is through, with its size and time."""
    for member in members:
        yield Member(member.name, shown(member))


def shown(member: Member, every_seconds: float = 10) -> Iterator[bytes]:
    """What flows through, with a line at its end, and now and then while it lasts."""
    size, started = 0, time.monotonic()
    last = started
    for piece in member.content:
        size += len(piece)
        yield piece
        if time.monotonic() - last > every_seconds:
            last = time.monotonic()
            say(f"  … {member.name}: {megabytes(size)} ({duration(last - started)})")
    say(f"  ✓ {member.name}: {megabytes(size)} ({duration(time.monotonic() - started)})")


def megabytes(size: int) -> str:
    """1.2 MB, in millions of bytes."""
    return f"{size / 1e6:.1f} MB"
