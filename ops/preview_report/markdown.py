"""The report as a comment on a pull request: the verdict first, within GitHub's limit."""

import re
from collections.abc import Iterable, Iterator

from ops.preview_report import topology, words
from ops.preview_report.blocks import LIMIT, Block, fit, left_out
from ops.preview_report.verdict import Verdict
from ops.preview_report.view import (
    ChangeView,
    FindingView,
    GroupView,
    ReportView,
    ResourceView,
    StackView,
)

MARKER = "<!-- alphintra: preview report -->"
"""By this the comment is found again, to be kept up to date."""

HEAD, DANGER, WORLDS, COSTS, POLICY = 0, 1, 2, 3, 4
LINES = {Verdict.DANGEROUS: 5, Verdict.LOOK: 7, Verdict.SAFE: 10}
"""How soon the line of a resource is cut, by its verdict; then its properties."""
PROPERTIES = {Verdict.DANGEROUS: 6, Verdict.LOOK: 11, Verdict.SAFE: 12}
REST_OF_FINDINGS, COST_LINES, TOPOLOGY = 8, 8, 9
SHOWN_FINDINGS = 10
"""Of each rule and stack, that come before all else."""


def render(report: ReportView, full: str = "", limit: int = LIMIT) -> str:
    """The comment; `full` says where the whole report is."""
    kept, cut = fit(list(blocks(report)), limit)
    text = "\n".join(block.text for block in kept)
    if not cut:
        return f"{text}\n"
    note = f"Left out for GitHub's limit: {'; '.join(left_out(cut))}. "
    where = f"All of it is in {full}." if full else "All of it is in the full report (report.html)."
    return f"{text}\n\n> {_short(note, 1_500)}{where}\n"


def blocks(report: ReportView) -> Iterator[Block]:
    """All of the report, in the order in which it is read."""
    yield Block(headline(report), HEAD)
    for stack in report.stacks:
        yield from _verdict(stack)
    yield Block("\n### What changes\n", HEAD)
    for stack in report.stacks:
        yield from _changes(stack)
    if len(report.stacks) > 1:
        yield Block(_worlds(report), WORLDS, "both worlds side by side")
    yield from _costs(report)
    yield from _policy(report)
    yield from _topology(report)
    seconds = f" Made in {report.seconds:.0f} s." if report.seconds else ""
    yield Block(f"\n<sub>{words.LIVE if report.drift else words.DRIFT}{seconds}</sub>", HEAD)


def headline(report: ReportView) -> str:
    verdict = report.verdict
    lines = [
        MARKER,
        f"## {words.ICONS[verdict]} {verdict.word.capitalize()}: {text(words.headline(report))}",
        "",
        f"{text(report.base)} → {text(report.head)}",
        "",
        "| stack | verdict | resources | USD a month, fixed | policy |",
        "| --- | --- | --- | ---: | --- |",
    ]
    for stack in report.stacks:
        icon = f"{words.ICONS[stack.verdict]} {stack.verdict.word}"
        cells = (icon, words.counts(stack), words.cost(stack), words.policy(stack))
        lines.append(f"| {text(stack.name)} ({stack.world}) | {' | '.join(map(text, cells))} |")
    return "\n".join(lines)


def text(value: str) -> str:
    """`value` as plain words: nothing in it is Markdown, HTML or a mention."""
    plain = re.sub(r"\s*\n\s*", " ⏎ ", value)
    return re.sub(r"([\\`*_\[\]<>&|~#@!])", _entity, plain)


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def code(value: str) -> str:
    """`value` as it stands, in a table or a line."""
    if not value:
        return "nothing"
    return f"<code>{text(value)}</code>"


def _short(value: str, length: int) -> str:
    return value if len(value) <= length else f"{value[:length]}…"


