"""What is measured, and in which order."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from bench import by_hand
from bench.imports import MODULES, import_times
from bench.measure import BenchError, Results, ask
from bench.recipe import Recipe, recipe
from bench.stack import GROWN, Bench, sweep

Say = Callable[[str], None]

SIZES = (100, 300, 1000, 3000)
"""How many resources the growing stack has, about."""
FEW, MORE = 4, 12
"""Services of the two small previews that tell how many resources one has."""
TO_CREATE = re.compile(r"\+ (\d+) to create")
UNCHANGED = re.compile(r"^\s+(\d+) unchanged$", re.MULTILINE)
PASSED = re.compile(r"(\d+) passed.* in ([\d.]+)s")


def ups(bench: Bench, results: Results, pairs: int, say: Say) -> None:
    """Up from nothing and down again, by the program and by hand, in turns; and between, on the
    stack that is up, what changes nothing."""
    known: Recipe | None = None
    for number in range(pairs):
        say(f"pair {number + 1} of {pairs}: up, and down again")
        results.add("up from nothing", *_timed(bench, "up"))
        known = recipe(bench.state())
        results.facts["resources of dev"] = len(known.resources)
        no_ops(bench, results, say)
        results.add("down", *_timed(bench, "down", "--force"))
        sweep()
        hand(known, results, say)


def _timed(bench: Bench, verb: str, *flags: str) -> tuple[float, float]:
    done = bench.ops(verb, *flags)
    return done.seconds, done.cpu


def no_ops(bench: Bench, results: Results, say: Say) -> None:
    """`up` and `preview` where nothing changes, each preview beside an empty program's."""
    say("  nothing to change: up, and previews beside an empty program's")
    results.add("up, nothing to change", *_timed(bench, "up"))
    for _ in range(3):
        floor = bench.floor()
        results.add("preview of an empty program", floor.seconds, floor.cpu)
        done = bench.preview()
        if not UNCHANGED.search(done.out):
            raise BenchError(f"a preview right after `up` is not empty:\n{done.out}")
        results.add("preview of dev", done.seconds, done.cpu)


def hand(known: Recipe, results: Results, say: Say) -> None:
    """The floor of `up` and `down`."""
    say("  the same by hand")
    for name, act in (("up by hand", by_hand.up), ("down by hand", by_hand.down)):
        started = time.perf_counter()
        act(known)
        # Its processor time is mostly the Docker Engine's, which is nobody's child.
        results.add(name, time.perf_counter() - started, 0)
    sweep()


def previews(bench: Bench, results: Results, pairs: int, say: Say) -> None:
    """The cloud stacks, from an empty state, held to the policy: `make preview STACK=…`."""
    for number in range(pairs):
        say(f"pair {number + 1} of {pairs}: previews of the cloud stacks")
        for stack in ("staging", "prod"):
            done = bench.ops("preview", stack=stack)
            results.add(f"preview of {stack}", done.seconds, done.cpu)
            if found := TO_CREATE.search(done.out):
                results.facts[f"resources of {stack}"] = int(found[1])


def growth(bench: Bench, results: Results, largest: int, say: Say) -> None:
    """A first preview of the local stack with ever more services, until it has `SIZES`."""

    def grown(services: int) -> tuple[int, float]:
        names = {f"service-{number}": _service(number) for number in range(services)}
        defaults = dict.fromkeys(("trading-api", "strategy-engine", "auth"))
        bench.settings(GROWN, {"alphintra:services": {**defaults, **names}})
        done = bench.preview(GROWN)
        found = TO_CREATE.search(done.out)
        if not found:
            raise BenchError(f"a first preview creates nothing:\n{done.out}")
        return int(found[1]), round(done.seconds, 2)

    few, _ = grown(FEW)
    more, _ = grown(MORE)
    each = (more - few) // (MORE - FEW)
    rows: list[dict[str, float]] = []
    for size in (size for size in SIZES if size <= largest):
        count, seconds = grown(FEW + max(0, round((size - few) / each)))
        say(f"  first preview of {count} resources: {seconds} s")
        rows.append({"resources": count, "seconds": seconds})
    results.facts["growth"] = rows


def _service(number: int) -> dict[str, object]:
    return {"database": f"data_{number}", "cache": True}


def imports(bench: Bench, results: Results, say: Say) -> None:
    say("import times")
    results.facts["imports"] = import_times(bench.folder, MODULES)


def suite(bench: Bench, results: Results, folder: Path, say: Say) -> None:
    """The tests that `make check` runs."""
    say("the unit suite")
    pytest = (".venv/bin/python", "-m", "pytest", "tests", "--ignore=tests/e2e", "-m", "not slow")
    done = bench.run(*pytest, "--numprocesses=auto", "--dist=loadfile", cwd=folder)
    results.add("unit suite", done.seconds, done.cpu)
    if found := PASSED.search(done.out):
        results.facts["tests"] = int(found[1])


def commit(folder: Path) -> str:
    """Which program was measured."""
    return ask("git", "describe", "--always", "--dirty", cwd=folder)
