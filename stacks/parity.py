"""The parity report: what is the same on this machine and on Google Cloud, and what isn't.

`python -m stacks.parity` prints it; docs/parity.md is the same with links. The statements are in
`components/<capability>/parity.py`.
"""

import argparse
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from components.baseline.parity import PARITY as BASELINE
from components.cache.parity import PARITY as CACHE
from components.cluster.parity import PARITY as CLUSTER
from components.connectivity.parity import PARITY as CONNECTIVITY
from components.database.parity import PARITY as DATABASE
from components.foundation.parity import PARITY as FOUNDATION
from components.network.parity import PARITY as NETWORK
from components.parity import Approximated, Fidelity, Lacking, Parity, Same, Statement
from components.registry.parity import PARITY as REGISTRY
from components.service.parity import PARITY as SERVICE

STATEMENTS: dict[str, Parity] = {
    "foundation": FOUNDATION,
    "network": NETWORK,
    "registry": REGISTRY,
    "cluster": CLUSTER,
    "database": DATABASE,
    "cache": CACHE,
    "baseline": BASELINE,
    "service": SERVICE,
    "connectivity": CONNECTIVITY,
}
"""Capability → what is said of it, in the order of the tree."""

FIRST = (
    ("database", "Fail-over: a standby in a second zone takes over, with all that was written"),
    ("cache", "Fail-over: a second node in another zone takes over"),
    ("service", "Nobody else can use its credentials"),
    ("cache", "What is left after all nodes are lost"),
    ("cluster", "Pods act as Google accounts of their own (Workload Identity)"),
    ("cluster", "Only signed images run (Binary Authorization)"),
    ("cluster", "Upgrades that keep services up: surge, blue-green, disruption budgets"),
    ("network", "A firewall around every machine: what is not named is denied, both ways"),
    ("database", "Point-in-time recovery: any moment of the last days"),
    ("database", "Speed of a machine of its own"),
)
"""What whoever tests on one machine must know before all else."""

GROUPS = tuple(field.name for field in fields(Parity))
TARGETS = {"local": "this machine", "gcp": "Google Cloud"}
KINDS: dict[type[Fidelity], str] = {
    Same: "same",
    Approximated: "approximated",
    Lacking: "lacking",
}
TRIED = ("tests/contract/", "tests/e2e/")
"""Tests that use what stands; all others read what the program asks for."""


@dataclass(frozen=True)
class Line:
    capability: str
    group: str
    """Settings, outputs or guarantees."""
    statement: Statement


def lines() -> Iterator[Line]:
    """Every statement, in the report's order."""
    for capability, parity in STATEMENTS.items():
        for group in GROUPS:
            yield from (Line(capability, group, one) for one in getattr(parity, group))


def fidelities(statement: Statement) -> dict[str, Fidelity]:
    return {target: getattr(statement, target) for target in TARGETS}


def kind(fidelity: Fidelity) -> str:
    return KINDS[type(fidelity)]


def evidence(test: str) -> str:
    return "tried" if test.startswith(TRIED) else "graph"


def words(fidelity: Fidelity) -> str:
    """A cell of the report."""
    match fidelity:
        case Same(test):
            return f"same ({evidence(test)})"
        case Approximated(how):
            return f"approximated: {how}"
        case Lacking(means):
            return f"lacking: {means}"


def counts(chosen: Iterable[Line]) -> dict[str, Counter[str]]:
    """Target → how many statements of each kind; `tried` are those of `same` that a test tries."""
    found = {target: Counter[str]() for target in TARGETS}
    for line in chosen:
        for target, fidelity in fidelities(line.statement).items():
            found[target][kind(fidelity)] += 1
            found[target]["tried"] += words(fidelity) == "same (tried)"
    return found


def summary(chosen: Sequence[Line]) -> list[list[str]]:
    """A row for each capability and one for all: statements, then each kind on each target."""
    head = ["", *(f"{word}, {target}" for target in TARGETS.values() for word in KINDS.values())]
    rows = [head]
    for name in [*STATEMENTS, "together"]:
        by_target = counts(one for one in chosen if name in (one.capability, "together"))
        rows.append(
            [name, *(str(of[word]) for of in by_target.values() for word in KINDS.values())]
        )
    return rows


