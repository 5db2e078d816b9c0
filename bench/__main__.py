"""`python -m bench`: measure, keep the results, write docs/performance.md."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import page, sections
from bench.measure import BenchError, Results, from_json, machine
from bench.stack import ROOT, Bench, bench, pathed

RESULTS, BEFORE = ROOT / "bench" / "results.json", ROOT / "bench" / "before.json"
PAGE = ROOT / "docs" / "performance.md"


def say(line: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {line}", flush=True)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    top.add_argument("--pairs", type=int, default=2, help="times that each is run; default: 2")
    top.add_argument(
        "--only",
        action="append",
        choices=sorted(SECTIONS),
        help="measure this alone, and keep the other results; may be given again",
    )
    top.add_argument("--largest", type=int, default=3000, help="most resources; default: 3000")
    top.add_argument("--program", type=Path, default=ROOT, help="another checkout to measure")
    top.add_argument("--out", type=Path, default=RESULTS, help="where results are kept, as JSON")
    top.add_argument("--page", action="store_true", help="only write docs/performance.md anew")
    return top


Section = Callable[[Bench, Results, argparse.Namespace], None]
SECTIONS: dict[str, Section] = {
    "imports": lambda made, results, _: sections.imports(made, results, say),
    "previews": lambda made, results, given: sections.previews(made, results, given.pairs, say),
    "ups": lambda made, results, given: sections.ups(made, results, given.pairs, say),
    "growth": lambda made, results, given: sections.growth(made, results, given.largest, say),
    "suite": lambda made, results, given: sections.suite(made, results, given.program, say),
}
"""In the order in which they run."""


def measure(given: argparse.Namespace) -> None:
    """Run the sections that are asked for; what others found earlier is kept."""
    results = Results(machine(), sections.commit(given.program))
    if given.only and given.out.exists():
        earlier = from_json(json.loads(given.out.read_text()))
        results.figures, results.facts = earlier.figures, earlier.facts
    fresh = Results(results.machine, results.commit)
    with bench(given.program.resolve()) as made:
        for name, section in SECTIONS.items():
            if not given.only or name in given.only:
                section(made, fresh, given)
                # What was measured is kept, whatever comes after.
                results.figures |= fresh.figures
                results.facts |= fresh.facts
                keep(results, given.out)


def keep(results: Results, out: Path) -> None:
    """The page goes with its results: the suite that is measured last compares them."""
    out.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    if out == RESULTS:
        write_page()


def write_page() -> None:
    now = from_json(json.loads(RESULTS.read_text()))
    before = from_json(json.loads(BEFORE.read_text())) if BEFORE.exists() else None
    PAGE.write_text(page.with_figures(PAGE.read_text(), page.figures(now, before)))


def main() -> int:
    given = parser().parse_args()
    try:
        if given.page:
            write_page()
        else:
            pathed()
            measure(given)
        if given.out == RESULTS:
            say(f"wrote {PAGE.relative_to(ROOT)}")
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