def _verdict(stack: StackView) -> Iterator[Block]:
    """What the rules found, each rule once, with all that it fits."""
    if stack.findings:
        line = f"\n### {words.ICONS[stack.verdict]} {text(stack.name)}: {stack.verdict.word}\n"
        yield Block(line, HEAD)
    rule, shown = "", 0
    for one, more in words.together(stack.findings):
        if one.rule != rule:
            rule, shown = one.rule, 0
            why = f" {one.why}" if one.verdict is Verdict.DANGEROUS else ""
            title = f"- {words.ICONS[one.verdict]} **{one.title}.**{why}"
            yield Block(title, DANGER, f"findings of {stack.name}")
        shown += 1
        if said := _place(one, more):
            priority = DANGER if shown <= SHOWN_FINDINGS else REST_OF_FINDINGS
            yield Block(f"  - {said}", priority, f"findings of {stack.name}")


def _place(one: FindingView, more: int) -> str:
    said = " ".join(filter(None, (text(one.resource), code(one.path) if one.path else "")))
    if one.old or one.new:
        said += f": {code(_short(one.old, 300))} → {code(_short(one.new, 300))}"
    said += f" and {more} more of its properties" if more else ""
    note = text(_short(one.note, 600))
    return f"{said}. {note}" if said and note else said or note


def _changes(stack: StackView) -> Iterator[Block]:
    same = f", {stack.same} as they were" if stack.same else ""
    yield Block(f"\n#### {text(stack.name)}: {words.counts(stack)}{same}\n", HEAD)
    for group in stack.groups:
        worst = min((LINES[one.verdict] for one in group.resources), default=COSTS)
        name = f"changes of {stack.name}/{group.component}"
        yield Block(f"\n**{text(group.component)}** {_told(group)}\n", worst, name)
        certain = [one for one in group.resources if not one.uncertain]
        for one in certain:
            yield from _resource(stack, group, one)
        unknown = [one for one in group.resources if one.uncertain]
        if unknown:
            lines = [f"- {_name(one)}: {', '.join(c.path for c in one.changes)}" for one in unknown]
            body = "\n".join(lines)
            summary = f"{len(unknown)} that may change: only the deployment will tell"
            yield Block(_folded(summary, f"\n{body}\n"), LINES[Verdict.SAFE], name)


def _told(group: GroupView) -> str:
    """What the component is told that it was not told before."""
    said = [f"{text(one.path)} {code(one.old)} → {code(one.new)}" for one in group.settings[:4]]
    more = len(group.settings) - 4
    return "; ".join([*said, *([f"{more} more settings"] if more > 0 else [])])


def _name(one: ResourceView) -> str:
    return f"`{one.sign}` {text(one.name)} <sub>{text(one.type)}</sub>"


def _resource(stack: StackView, group: GroupView, one: ResourceView) -> Iterator[Block]:
    icon = f" {words.ICONS[one.verdict]}" if one.verdict is not Verdict.SAFE else ""
    was = f", was {text(one.renamed_from)}" if one.renamed_from else ""
    forcing = [change for change in one.changes if change.forces]
    by = f", by {code(forcing[0].path)}" if forcing else ""
    single = one.changes[0] if len(one.changes) == 1 else None
    short = single is not None and len(single.old) + len(single.new) < 160
    said = f": {_change(single)}" if single and short else ""
    line = f"- {_name(one)}{icon}{was}{by}{said}"
    yield Block(line, LINES[one.verdict], f"lines of {stack.name}/{group.component}")
    if one.changes and not short:
        summary = f"{len(one.changes)} properties" if len(one.changes) > 1 else "1 property"
        yield Block(
            "  " + _folded(summary, fenced(one.changes)).replace("\n", "\n  "),
            PROPERTIES[one.verdict],
            f"properties of {stack.name}/{group.component}",
        )


def _change(change: ChangeView) -> str:
    if change.kind == "added":
        return f"{code(change.path)} added: {code(change.new)}"
    if change.kind == "removed":
        return f"{code(change.path)} removed: {code(change.old)}"
    if change.kind == "reordered":
        return f"{code(change.path)}: same items, another order"
    return f"{code(change.path)} {code(change.old)} → {code(change.new)}"


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n{body}\n</details>"


