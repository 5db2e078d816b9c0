"""The whole report as one page: it needs no network and no other file."""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from ops.preview_report import topology, words
from ops.preview_report.verdict import Verdict
from ops.preview_report.view import (
    ChangeView,
    FindingView,
    GroupView,
    ReportView,
    ResourceView,
    StackView,
)

HERE = Path(__file__).parent
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What a browser may load for the page: nothing."""


def render(report: ReportView) -> str:
    return "\n".join(_page(report))


def _page(report: ReportView) -> Iterator[str]:
    title = f"{report.verdict.word.capitalize()}: {words.headline(report)}"
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{escape(title)}</title><style>{(HERE / 'page.css').read_text()}</style></head>"
    yield f"<body><header><div>{badge(report.verdict)}<h1>{escape(title)}</h1>"
    yield f'<p class="soft">{escape(report.base)} → {escape(report.head)}</p>'
    yield f'<p class="soft">{words.LIVE if report.drift else words.DRIFT}</p></div></header>'
    yield '<nav class="bar"><div><input id="query" type="search" aria-label="Search" '
    yield 'placeholder="Search: a name, a type, a property, a value">'
    yield '<select id="least" aria-label="Verdict"><option value="safe">every verdict</option>'
    yield '<option value="look">look and dangerous</option>'
    yield '<option value="dangerous">dangerous</option></select>'
    yield '<button id="open">Open all</button><button id="close">Close all</button>'
    yield '<span id="shown" class="soft"></span></div></nav><main>'
    yield from _overview(report)
    yield from _worlds(report)
    for stack in report.stacks:
        yield from _stack(stack)
    signs = ", ".join(f"{sign} {meaning}" for sign, meaning in words.MEANING.items())
    yield f"<footer>{escape(signs)}. [secret] is marked as one; [masked] looks like one. "
    yield f"Made in {report.seconds:.0f} s.</footer></main>"
    yield f"<script>{(HERE / 'page.js').read_text()}</script></body></html>"


def badge(verdict: Verdict) -> str:
    return f'<span class="badge {verdict.word}">{verdict.word}</span>'


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: int = -1) -> str:
    """A table; `head` and `rows` are HTML, column `numbers` is aligned to the right."""

    def cells(tag: str, row: Iterable[str]) -> str:
        return "".join(
            f"<{tag}{' class=number' if index == numbers else ''}>{cell}</{tag}>"
            for index, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _overview(report: ReportView) -> Iterator[str]:
    yield "<h2>Stacks</h2>"
    yield _table(
        ["stack", "verdict", "resources", "USD a month, fixed", "policy"],
        [
            [
                f'<a href="#{escape(stack.name)}">{escape(stack.name)}</a> '
                f"<small>{stack.world}</small>",
                badge(stack.verdict),
                escape(words.counts(stack)),
                escape(words.cost(stack)),
                escape(words.policy(stack)),
            ]
            for stack in report.stacks
        ],
        numbers=3,
    )


def _worlds(report: ReportView) -> Iterator[str]:
    stacks = sorted(report.stacks, key=lambda one: one.world != "simulation")
    names = sorted({group.component for stack in stacks for group in stack.groups})
    if len(stacks) < 2 or not names:
        return
    yield "<h2>Both worlds</h2>"
    rows: list[list[str]] = []
    for name in names:
        row = [f"<strong>{escape(name)}</strong>"]
        for stack in stacks:
            found = next((one for one in stack.groups if one.component == name), None)
            said = topology.note(found)
            row.append(
                f"{badge(found.verdict)} <code>{escape(said)}</code>"
                if found and said
                else '<span class="soft">as it was</span>'
            )
        rows.append(row)
    heads = [f"{escape(stack.name)} <small>{stack.world}</small>" for stack in stacks]
    yield _table(["component", *heads], rows)


def _stack(stack: StackView) -> Iterator[str]:
    yield f'<section id="{escape(stack.name)}"><h2>{escape(stack.name)} {badge(stack.verdict)} '
    yield f'<small class="soft">{escape(words.counts(stack))}, {stack.same} as they were, '
    yield f"{stack.seconds:.0f} s</small></h2>"
    yield from _findings(stack)
    yield "<h3>What changes</h3>" if stack.groups else "<p>Nothing changes.</p>"
    for group in stack.groups:
        yield from _group(group)
    if stack.world == "cloud":
        yield from _cost(stack)
        yield from _policy(stack)
    yield f'<h3>Topology</h3><div class="drawing">{topology.svg(stack)}</div></section>'


def _findings(stack: StackView) -> Iterator[str]:
    """Each rule once, with all that it fits."""
    rules: dict[str, list[tuple[FindingView, int]]] = {}
    for one, more in words.together(stack.findings):
        rules.setdefault(one.rule, []).append((one, more))
    for rule, found in rules.items():
        first, places = found[0][0], "1 place" if len(found) == 1 else f"{len(found)} places"
        yield f'<div class="finding f-{first.verdict.word}">'
        yield f"<strong>{escape(first.title)}.</strong> {escape(first.why)} "
        yield f"<small>{places}, rule {escape(rule)}</small><ul>"
        for one, more in found:
            said = f"{escape(one.resource)} {_code(one.path) if one.path else ''}"
            if one.old or one.new:
                said += f": {_code(one.old)} → {_code(one.new)}"
            said += f" <small>and {more} more of its properties</small>" if more else ""
            yield f"<li>{said} <small>{escape(one.note)}</small></li>"
        yield "</ul></div>"


def _code(value: str) -> str:
    return f"<code>{escape(value)}</code>" if value else '<span class="soft">nothing</span>'


def _group(group: GroupView) -> Iterator[str]:
    told = "; ".join(
        f"{escape(one.path)} {_code(one.old)} → {_code(one.new)}" for one in group.settings
    )
    opened = " open" if group.verdict is not Verdict.SAFE or len(group.resources) <= 20 else ""
    yield f'<details class="group"{opened}><summary>{escape(group.component)} '
    yield f"{badge(group.verdict)} <code>{escape(topology.note(group))}</code> "
    yield f'<span class="soft">{told}</span></summary>'
    for one in group.resources:
        yield from _resource(one)
    yield "</details>"


def _resource(one: ResourceView) -> Iterator[str]:
    was = f" <small>was {escape(one.renamed_from)}</small>" if one.renamed_from else ""
    data = f" <small>holds data: {escape(one.data)}</small>" if one.data else ""
    may = " <small>may change: only the deployment will tell</small>" if one.uncertain else ""
    forcing = [change.path for change in one.changes if change.forces]
    by = f" <small>by {_code(', '.join(forcing))}</small>" if forcing else ""
    mark = badge(one.verdict) if one.verdict is not Verdict.SAFE else ""
    line = (
        f'<span class="sign">{one.sign}</span> <strong>{escape(one.name)}</strong> '
        f'<span class="soft">{escape(one.type)}</span> {mark}{was}{data}{by}{may}'
    )
    if not one.changes:
        yield f'<div class="resource" data-verdict="{one.verdict.word}"><div>{line}</div></div>'
        return
    yield f'<details class="resource" data-verdict="{one.verdict.word}"><summary>{line} '
    yield f"<small>{len(one.changes)} changed</small></summary>"
    yield f'<div class="changes">{_table(("property", "old", "new"), map(_change, one.changes))}'
    yield "</div></details>"


def _change(one: ChangeView) -> list[str]:
    force = " <small><strong>makes it be made anew</strong></small>" if one.forces else ""
    kind = f" <small>{one.kind}</small>" if one.kind == "reordered" else ""
    return [
        f"{_code(one.path)}{kind}{force}",
        f'<code class="old">{escape(one.old)}</code>' if one.old else "",
        f'<code class="new">{escape(one.new)}</code>' if one.new else "",
    ]


def _cost(stack: StackView) -> Iterator[str]:
    yield f"<h3>Cost</h3><p>{escape(words.cost(stack))}. US dollars a month, list prices, fixed: "
    yield "what costs as long as it stands. Prices, dates and sources: docs/cloud/prices.toml.</p>"
    if stack.costs:
        yield _table(
            ["resource", "before", "after", "difference"],
            [
                [
                    escape(one.resource),
                    _code(one.old),
                    _code(one.new),
                    escape(words.usd(one.delta, sign=True)),
                ]
                for one in stack.costs
            ],
            numbers=3,
        )
    if stack.usage:
        rows = [
            [escape(one.resource), _code(one.how), escape(words.priced(one.delta))]
            for one in stack.usage
        ]
        yield f"<p>By use, not in the sum: {escape(words.cost_by_use(stack))}.</p>"
        yield _table(["resource", "what is assumed", "difference"], rows, numbers=1)
    if stack.unpriced:
        yield f"<p>Without a price, not guessed: {escape(', '.join(stack.unpriced))}</p>"


def _policy(stack: StackView) -> Iterator[str]:
    yield f"<h3>Policy</h3><p>{escape(words.policy(stack))}</p>"
    rows = [
        [f'<span class="badge dangerous">violated</span> {_code(rule)}', escape(name), escape(said)]
        for rule, name, said in stack.violations
    ]
    states = {
        "+": '<span class="badge dangerous">waiver added</span>',
        "-": '<span class="badge safe">waiver removed</span>',
        "": "waived, as before",
    }
    rows += [
        [f"{states[sign]} {_code(rule)}", "", escape(said)] for sign, rule, said in stack.waived
    ]
    if rows:
        yield _table(["rule", "resource", "why"], rows)
