"""Whether a change is safe, by the rules of `rules.toml`."""

import ipaddress
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from ops.preview_report import changes, waivers
from ops.preview_report.changes import Change
from ops.preview_report.cost import Bill
from ops.preview_report.model import UNKNOWN, Op, Preview, Step

TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "rules.toml").read_text())
STATEFUL: dict[str, str] = TABLE["stateful"]
LOGICAL = ("alphintra:", "pulumi:pulumi:")
"""What is nothing real: it repeats what its children say."""

ENDED = re.compile("an unhandled error occurred|preview failed$")
"""What Pulumi says of every program that fails, after the reason."""
PLAIN = re.compile(r"[lL]abels|^(protect|retainOnDelete)$")
"""What touches no data where it stands: labels, and Pulumi's own marks."""


class Verdict(IntEnum):
    """The worst that was found; the higher, the worse."""

    SAFE = 0
    LOOK = 1
    DANGEROUS = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """A rule that fits, and where."""

    rule: str
    step: Step | None
    path: str = ""
    old: Any = None
    new: Any = None
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        return Verdict[TABLE["rule"][self.rule]["verdict"].upper()]

    @property
    def title(self) -> str:
        return TABLE["rule"][self.rule]["title"]

    @property
    def why(self) -> str:
        return TABLE["rule"][self.rule]["why"]


def worst(findings: Iterable[Finding]) -> Verdict:
    return max((one.verdict for one in findings), default=Verdict.SAFE)


def holds_data(type_: str) -> str:
    """What of the kind that holds data a type is; empty where it is none."""
    return next((what for pattern, what in STATEFUL.items() if fnmatchcase(type_, pattern)), "")


DEARER_USD = 5.0
"""A month: so much is worth a look."""


def judge(preview: Preview, bill: Bill) -> list[Finding]:
    """All that the rules say of `preview` and what it costs, the worst first."""
    found = [*_of_preview(preview)]
    steps = {step.urn: step for step in preview.steps}
    for policy in preview.policies:
        if policy.mandatory:
            step = steps.get(policy.urn)
            found.append(Finding("policy-violated", step, policy.rule, note=policy.message))
    if bill.delta >= DEARER_USD:
        found.append(Finding("dearer", None, "USD a month", round(bill.before), round(bill.after)))
    for step in preview.changed:
        found += _of_step(step, preview)
    return sorted(_told_once(found), key=_weight)


def _weight(finding: Finding) -> tuple[int, int, int]:
    """The worse first; of a rule, a database server before a password."""
    kinds = [*STATEFUL]
    what = next(
        (n for n, one in enumerate(kinds) if finding.step and fnmatchcase(finding.step.type, one)),
        len(kinds),
    )
    return -finding.verdict, [*TABLE["rule"]].index(finding.rule), what


