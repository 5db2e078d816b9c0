"""Says what is going on: one line that updates on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TextIO

REFRESH = 0.2
REMINDER = 15.0


def clock(seconds: float) -> str:
    """`0:07`, `3:05`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Board:
    """The steps under way, with their elapsed time. Used by several threads."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, float, str]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._started = time.monotonic()

    def __enter__(self) -> Board:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=1)
        with self._lock:
            self._wipe()

    def say(self, text: str) -> None:
        """Print a line of its own."""
        with self._lock:
            self._wipe()
            self.stream.write(f"{text}\n")
            self.stream.flush()

    def begin(self, name: str, title: str) -> None:
        with self._lock:
            self._running[name] = (title, time.monotonic(), "")
        if not self.live:
            self.say(f"  … {title}")

    def note(self, name: str, text: str) -> None:
        """What a running step is at (bytes so far)."""
        with self._lock:
            if name in self._running:
                title, started, _ = self._running[name]
                self._running[name] = (title, started, text)

    def end(self, name: str, result: str, *, good: bool = True) -> float:
        with self._lock:
            title, started, _ = self._running.pop(name)
        seconds = time.monotonic() - started
        mark = "✓" if good else "✗"
        self.say(f"  {mark} {title}: {result} ({clock(seconds)})")
        return seconds

    def line(self) -> str:
        """What is running now, as one line."""
        now = time.monotonic()
        with self._lock:
            parts = [
                f"{title} {clock(now - started)}{f' ({note})' if note else ''}"
                for title, started, note in self._running.values()
            ]
        return f"[{clock(now - self._started)}] " + " · ".join(parts) if parts else ""

    def _tick(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(REFRESH):
            if self.live:
                text = self.line()
                width = shutil.get_terminal_size().columns - 1
                with self._lock:
                    self._wipe()
                    self.stream.write(text if len(text) <= width else text[: width - 1] + "…")
                    self.stream.flush()
            elif time.monotonic() - last >= REMINDER:
                last = time.monotonic()
                if text := self.line():
                    self.say(f"    {text}")

    def _wipe(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")
