"""The sentences that the comment and the page have in common."""

from collections.abc import Iterable, Iterator

from ops.preview_report.verdict import Verdict
from ops.preview_report.view import FindingView, ReportView, StackView

ICONS = {Verdict.SAFE: "🟢", Verdict.LOOK: "🟡", Verdict.DANGEROUS: "🔴"}
SIGNS = ("+", "~", "±", "-", "→", "?")
MEANING = {
    "+": "new",
    "~": "changed in place",
    "±": "made anew",
    "-": "deleted",
    "→": "another name",
    "?": "unknown",
}
DRIFT = (
    "Offline: the base's program is compared with this one's. What was changed by hand, or what "
    "differs in the real stacks for another reason (drift), is not seen."
)
LIVE = "Live: compared with the stacks' state as Pulumi recorded it."


def counts(stack: StackView) -> str:
    """`+1 ~2`, or that nothing changes."""
    said = " ".join(f"{sign}{stack.count(sign)}" for sign in SIGNS if stack.count(sign))
    return said or "no change"


def usd(amount: float, sign: bool = False) -> str:
    return f"{amount:+,.2f}" if sign else f"{amount:,.2f}"


def cost(stack: StackView) -> str:
    if stack.world != "cloud":
        return "none"
    if not stack.complete:
        return "not known"
    if abs(stack.delta) < 0.005:
        return f"{usd(stack.after)}, no change"
    return f"{usd(stack.before)} → {usd(stack.after)} ({usd(stack.delta, sign=True)})"


def priced(delta: float | None) -> str:
    return "no price" if delta is None else usd(delta, sign=True)


def cost_by_use(stack: StackView) -> str:
    return f"{usd(stack.delta_by_use, sign=True)} at the use that docs/cloud/usage.toml assumes"


def policy(stack: StackView) -> str:
    if not stack.policy:
        return "not held to it"
    if stack.violations:
        return f"{len(stack.violations)} violated"
    if not stack.complete:
        return "not known"
    waived = sum(sign != "-" for sign, _, _ in stack.waived)
    return f"kept, {waived} waived" if waived else "kept"


def of(finding: FindingView) -> str:
    """A finding's place: the resource and the property."""
    return ", ".join(filter(None, (finding.resource, finding.path)))


def headline(report: ReportView) -> str:
    """The report in a sentence."""
    reasons: dict[str, tuple[list[str], list[str]]] = {}
    for stack in report.stacks:
        for finding in stack.findings:
            if finding.verdict is report.verdict and report.verdict is not Verdict.SAFE:
                stacks, resources = reasons.setdefault(finding.title.lower(), ([], []))
                for known, one in ((stacks, stack.name), (resources, finding.resource)):
                    if one and one not in known:
                        known.append(one)
    if reasons:
        return "; ".join(
            f"{title}{_named(resources)} in {', '.join(stacks)}"
            for title, (stacks, resources) in reasons.items()
        )
    changed = [stack.name for stack in report.stacks if stack.count("+") or stack.groups]
    return (
        f"nothing that a rule speaks of, in {', '.join(changed)}" if changed else "nothing changes"
    )


def _named(resources: list[str]) -> str:
    """The first of them, and how many more there are."""
    if not resources:
        return ""
    more = f" and {len(resources) - 2} more" if len(resources) > 2 else ""
    return f": {', '.join(resources[:2])}{more},"


def together(findings: Iterable[FindingView]) -> Iterator[tuple[FindingView, int]]:
    """Findings of a rule on a resource as one, with how many more properties there are; but each
    danger by itself."""
    grouped: dict[tuple[str, str, str], list[FindingView]] = {}
    for one in findings:
        alone = one.verdict is Verdict.DANGEROUS or not one.resource
        key = (one.rule, one.resource, one.path + one.note if alone else "")
        grouped.setdefault(key, []).append(one)
    for group in grouped.values():
        yield group[0], len(group) - 1
