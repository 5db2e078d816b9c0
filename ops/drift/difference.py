"""A difference between what a stack's state records and what is there."""

from dataclasses import dataclass, field
from enum import Enum


class Repair(Enum):
    """How a difference is put right."""

    IN_PLACE = "by a command"
    TOLD = "Pulumi is told to look, and its next `up` makes it"
    ANEW = "removed, and then as TOLD: it can't be changed while it is there"
    DATA = "as TOLD, and data is lost with it unless there is a copy"
    CLUSTER = "the cluster is removed, and then as TOLD"


@dataclass(frozen=True)
class Difference:
    urn: str
    what: str
    """`container alphintra-dev-cache`."""
    fact: str
    """What of it: `memory`. Empty where it is gone as a whole."""
    expected: str = ""
    found: str = ""
    repair: Repair = Repair.TOLD
    commands: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    """Those of IN_PLACE, and of ANEW what removes it."""
    stdin: str | None = field(default=None, compare=False, repr=False)
    """What the commands read, if anything: it may be secret."""

    @property
    def gone(self) -> bool:
        return not self.fact

    def __str__(self) -> str:
        if self.gone:
            lost = ", and the data in it" if self.repair is Repair.DATA else ""
            return f"{self.what}: gone{lost}"
        return f"{self.what}: {self.fact}: {self.expected or 'none'} → {self.found or 'none'}"
