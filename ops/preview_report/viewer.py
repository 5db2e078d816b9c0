"""From what was read and judged to what is shown: every text goes through the mask here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.preview_report import changes, cost, tree, waivers
from ops.preview_report.changes import Change
from ops.preview_report.mask import Masker
from ops.preview_report.model import SECRET, UNKNOWN, Op, Preview, Step
from ops.preview_report.verdict import Finding, holds_data, judge, worst
from ops.preview_report.view import (
    ChangeView,
    CostView,
    FindingView,
    GroupView,
    ResourceView,
    StackView,
    UseView,
)

NOT_KNOWN = "not known yet"
SIGNS = {
    Op.SAME: "→",
    Op.CREATE: "+",
    Op.UPDATE: "~",
    Op.REPLACE: "±",
    Op.DELETE: "-",
    Op.OTHER: "?",
}
WORDS = {
    Op.SAME: "rename",
    Op.CREATE: "create",
    Op.UPDATE: "update",
    Op.REPLACE: "replace",
    Op.DELETE: "delete",
    Op.OTHER: "unknown",
}
LONGEST = 2_000
"""Characters of a value: what is longer is cut, and says so."""


@dataclass(frozen=True)
class Compared:
    """A stack's preview, before it is judged."""

    name: str
    target: str
    preview: Preview
    needs: Mapping[str, Iterable[str]] = field(default_factory=dict[str, Iterable[str]])
    seconds: float = 0.0


class Viewer:
    """Makes what is shown from what was read."""

    def __init__(self, masker: Masker) -> None:
        self.masker = masker

    def stack(self, compared: Compared) -> StackView:
        preview = compared.preview
        bill = cost.bill(preview)
        findings = judge(preview, bill)
        held = tree.Tree(preview)
        by_urn: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.step:
                by_urn.setdefault(finding.step.urn, []).append(finding)
        groups = [
            self._group(name, steps, by_urn)
            for name, steps in held.grouped(preview.changed).items()
        ]
        text = self.masker.text
        return StackView(
            name=text(compared.name),
            world="cloud" if compared.target == "gcp" else "simulation",
            verdict=worst(findings),
            findings=tuple(map(self._finding, findings)),
            groups=tuple(group for group in groups if group.resources or group.settings),
            same=sum(
                step.op is Op.SAME and not step.renamed_from and not logical(step)
                for step in preview.steps
            ),
            before=bill.before,
            after=bill.after,
            costs=tuple(
                CostView(
                    text(line.step.label),
                    line.old.how if line.old else "",
                    line.new.how if line.new else "",
                    line.delta,
                )
                for line in bill.lines
            ),
            usage=tuple(
                UseView(text(line.step.label), line.how, line.delta) for line in bill.usage
            ),
            unpriced=tuple(text(step.label) for step in bill.unpriced),
            waived=tuple(self._waivers(preview)),
            violations=tuple(
                (text(one.rule), text(one.urn.rpartition("::")[2]), text(one.message))
                for one in preview.policies
                if one.mandatory
            ),
            policy=compared.target == "gcp",
            components=tuple(map(text, held.components())),
            edges=tuple(
                (text(upper), text(lower))
                for upper, lower in sorted(tree.edges(held, compared.needs))
            ),
            seconds=compared.seconds,
            complete=any(step.type == tree.PLATFORM and step.new for step in preview.steps)
            or not preview.errors,
        )

    def _waivers(self, preview: Preview) -> Iterable[tuple[str, str, str]]:
        for sign, listed in (
            ("+", waivers.added(preview)),
            ("-", waivers.removed(preview)),
            ("", waivers.standing(preview)),
        ):
            for one in listed:
                yield sign, self.masker.text(one.rule), self.masker.text(one.words)

    def _group(
        self, name: str, steps: Iterable[Step], findings: Mapping[str, list[Finding]]
    ) -> GroupView:
        steps = list(steps)
        settings = [
            self._change(one, step.type)
            for step in steps
            if logical(step)
            for one in changes.of(step)
            if not one.path.startswith("waivers")
        ]
        return GroupView(
            self.masker.text(name),
            tuple(settings),
            tuple(
                self._resource(step, findings.get(step.urn, []))
                for step in steps
                if not logical(step)
            ),
        )

    def _resource(self, step: Step, findings: list[Finding]) -> ResourceView:
        found = changes.of(step) or changes.told(step)
        text = self.masker.text
        return ResourceView(
            sign=SIGNS[step.op],
            op=WORDS[step.op],
            name=text(step.name),
            type=text(step.type.rpartition(":")[2]),
            verdict=worst(findings),
            data=holds_data(step.type),
            uncertain=step.op is Op.UPDATE
            and bool(found)
            and all(one.only_unknown for one in found),
            renamed_from=text(step.renamed_from.rpartition("::")[2]),
            changes=tuple(self._change(one, step.type) for one in found),
        )

    def _change(self, change: Change, type_: str) -> ChangeView:
        return ChangeView(
            path=self.masker.text(change.path),
            kind=change.kind,
            old=self.shown(change.old, change.path, type_),
            new=self.shown(change.new, change.path, type_),
            forces=change.forces,
            uncertain=change.only_unknown,
        )

    def _finding(self, finding: Finding) -> FindingView:
        step = finding.step
        type_ = step.type if step else ""
        return FindingView(
            verdict=finding.verdict,
            rule=finding.rule,
            title=finding.title,
            why=finding.why,
            resource=self.masker.text(step.label) if step else "",
            path=self.masker.text(finding.path),
            old=self.shown(finding.old, finding.path, type_),
            new=self.shown(finding.new, finding.path, type_),
            note=self.masker.text(finding.note)[:LONGEST],
        )

    def shown(self, value: Any, path: str, type_: str) -> str:
        """A value as text; an empty text where there is none."""
        masked = self.masker.value(value, path, type_)
        if masked is None:
            return ""
        if isinstance(masked, str):
            text = {UNKNOWN: NOT_KNOWN, SECRET: SECRET, "": '""'}.get(masked, masked)
        else:
            text = json.dumps(masked, ensure_ascii=False, default=str)
            text = text.replace(f'"{UNKNOWN}"', NOT_KNOWN)
        cut = len(text) - LONGEST
        return f"{text[:LONGEST]}… ({cut} more characters)" if cut > 0 else text


def logical(step: Step) -> bool:
    """Whether it is nothing real: a component, the stack."""
    return step.type.startswith((tree.COMPONENT, "pulumi:pulumi:"))