def fenced(changes: Iterable[ChangeView]) -> str:
    """Properties as a diff that GitHub colours."""
    lines: list[str] = []
    for one in changes:
        force = "   # makes it be made anew" if one.forces else ""
        if one.kind == "reordered":
            lines.append(f"! {one.path}: same items, another order{force}")
            continue
        if one.old or one.kind in ("removed", "changed"):
            lines.append(f"- {one.path}: {one.old or 'nothing'}{'' if one.new else force}")
        if one.new or one.kind in ("added", "changed"):
            lines.append(f"+ {one.path}: {one.new or 'nothing'}{force}")
    body = "\n".join(re.sub(r"\s*\n\s*", " ⏎ ", line) for line in lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n{fence}diff\n{body}\n{fence}\n"


def _worlds(report: ReportView) -> str:
    stacks = sorted(report.stacks, key=lambda one: one.world != "simulation")
    names = sorted({group.component for stack in stacks for group in stack.groups})
    if not names:
        return ""
    head = [f"{text(stack.name)} ({stack.world})" for stack in stacks]
    lines = [
        "\n### Both worlds\n",
        f"| component | {' | '.join(head)} |",
        f"| --- |{' --- |' * len(stacks)}",
    ]
    for name in names:
        cells: list[str] = []
        for stack in stacks:
            found = next((one for one in stack.groups if one.component == name), None)
            said = topology.note(found)
            icon = f"{words.ICONS[found.verdict]} " if found and said else ""
            cells.append(f"{icon}{text(said)}" if said else "as it was")
        lines.append(f"| {text(name)} | {' | '.join(cells)} |")
    signs = ", ".join(f"`{sign}` {meaning}" for sign, meaning in words.MEANING.items())
    return "\n".join([*lines, f"\n<sub>{signs}</sub>"])


def _costs(report: ReportView) -> Iterator[Block]:
    clouds = [stack for stack in report.stacks if stack.world == "cloud"]
    if not clouds:
        return
    yield Block("\n### Cost\n", COSTS)
    for stack in clouds:
        line = f"- **{text(stack.name)}**: {words.cost(stack)}. "
        line += "US dollars a month, list prices, fixed."
        if stack.unpriced:
            line += f" Without a price: {text(', '.join(stack.unpriced))}."
        yield Block(line, COSTS, f"cost of {stack.name}")
        for one in stack.costs:
            yield Block(
                f"  - {text(one.resource)} {words.usd(one.delta, sign=True)}: "
                f"{text(one.old or 'nothing')} → {text(one.new or 'nothing')}",
                COST_LINES,
                f"reckoning of {stack.name}'s cost",
            )
        if stack.usage:
            kinds = sorted(
                f"{one.resource} {words.priced(one.delta)}: {one.how}" for one in stack.usage
            )
            line = f"  - by use, not in the sum: {words.cost_by_use(stack)}: "
            line += text(_short("; ".join(kinds), 1_000))
            yield Block(line, COST_LINES, f"usage-based costs of {stack.name}")


def _policy(report: ReportView) -> Iterator[Block]:
    held = [stack for stack in report.stacks if stack.policy]
    if not held:
        return
    yield Block("\n### Policy\n", POLICY)
    for stack in held:
        yield Block(f"- **{text(stack.name)}**: {words.policy(stack)}", POLICY)
        broken: dict[str, list[str]] = {}
        for rule, resource, _ in stack.violations:
            broken.setdefault(rule, []).append(resource)
        for rule, resources in broken.items():
            line = f"  - 🔴 {code(rule)}: {text(_short(', '.join(resources), 600))}"
            yield Block(line, POLICY, f"violations in {stack.name}")
        for sign, rule, said in stack.waived:
            state = {"+": "🔴 waiver added", "-": "waiver removed"}.get(sign, "waived, as before")
            line = f"  - {state}: {code(rule)} {text(_short(said, 600))}"
            yield Block(line, POLICY, f"waivers of {stack.name}")


def _topology(report: ReportView) -> Iterator[Block]:
    drawn: set[str] = set()
    first = True
    for stack in report.stacks:
        chart = topology.mermaid(stack)
        if not any(group.resources for group in stack.groups) or chart in drawn:
            continue
        drawn.add(chart)
        if first:
            yield Block("\n### Topology\n", TOPOLOGY)
            first = False
        body = _folded(f"{text(stack.name)}: what stands on what", f"\n```mermaid\n{chart}\n```\n")
        yield Block(body, TOPOLOGY, f"topology of {stack.name}")
