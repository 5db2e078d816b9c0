"""The comment fits and says what was left out; the page stands alone."""

import re
import time
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from ops.preview_report import markdown, page, topology
from ops.preview_report.blocks import LIMIT, Block, fit, left_out
from ops.preview_report.verdict import Verdict
from ops.preview_report.view import ReportView
from tests.ops.preview_report.logs import report, step

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
ROUTE = "gcp:compute/route:Route"
MANY = 2_000


@cache
def many() -> ReportView:
    """A change of 2,000 resources in ten components, one of them a danger."""
    lines = [
        step(
            ("update", "create", "replace", "delete")[number % 4],
            ROUTE,
            f"route-{number}",
            None if number % 4 == 1 else {"tags": ["a"], "description": "before " * 10},
            None if number % 4 == 3 else {"tags": ["a", "b"], "description": "after " * 10},
            component=f"Part{number % 10}",
            keys=["tags"] if number % 4 == 2 else [],
        )
        for number in range(MANY)
    ]
    danger = step("replace", SQL, "database", {"region": "a"}, {"region": "b"}, keys=["region"])
    return report(*lines, danger)


def test_the_first_line_says_whether_it_is_dangerous_and_why():
    text = markdown.render(many())
    marker, first, *_ = text.splitlines()
    assert marker == markdown.MARKER
    assert first.startswith("## 🔴 Dangerous: what holds data is made anew: database (DatabaseInst")


def test_a_change_of_2000_resources_fits_and_what_was_cut_is_named():
    started = time.monotonic()
    text = markdown.render(many())
    took = time.monotonic() - started
    assert len(text.encode()) <= LIMIT
    assert len(text.encode()) > LIMIT - 6_000, "there would have been room for more"
    assert "<code>region</code>: <code>a</code> → <code>b</code>" in text
    note = text.rstrip().splitlines()[-1]
    assert note.startswith("> Left out for GitHub's limit: ")
    assert "properties of prod/part0" in note and "report.html" in note
    assert took < 10


def test_the_page_has_all_of_them():
    text = page.render(many())
    assert text.count('class="resource"') == MANY + 1


def test_what_matters_most_is_cut_last():
    blocks = [Block("x" * 400, n, f"kind {n}") for n in (0, 3, 1, 2, 3)]
    assert fit(blocks, 5_000) == (blocks, [])
    kept, cut = fit([Block("y" * 3_000, 0), *blocks * 3], 8_000)
    assert [one.priority for one in kept].count(0) == 4
    assert min(one.priority for one in cut) >= max(one.priority for one in kept)
    assert left_out(cut)[0].startswith("kind ")


def test_a_report_says_that_drift_is_not_seen():
    view = report(step("same", SQL, "database", {}, {}))
    assert "drift" in markdown.render(view) and "drift" in page.render(view)
    assert view.verdict is Verdict.SAFE
    assert "nothing changes" in markdown.render(view)


EVIL = "</code></details><script>alert(1)</script> @everyone [x](http://x) `|` *b*\n# head\n```\n"


@pytest.mark.parametrize("where", ["name", "value", "key"])
def test_nothing_that_a_value_says_is_obeyed(where: str):
    name = EVIL if where == "name" else "database"
    new = {EVIL if where == "key" else "a": EVIL if where == "value" else "b", "long": EVIL * 9}
    view = report(step("update", SQL, name, {"a": "a", "x": "y"}, new))
    text = re.sub(r"(?ms)^ *(`{3,})diff$.*?^ *\1$", "", markdown.render(view))
    for bad in ("<script", "@everyone", "[x](", "\n# head"):
        assert bad not in text
    parsed = Parser()
    parsed.feed(page.render(view))
    assert parsed.tags.count("script") == 1
    assert parsed.open == []
    ElementTree.fromstring(topology.svg(view.stacks[0]))


class Parser(HTMLParser):
    VOID = ("meta", "input", "br", "link", "img")

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [f"{key}={value}" for key, value in attrs if key in ("src", "data", "action")]
        self.loads += [str(value) for key, value in attrs if key == "href" and value[:1] != "#"]  # type: ignore[index]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_that_loads_nothing():
    parsed = Parser()
    text = page.render(many())
    parsed.feed(text)
    assert parsed.open == [] and parsed.loads == []
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text


def test_both_worlds_stand_side_by_side():
    first = report(step("update", SQL, "database", {"a": 1}, {"a": 2})).stacks[0]
    second = report(
        step("replace", ROUTE, "r", {"a": 1}, {"a": 2}, component="Network"), target="local"
    ).stacks[0]
    text = markdown.render(ReportView("a", "b", False, (first, second)))
    assert "| component | prod (simulation) | prod (cloud) |" in text
    assert "| database | as it was | 🟡 &#126;1 |" in text
    assert "| network | 🟡 ±1 | as it was |" in text


def test_what_may_change_stands_apart_from_what_does():
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    text = markdown.render(
        report(
            step("update", ROUTE, "surely", {"a": "1"}, {"a": "2"}),
            step("update", ROUTE, "perhaps", {"a": "1"}, {"a": unknown}),
        )
    )
    certain, _, folded = text.partition("1 that may change: only the deployment will tell")
    assert "surely" in certain and "perhaps" in folded and "surely" not in folded.split("###")[0]


def test_the_drawing_marks_what_changes_and_shortens_the_arrows():
    assert topology.reduced([("a", "b"), ("b", "c"), ("a", "c")]) == [("a", "b"), ("b", "c")]
    assert topology.reduced([("a", "b"), ("b", "a")]) == [("a", "b"), ("b", "a")]
    view = many()
    chart = topology.mermaid(view.stacks[0])
    assert "database<br/>±1" in chart and ":::dangerous" in chart


def test_a_new_resource_shows_what_it_is_told():
    view = report(step("create", ROUTE, "new", None, {"destRange": "10.0.0.0/8", "priority": 9}))
    for text in (markdown.render(view), page.render(view)):
        assert "destRange" in text and "10.0.0.0/8" in text and "priority" in text
