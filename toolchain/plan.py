"""Steps, and the small scheduler that runs them: several at once, each after what it needs."""

from __future__ import annotations

import concurrent.futures as futures
import dataclasses
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolchain.errors import SetupError
from toolchain.paths import LOGS
from toolchain.progress import Board, clock
from toolchain.run import Cancelled, cancel

# What a step reports while it runs; the result of its work is how the thing was got.
Note = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One thing that must be in place."""

    name: str
    title: str
    done: Callable[[], bool]
    work: Callable[[Path, Note], str]
    # These must have succeeded before; `after` must merely have ended.
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    seconds: int = 0
    compiles: bool = False


@dataclass
class Outcome:
    """What became of a run."""

    results: dict[str, str] = field(default_factory=dict[str, str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    failures: dict[str, SetupError] = field(default_factory=dict[str, SetupError])
    skipped: list[str] = field(default_factory=list[str])

    @property
    def good(self) -> bool:
        return not self.failures and not self.skipped


def one_compile_at_a_time(steps: Sequence[Step]) -> list[Step]:
    """Chain the compiling steps in the order of the table: each uses all cores by itself."""
    chained: list[Step] = []
    last: tuple[str, ...] = ()
    for step in steps:
        if step.compiles:
            step = dataclasses.replace(step, after=(*step.after, *last))
            last = (step.name,)
        chained.append(step)
    return chained


def estimate(steps: Sequence[Step]) -> int:
    """Seconds for all: the compiles one after another, or the longest chain of the others."""
    ends: dict[str, int] = {}
    for step in steps:  # the table lists what is needed before what needs it
        waits = (*step.needs, *step.after)
        ends[step.name] = step.seconds + max((ends.get(name, 0) for name in waits), default=0)
    return max(ends.values(), default=0)


def execute(steps: Sequence[Step], board: Board, logs: Path = LOGS) -> Outcome:
    """Run all; a failure stops only what needs the failed step. Ctrl-C ends everything."""
    outcome = Outcome()
    waiting = list(steps)
    ended: set[str] = set()
    planned = {step.name for step in steps}
    running: dict[futures.Future[str], Step] = {}
    logs.mkdir(parents=True, exist_ok=True)
    guard = threading.Lock()

    def perform(step: Step) -> str:
        if step.done():
            return "there already"
        log = logs / f"{step.name}.log"
        log.write_bytes(b"")
        board.begin(step.name, step.title)
        if step.seconds >= 60:
            board.note(step.name, f"of about {clock(step.seconds)}")
        try:
            result = step.work(log, lambda text: board.note(step.name, text))
        except Cancelled:
            board.end(step.name, "stopped", good=False)
            raise
        except SetupError as error:
            error.log = error.log or log
            board.end(step.name, "failed", good=False)
            raise
        except Exception:
            board.end(step.name, "failed", good=False)
            raise
        seconds = board.end(step.name, result)
        with guard:
            outcome.seconds[step.name] = seconds
        return result

    def start_ready(pool: futures.ThreadPoolExecutor) -> None:
        for step in list(waiting):
            lost = [n for n in step.needs if n in outcome.failures or n in outcome.skipped]
            if lost:
                waiting.remove(step)
                ended.add(step.name)
                outcome.skipped.append(step.name)
                continue
            waits = [n for n in (*step.needs, *step.after) if n in planned and n not in ended]
            if not waits:
                waiting.remove(step)
                running[pool.submit(perform, step)] = step

    with futures.ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        try:
            start_ready(pool)
            while running:
                # A time limit, so that Ctrl-C is noticed while nothing ends.
                finished, _ = futures.wait(
                    running, timeout=0.5, return_when=futures.FIRST_COMPLETED
                )
                for future in finished:
                    step = running.pop(future)
                    ended.add(step.name)
                    try:
                        outcome.results[step.name] = future.result()
                    except Cancelled:
                        outcome.skipped.append(step.name)
                    except SetupError as error:
                        outcome.failures[step.name] = error
                        board.say(failure_text(step, error))
                    except Exception as error:  # a fault of ours: still say where to look
                        failure = SetupError(f"{type(error).__name__}: {error}")
                        failure.log = logs / f"{step.name}.log"
                        outcome.failures[step.name] = failure
                        board.say(failure_text(step, failure))
                start_ready(pool)
                if finished and not running and waiting:
                    raise AssertionError(f"steps wait for each other: {waiting}")
        except BaseException:
            cancel()
            raise
    return outcome


def failure_text(step: Step, error: SetupError) -> str:
    lines = [f"\nFAILED: {step.title}: {error.message}"]
    if error.log:
        lines.append(f"  log:        {error.log}")
    hint = error.hint or "Read the log, mend what it says, then run `make setup` again."
    lines.append("  what to do: " + hint.replace("\n", "\n              ") + "\n")
    return "\n".join(lines)