def _told_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Without those that only say again, more mildly, what another says of the same property."""
    findings = list(findings)
    severe = {
        (one.step.urn, one.path) for one in findings if one.step and one.rule != "stateful-updated"
    }
    for one in findings:
        mild = one.rule == "stateful-updated" and one.step
        if not (mild and one.step and (one.step.urn, one.path) in severe):
            yield one


def _of_preview(preview: Preview) -> Iterator[Finding]:
    steps = {step.urn: step for step in preview.steps}
    violated = any(policy.mandatory for policy in preview.policies)
    placed = [error for error in preview.errors if error.urn]
    general = [] if violated else preview.errors
    told = [error for error in general if not ENDED.match(error.message)]
    for error in placed or told or general:
        # What is said of no resource is said of one already, or is a violation.
        step = steps.get(error.urn)
        if re.search("is protected|marked for protection", error.message):
            yield Finding("refused", step)
        else:
            yield Finding("preview-failed", step, note=error.message)
    if not preview.ended:
        yield Finding("preview-failed", None, note="Pulumi's log of it has no end.")
    if preview.unread:
        yield Finding("unknown-step", None, note=f"{preview.unread} events of unknown kinds")
    for waiver in waivers.added(preview):
        yield Finding("waiver-added", None, waiver.rule, None, waiver.words)


def _of_step(step: Step, preview: Preview) -> Iterator[Finding]:
    if step.type.startswith(LOGICAL):
        return
    differences = changes.of(step)
    if step.op is Op.OTHER:
        yield Finding("unknown-step", step, note=f"Pulumi calls it «{step.word}».")
    if step.renamed_from:
        yield Finding("renamed", step, "name", step.renamed_from.rpartition("::")[2], step.name)
    yield from _of_life(step, differences, preview)
    for one in differences:
        yield from _of_property(step, one)
    yield from _of_reach(step)
    yield from _of_grant(step, differences)


def _of_life(step: Step, differences: list[Change], preview: Preview) -> Iterator[Finding]:
    what = holds_data(step.type)
    if step.op is Op.REPLACE:
        rule = "stateful-replaced" if what else "replaced"
        forcing = [one for one in differences if one.forces]
        for one in forcing or [Change("", "changed")]:
            note = "" if forcing else "what it is made from is made anew"
            yield Finding(rule, step, one.path, one.old, one.new, note)
    elif step.op is Op.DELETE:
        if step.type.startswith("pulumi:providers:"):
            return
        kept = bool(step.old and step.old.retain)
        note = "It stays there, and is only no longer managed." if kept else _renamed(step, preview)
        yield Finding("stateful-deleted" if what and not kept else "deleted", step, note=note)
    elif step.op is Op.UPDATE and what:
        certain = [one for one in differences if not one.only_unknown]
        shown = [one for one in certain if not PLAIN.search(one.path)]
        for one in shown:
            yield Finding("stateful-updated", step, one.path, one.old, one.new)
        if differences and not certain:
            yield Finding("unknown-in-stateful", step, differences[0].path)


def _renamed(step: Step, preview: Preview) -> str:
    """That a deleted resource and a new one of its type beside it may be the same, if they are."""
    for one in preview.steps:
        sibling = one.op is Op.CREATE and one.type == step.type and one.new and step.old
        if sibling and one.new and step.old and one.new.parent == step.old.parent:
            return (
                f"{one.name} of the same type is new: if only the name is another, give it "
                f'aliases=[pulumi.Alias(name="{step.name}")].'
            )
    return ""


def bare(path: str) -> str:
    """`path` without the items of lists."""
    return ".".join(changes.place(path))


def _of_property(step: Step, change: Change) -> Iterator[Finding]:
    for rule in TABLE["property"]:
        here = fnmatchcase(step.type, rule.get("type", "*"))
        if (
            here
            and re.fullmatch(rule["path"], bare(change.path))
            and _fits(rule, change.old, change.new)
        ):
            note = rule.get("note", "")
            yield Finding(rule["rule"], step, change.path, change.old, change.new, note)


def _fits(rule: Mapping[str, Any], old: Any, new: Any) -> bool:
    if rule.get("less"):
        return _number(new) < _number(old)
    before, after = (False if one is None else one for one in (old, new))
    if "from" not in rule and "to" not in rule:
        return old is not None and old != new
    return _is(rule.get("from"), before, old) and _is(rule.get("to"), after, new)


def _is(wanted: Any, value: Any, given: Any) -> bool:
    if wanted is None:
        return True
    options = cast(list[Any], wanted) if isinstance(wanted, list) else [wanted]
    return value in options or ("none" in options and given is None) or value == UNKNOWN


def _number(value: Any) -> float:
    found = re.match(r"-?\d+(\.\d+)?", str(value))
    return float(found[0]) if found else 0.0


# Who may come in.

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(value: Any) -> list[Network]:
    """All address blocks that stand in `value`, at any depth."""
    if isinstance(value, str):
        try:
            return [ipaddress.ip_network(value, strict=False)]
        except ValueError:
            return []
    if isinstance(value, Mapping):
        value = list(cast(Mapping[str, Any], value).values())
    if isinstance(value, list):
        return [network for one in cast(list[Any], value) for network in networks(one)]
    return []


def _of_reach(step: Step) -> Iterator[Finding]:
    if step.op is Op.DELETE:
        return
    for rule in TABLE["reach"]:
        if step.type != rule["type"] or not step.new:
            continue
        old, new = (_let_in(rule, side.inputs) if side else [] for side in (step.old, step.new))
        more = [one for one in new if not any(_inside(one, known) for known in old)]
        if not more:
            continue
        public = [one for one in more if not one.is_private or one.prefixlen == 0]
        if public or step.old:
            found = "exposed" if public else "reach-widened"
            before, after = ([str(one) for one in side] for side in (old, new))
            yield Finding(found, step, rule["path"], before, after)


def _let_in(rule: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Network]:
    for key, wanted in rule.get("allows", {}).items():
        if inputs.get(key, wanted) != wanted:
            return []
    value: Any = inputs
    for part in rule["path"].split("."):
        value = cast(Mapping[str, Any], value).get(part) if isinstance(value, Mapping) else None
    return networks(value)


def _inside(one: Network, other: Network) -> bool:
    return one.version == other.version and one.subnet_of(cast(Any, other))


# Who may do what.


def _of_grant(step: Step, differences: list[Change]) -> Iterator[Finding]:
    grants = TABLE["grants"]
    if not any(fnmatchcase(step.type, pattern) for pattern in grants["types"]):
        return
    if step.op is Op.DELETE:
        yield Finding("grant-changed", step, "role", _grant(step.old), None)
    elif step.op is Op.CREATE:
        yield Finding("iam-widened", step, "role", None, _grant(step.new))
    else:
        for one in differences:
            if bare(one.path).split(".")[0] in grants["paths"]:
                rule = "grant-changed" if one.kind == "removed" else "iam-widened"
                yield Finding(rule, step, one.path, one.old, one.new)


def _grant(side: Any) -> str:
    inputs: Mapping[str, Any] = side.inputs if side else {}
    who = inputs.get("member") or inputs.get("members") or inputs.get("subjects") or "?"
    return f"{inputs.get('role') or inputs.get('roleRef') or '?'} to {who}"
