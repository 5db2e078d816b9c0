"""The page on the report has the rules as they are."""

import os
import re
from pathlib import Path
from typing import Any, cast

import pytest

from ops.preview_report.__main__ import parser
from ops.preview_report.report import EXIT
from ops.preview_report.verdict import TABLE

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "preview-report.md"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rules() -> str:
    return table(
        ["rule", "verdict", "what it is", "why"],
        [
            [f"`{id_}`", one["verdict"], one["title"], one["why"]]
            for id_, one in TABLE["rule"].items()
        ],
    )


def stateful() -> str:
    return table(["type", "what"], [[f"`{key}`", what] for key, what in TABLE["stateful"].items()])


def _side(value: Any) -> str:
    if value is None:
        return "anything"
    values = cast(list[Any], value) if isinstance(value, list) else [value]
    return ", ".join(f"`{str(one).lower()}`" for one in values)


def properties() -> str:
    return table(
        ["rule", "property", "from", "to", "type"],
        [
            [
                f"`{one['rule']}`",
                f"`{one['path']}`".replace("|", "\\|"),
                "a number" if one.get("less") else _side(one.get("from")),
                "a smaller one" if one.get("less") else _side(one.get("to")),
                f"`{one['type']}`" if "type" in one else "any",
            ]
            for one in TABLE["property"]
        ],
    )


BLOCKS = {"rules": rules, "stateful": stateful, "properties": properties}


@pytest.mark.parametrize("name", BLOCKS)
def test_the_page_has_the_table(name: str):
    text = PAGE.read_text()
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    wanted = f"{begin}\n\n{BLOCKS[name]()}\n\n{end}"
    if os.environ.get("ACCEPT"):
        PAGE.write_text(re.sub(f"(?s){begin}.*?{end}", lambda _: wanted, text))
    assert wanted in PAGE.read_text(), (
        f"ACCEPT=1 .venv/bin/pytest {Path(__file__).relative_to(ROOT)} writes it"
    )


def test_the_page_has_the_exit_codes_and_the_commands():
    text = " ".join(PAGE.read_text().split())
    safe, look, dangerous = EXIT.values()
    told = f"{safe} safe, {look} look, {dangerous} dangerous"
    assert told in text and told in parser().format_help()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z0-9]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
