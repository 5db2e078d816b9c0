"""The one exception that a user sees: what failed, and what to do about it."""

from __future__ import annotations

from pathlib import Path


class SetupError(Exception):
    """A step could not be done. `hint` says what the user can do next."""

    def __init__(self, message: str, *, hint: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log
