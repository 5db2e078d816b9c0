"""What can go wrong on the way to Google and back, each on the resource that bears its name."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.cloud import operations
from rehearsal.cloud.fields import camel, last
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud
from rehearsal.play import Play

CREATES = ("insert", "create")


@dataclass
class Fault:
    """One thing that goes wrong: with a resource whose name begins with its own, when that is
    created."""

    before: Callable[[Call], None] | None = None
    """Refuses the call."""
    after: Callable[[Cloud, Call], None] | None = None
    """Spoils what was done."""
    cut: bool = False
    """The connection ends before the answer."""
    times: int = 1_000
    """How often it happens."""
    happened: int = 0


def quota(call: Call) -> None:
    """https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-resource-quotas"""
    region = "europe-west1"
    raise Refused(
        403,
        f"Quota 'STATIC_ADDRESSES' exceeded.  Limit: 0.0 in region {region}.",
        reason="quotaExceeded",
    )


def rate_limit(_call: Call) -> None:
    raise Refused(
        429, "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service."
    )


def unavailable(_call: Call) -> None:
    raise Refused(503, "The service is currently unavailable.")


def failing(cloud: Cloud, call: Call) -> None:
    """The operation ends with an error, and there is no resource."""
    if call.operation:
        operations.fail(call, cloud.operations[call.operation], "Internal error. Please try again.")
        cloud.store.pop(call.key)


def never_ending(cloud: Cloud, call: Call) -> None:
    """The resource is there, and nobody learns of it."""
    if call.operation:
        operations.never_ending(cloud.operations[call.operation])


def all_faults() -> dict[str, Fault]:
    return {
        "quota": Fault(before=quota),
        "rate-limit": Fault(before=rate_limit, times=2),
        "unavailable": Fault(before=unavailable, times=2),
        "failing": Fault(after=failing),
        "never-ending": Fault(after=never_ending),
        "cut": Fault(cut=True, times=1),
    }


def named(call: Call) -> str:
    """What the call wants to create: an id in the query, the body's name, or the path's end."""
    ids = [value for name, value in call.query.items() if camel(name).endswith("Id")]
    return last(ids[0] if ids else str(call.body.get("name") or call.key))


@dataclass
class Faults:
    """Lets them happen."""

    table: dict[str, Fault] = field(default_factory=all_faults)

    def of(self, call: Call) -> Fault | None:
        """The fault that is to happen to a call, if any."""
        if call.method.verb not in CREATES:
            return None
        name = named(call)
        found = (fault for word, fault in self.table.items() if name.startswith(word))
        return next((fault for fault in found if fault.happened < fault.times), None)

    def before(self, call: Call) -> None:
        fault = self.of(call)
        if fault and fault.before:
            fault.happened += 1
            fault.before(call)

    def after(self, cloud: Cloud, call: Call) -> bool:
        fault = self.of(call)
        if fault is None or not (fault.after or fault.cut):
            return False
        fault.happened += 1
        if fault.after:
            fault.after(cloud, call)
        return fault.cut


@dataclass
class Killed:
    """Pulumi dies when the resource has been made, and before it has written that down."""

    play: Play
    word: str = "killed"
    done: bool = False

    def before(self, call: Call) -> None:
        del call

    def after(self, cloud: Cloud, call: Call) -> bool:
        del cloud
        if self.done or call.method.verb not in CREATES or not named(call).startswith(self.word):
            return False
        self.done = True
        if self.play.process:
            os.killpg(self.play.process.pid, signal.SIGKILL)
        return True
