"""What every capability's spec has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """What is asked for: immutable, closed, in words that belong to no target."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def inputs(self) -> dict[str, Any]:
        """The spec as a component's inputs: plain JSON values, which Pulumi stores in the state."""
        return self.model_dump(mode="json")
