"""The page of figures says what was measured, and nothing else changes in it."""

import json

from bench.__main__ import BEFORE, PAGE, RESULTS
from bench.measure import Figure, Results, from_json
from bench.page import BEGIN, END, GOALS, figures, with_figures


def results(**medians: float) -> Results:
    found = {name.replace("_", " "): Figure([seconds], [0.0]) for name, seconds in medians.items()}
    return Results({"cores": "2"}, "abc", found, {"resources of dev": 128})


def row(page: str, name: str) -> list[str]:
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_is_made_from_the_results_that_are_kept():
    if RESULTS.exists():
        now = from_json(json.loads(RESULTS.read_text()))
        before = from_json(json.loads(BEFORE.read_text())) if BEFORE.exists() else None
        assert figures(now, before) in PAGE.read_text()


def test_a_figure_is_held_to_its_floor_and_to_its_seconds():
    floor, slow, quick = Figure([10.0]), Figure([14.0]), Figure([12.0])
    up = GOALS["up from nothing"]
    assert up.met(quick, floor) and not up.met(slow, floor)
    assert not up.met(Figure([61.0]), Figure([60.0]))
    assert GOALS["down"].met(Figure([15.0]), floor) and not GOALS["down"].met(Figure([15.1]), floor)


def test_every_floor_is_a_figure_of_its_own():
    assert {goal.floor for goal in GOALS.values() if goal.floor} <= set(GOALS)


def test_the_median_counts_and_the_spread_is_shown():
    figure = Figure([3.0, 9.0, 4.0], [1.0, 1.0, 1.0])
    page = figures(Results({}, "abc", {"down": figure}), None)
    assert row(page, "down") == ["down", "4.00", "3", "3.0 to 9.0", "", "15 s", "yes"]


def test_what_was_before_stands_beside_it_with_its_own_ratio():
    now = results(preview_of_an_empty_program=1.0, preview_of_dev=2.5)
    before = results(preview_of_an_empty_program=1.0, preview_of_dev=4.0)
    cells = row(figures(now, before), "preview of dev")
    assert cells[4:] == ["2.50", "2 x the floor", "no", "4.00", "4.00"]


def test_only_the_figures_are_made_anew():
    page = f"# Title\n{BEGIN}\nold\n{END}\nBy hand.\n"
    assert with_figures(page, f"{BEGIN}\nnew\n{END}") == f"# Title\n{BEGIN}\nnew\n{END}\nBy hand.\n"
    assert with_figures(PAGE.read_text(), f"{BEGIN}\n{END}").startswith("# How fast")


def test_results_outlast_their_file():
    one = results(down=3.0)
    assert from_json(json.loads(json.dumps(one.as_json()))) == one
