"""A waiver: a rule that a stack does not keep, with the reason."""

from datetime import date
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from policy.model import Violation
from policy.rules import RULES


def _known(rule: str) -> str:
    ids = [known.id for known in RULES]
    if rule not in ids:
        near = get_close_matches(rule, ids, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        allowed = f"the id of a rule, as docs/policy.md lists them{hint}"
        raise PydanticCustomError(
            "conflict", "{given}", {"given": f"given {rule!r}", "allowed": allowed}
        )
    return rule


class Waiver(BaseModel):
    """An entry of `alphintra:waivers` in a stack file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rule: Annotated[str, AfterValidator(_known)]
    """The id of the rule, as the preview names it."""
    reason: str = Field(min_length=15, json_schema_extra={"allowed": "a sentence that says why"})
    """Why this stack may do without: for whoever reviews it."""
    resource: str | None = None
    """The name of the one resource that it is for; left out, it is for all that the rule judges."""
    until: date | None = Field(
        default=None, json_schema_extra={"allowed": "a date such as 2027-03-31"}
    )
    """The last day on which it holds; left out, it holds for good."""

    def __str__(self) -> str:
        place = f" for {self.resource}" if self.resource else ""
        end = f" until {self.until}" if self.until else ""
        return f"{self.rule} is waived{place}{end}: {self.reason}"

    def covers(self, violation: Violation) -> bool:
        return self.rule == violation.rule.id and self.resource in (None, violation.resource.name)

    def expired(self, today: date) -> bool:
        return self.until is not None and self.until < today
