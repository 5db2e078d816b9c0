"""Who goes first when the nodes are full."""

from typing import TypedDict

YIELD, WAIT = "PreemptLowerPriority", "Never"


class Priority(TypedDict):
    value: int
    global_default: bool
    preemption_policy: str
    description: str


def _priority(value: int, preemption: str, description: str, default: bool = False) -> Priority:
    return {
        "value": value,
        "global_default": default,
        "preemption_policy": preemption,
        "description": description,
    }


PRIORITIES: dict[str, Priority] = {
    "platform": _priority(1_000_000, YIELD, "What all services need: gateways, collectors."),
    "trading": _priority(100_000, YIELD, "What loses money while it waits: orders, market data."),
    "standard": _priority(1_000, YIELD, "Every pod that says nothing.", default=True),
    "batch": _priority(-1, WAIT, "What can wait for room: backtests, reports. Drives nobody out."),
}
"""Name → class. Apart by powers of ten, so that one fits between. All lie below what Kubernetes
keeps for itself (from a billion) and above -10, below which GKE's autoscaler adds no node for a pod
(kubernetes/autoscaler, FAQ: expendable-pods-priority-cutoff). `batch` goes before no pod that was
there before there were classes, which counts as 0."""
