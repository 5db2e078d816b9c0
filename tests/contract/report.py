"""The table at the end: what was asked of each capability, and what its server said."""

import shutil
import time
from collections import Counter
from dataclasses import dataclass

import pytest

OK, FAILED, DIFFERS = "ok", "FAILED", "differs"
NOT_CONFIGURED, NOT_RUN, SKIPPED = "not configured", "not run", "skipped"
HEAD = ("capability", "behaviour", "result", "seconds", "the server's words")
SAID = "said"
"""The property of a test's report that keeps what it heard."""
NARROWEST = 40


@dataclass(frozen=True)
class Line:
    capability: str
    behaviour: str
    result: str
    seconds: float
    words: str


class Table:
    """Gathers the lines as tests end, and prints them after all."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.started = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if (one := line(report)) is not None:
            self.lines.append(one)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.lines:
            return
        terminalreporter.section("the contract")
        for row in table(self.lines):
            terminalreporter.line(row)
        took = time.monotonic() - self.started
        terminalreporter.line(f"\n{counts(self.lines)}; {took:.0f} s")


def line(report: pytest.TestReport) -> Line | None:
    """What a report means; None for the phases that say nothing of their own."""
    if report.when != "call" and report.outcome == "passed":
        return None
    if report.when == "teardown" and report.outcome == "skipped":
        return None
    module, _, name = report.nodeid.rpartition("/")[2].partition(".py::")
    result, words = outcome(report)
    return Line(
        module.removeprefix("test_"),
        name.removeprefix("test_").replace("_", " "),
        result,
        report.duration,
        words,
    )


def outcome(report: pytest.TestReport) -> tuple[str, str]:
    heard = [str(value) for key, value in report.user_properties if key == SAID]
    reason = getattr(report, "wasxfail", None)
    if reason is not None:
        return DIFFERS, reason
    if report.passed:
        return OK, heard[-1] if heard else ""
    if report.skipped:
        longrepr = report.longrepr
        said = str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
        kind, _, words = said.removeprefix("Skipped: ").partition(": ")
        return (kind, words) if kind in (NOT_CONFIGURED, NOT_RUN) else (SKIPPED, said)
    crash = getattr(report.longrepr, "reprcrash", None)
    return FAILED, str(crash.message if crash else report.longrepr).partition("\n")[0]


def table(lines: list[Line], width: int | None = None) -> list[str]:
    """Aligned, one line each, cut to `width` (by default the terminal's)."""
    width = width or shutil.get_terminal_size((160, 40)).columns
    rows = [
        (one.capability, one.behaviour, one.result, f"{one.seconds:.1f}", flat(one.words))
        for one in sorted(lines, key=lambda one: one.capability)
    ]
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD) - 1)]
    room = max(NARROWEST, width - sum(widths) - 2 * len(widths))

    def show(row: tuple[str, ...]) -> str:
        *cells, words = row
        aligned = [cell.ljust(size) for cell, size in zip(cells, widths, strict=True)]
        return "  ".join([*aligned, cut(words, room)]).rstrip()

    return [show(tuple(cell.upper() for cell in HEAD)), *map(show, rows)]


def counts(lines: list[Line]) -> str:
    found = Counter(one.result for one in lines)
    every = (OK, FAILED, DIFFERS, NOT_CONFIGURED, NOT_RUN, SKIPPED)
    return ", ".join(f"{found[result]} {result}" for result in every if found[result])


def flat(words: str) -> str:
    return " ".join(words.removeprefix("AssertionError: ").split())


def cut(words: str, room: int) -> str:
    return words if len(words) <= room else f"{words[: room - 1]}…"