def printed(chosen: Sequence[Line], width: int) -> str:
    """For a terminal of so many columns."""
    columns = (width // 4, (width - width // 4 - 6) // 2)
    spread = (columns[0], columns[1], columns[1])
    text: list[str] = []
    for capability in dict.fromkeys(line.capability for line in chosen):
        text += ["", capability.upper(), _columns(("what", *TARGETS.values()), spread)]
        for group in GROUPS:
            of = [one for one in chosen if (one.capability, one.group) == (capability, group)]
            text += [f"- {group} -"] if of else []
            for line in of:
                cells = [words(one) for one in fidelities(line.statement).values()]
                text.append(_columns((line.statement.subject, *cells), spread))
    return "\n".join([*text, "", *_totals()])


def _columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [textwrap.wrap(cell, size) for cell, size in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped))
    padded = [cell + [""] * (height - len(cell)) for cell in wrapped]
    return "\n".join(
        "   ".join(part.ljust(size) for part, size in zip(row, widths, strict=True)).rstrip()
        for row in zip(*padded, strict=True)
    )


def _totals() -> Iterator[str]:
    for target, of in counts(lines()).items():
        figures = ", ".join(f"{of[word]} {word}" for word in KINDS.values())
        yield f"{TARGETS[target]}: {figures} ({of['tried']} of the same are tried by a test)"


INTRODUCTION = """\
# What is the same on this machine and on Google Cloud

One line for every setting, every output and every guarantee of the cloud. Made from
`components/*/parity.py`; a test holds it against the specs, the outputs, the [pages of
settings](cloud/README.md) and the tests that it names. `make parity` prints it.

- **same**: as promised. *Tried* means that a test uses what stands; *graph*, that a test reads what
  the program asks for. Nothing has been tried on Google Cloud from here, so all there is *graph*:
  `make contract STACK=staging` tries it, with credentials.
- **approximated**: something near it, or the thing itself where no test shows it; it says which.
- **lacking**: not there; the line says what that means for whoever tests there.

## Before all else
"""


def markdown() -> str:
    """The text of docs/parity.md."""
    every = list(lines())
    by_name = {(one.capability, one.statement.subject): one for one in every}
    first = [
        f"{number}. **{one.statement.subject}** ({one.capability}). {' '.join(_unlike(one))}"
        for number, one in enumerate((by_name[key] for key in FIRST), start=1)
    ]
    parts = [INTRODUCTION, "\n".join(first), "", "## How much", "", _table(summary(every))]
    for capability in STATEMENTS:
        rows = [["what", *TARGETS.values()]]
        for group in GROUPS:
            of = [one for one in every if (one.capability, one.group) == (capability, group)]
            rows += [[f"**{group}**", "", ""]] if of else []
            rows += [_row(line) for line in of]
        parts += ["", f"## {capability.capitalize()}", "", *_page_of(capability), _table(rows)]
    return "\n".join(parts) + "\n"


def _page_of(capability: str) -> list[str]:
    """Where its guarantees on Google Cloud are listed one by one."""
    if not any(guarantee.rows for guarantee in STATEMENTS[capability].guarantees):
        return []
    page = f"cloud/{capability}.md"
    return [f"What Google Cloud is set to, and why: [{page}]({page}).", ""]


def _unlike(line: Line) -> Iterator[str]:
    """Where it is not the same, and what then."""
    for target, fidelity in fidelities(line.statement).items():
        if not isinstance(fidelity, Same):
            name = TARGETS[target]
            yield f"{name[0].upper()}{name[1:]}, {words(fidelity)}"


def _row(line: Line) -> list[str]:
    named = line.statement.subject
    cells = [_linked(fidelity) for fidelity in fidelities(line.statement).values()]
    return [named if line.group == "guarantees" else f"`{named}`", *cells]


def _linked(fidelity: Fidelity) -> str:
    match fidelity:
        case Same(test):
            return f"same ({_link(test)})"
        case Approximated(how, test) if test:
            return f"approximated ({_link(test)}): {how}"
        case _:
            return words(fidelity)


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f'[{evidence(test)}](../{file} "{name}")'


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *others = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *others])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m stacks.parity", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="the text of docs/parity.md")
    parser.add_argument(
        "--lacking", action="store_true", help="only what is lacking on one of the targets"
    )
    chosen = parser.parse_args(arguments)
    if chosen.markdown:
        print(markdown(), end="")
        return
    shown = [
        line
        for line in lines()
        if not chosen.lacking or Lacking in map(type, fidelities(line.statement).values())
    ]
    print(printed(shown, shutil.get_terminal_size((140, 24)).columns))


if __name__ == "__main__":
    main()
