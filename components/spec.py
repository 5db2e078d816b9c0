"""What every capability's spec has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Spec(BaseModel):
    """What is asked for: immutable, closed, in words that belong to no target."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def inputs(self) -> dict[str, Any]:
        """The spec as a component's inputs: plain JSON values, which Pulumi stores in the state."""
        return self.model_dump(mode="json")


def refuse(given: str, allowed: str) -> PydanticCustomError:
    """An error of a validator that says itself what stands in the stack file (`given …`) and what
    may: what no schema of one field can say."""
    context = {"given": given, "allowed": allowed}
    return PydanticCustomError("conflict", "{given}; allowed: {allowed}", context)
