"""Assertions about what a server said; its words go into the table."""

import re

import pytest

from tests.contract.commands import Answer
from tests.contract.report import NOT_CONFIGURED, SAID


class Expect:
    def __init__(self, heard: list[tuple[str, object]]) -> None:
        self._heard = heard

    def said(self, words: str) -> None:
        """What the table shows, if nothing follows."""
        self._heard.append((SAID, words))

    def answer(self, answer: Answer, wanted: str = "") -> str:
        """It succeeded, and said something that matches `wanted`; what it said."""
        self.said(answer.words)
        assert answer.ok, answer.words
        assert re.search(wanted, answer.out), f"wanted {wanted!r}, heard: {answer.words}"
        return answer.out.strip()

    def refusal(self, answer: Answer, wanted: str) -> None:
        """It was refused, in words that match `wanted`."""
        self.said(answer.words)
        assert not answer.ok, f"not refused: {answer.words}"
        assert re.search(wanted, answer.words), f"wanted {wanted!r}, heard: {answer.words}"


def configured(thing: object, missing: str) -> None:
    """Ends a test of something that the stack doesn't have."""
    if not thing:
        pytest.skip(f"{NOT_CONFIGURED}: {missing}")
