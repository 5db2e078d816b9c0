"""The parts of a cluster's spec that come in numbers: pools of nodes, change freezes."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from components.spec import Spec, refuse

GB_PER_CPU = (4, 8)
"""The shapes of machines that Google has in every general-purpose family: standard, highmem."""
LONGEST_FREEZE_DAYS = 30
"""GKE's strictest limit for a stretch without any upgrade."""
A_DAY = Field(
    ge=date(2020, 1, 1),
    le=date(2100, 12, 31),
    json_schema_extra={"allowed": "a day from 2020 to 2100, such as 2027-01-15"},
)


class PoolSpec(Spec):
    """Nodes of one size and purpose."""

    cpus: Literal[2, 4, 8, 16] = 4
    """Processors of a node."""
    memory_gb: int = Field(default=16, ge=8, le=128)
    """Memory of a node in GiB: 4 or 8 for each processor."""
    min_nodes: int = Field(default=1, ge=0, le=1000)
    """Nodes that are always there, in all zones of the region together."""
    max_nodes: int = Field(default=3, ge=1, le=1000)
    """Nodes that the autoscaler may add up to, in all zones of the region together."""
    disk_gb: int = Field(default=100, ge=50, le=2000)
    """Boot disk of a node in GB: its images, logs and scratch space."""
    spot: bool = False
    """Use spare capacity: 60 to 91 % cheaper, and taken away at 30 s notice. For work that can
    start again."""
    reserved_for: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$")
    """Keep all else off these nodes: the value of their taint and label
    `io.alphintra/reserved-for`. Empty: anything may run here."""
    upgrade: Literal["surge", "blue_green"] = "surge"
    """How nodes get a new version. `surge`: one at a time, a new one before the old one goes.
    `blue_green`: a whole new set beside the old one, which stays for an hour to go back to."""

    @property
    def nodes_while_upgrading(self) -> int:
        """The most nodes that there ever are, each with its range of pod addresses."""
        return {"surge": self.max_nodes + 1, "blue_green": 2 * self.max_nodes}[self.upgrade]

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if self.memory_gb not in (shapes := [gb * self.cpus for gb in GB_PER_CPU]):
            raise refuse(
                f"given memory_gb {self.memory_gb} with cpus {self.cpus}",
                f"memory_gb {' or '.join(map(str, shapes))}",
            )
        return self

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        if self.min_nodes > self.max_nodes:
            raise refuse(
                f"given min_nodes {self.min_nodes} with max_nodes {self.max_nodes}",
                "min_nodes up to max_nodes",
            )
        return self


class ChangeFreeze(Spec):
    """Days on which nothing is upgraded by itself."""

    first_day: date = A_DAY
    """The day that it begins on, at 00:00 UTC."""
    last_day: date = A_DAY
    """The last day that it covers, to 24:00 UTC; up to 30 days in all."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = (self.last_day - self.first_day).days + 1
        if not 1 <= days <= LONGEST_FREEZE_DAYS:
            raise refuse(
                f"given {self.first_day} to {self.last_day}",
                f"a last_day after first_day, up to {LONGEST_FREEZE_DAYS} days in all",
            )
        return self
