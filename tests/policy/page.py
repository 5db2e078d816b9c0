"""The rules as a table for `docs/policy.md`."""

from policy.model import ENVIRONMENTS, Rule
from policy.rules import RULES


def table() -> str:
    """A row for each rule."""
    head = "| rule | what must be | asked for by | severity | where |\n|---|---|---|---|---|\n"
    return head + "".join(map(_row, RULES))


def _row(rule: Rule) -> str:
    where = "all" if rule.environments == ENVIRONMENTS else ", ".join(rule.environments)
    asked = "; ".join(rule.sources)
    return f"| `{rule.id}` | {rule.title} | {asked} | {rule.severity} | {where} |\n"
