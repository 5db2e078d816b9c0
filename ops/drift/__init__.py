"""What was changed by hand: a stack's state against what is there, and how it is put right.

Pulumi believes its state and looks at nothing. So `ops` looks, quickly and without changing
anything, at what a person can get at: containers, networks, volumes and nodes (`docker.py`), what
is in the servers (`servers.py`), and what is in the cluster (`cluster.py`).
docs/decisions/2026-11-21-drift.md
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ops.commands import Commands, OpsError
from ops.context import Context
from ops.drift import cluster, docker, servers
from ops.drift.difference import Difference
from ops.pulumi_cli import Record, record
from ops.stack import Stack

Look = Callable[[Commands, Stack, Record], list[Difference]]
LOOKS: dict[str, Look] = {
    "Docker": docker.differences,
    "the servers": servers.differences,
    "the cluster": cluster.differences,
}
"""Where → what differs there. What does not run is no difference to the second and the third."""


def differences(commands: Commands, stack: Stack, state: Record | None = None) -> list[Difference]:
    """All that differs, in the order in which it is repaired. Empty for a stack that never was up.

    `state` has the secrets in clear.
    """
    state = state or record(commands, stack, secrets=True)
    if state.empty:
        return []

    def look(one: Look) -> list[Difference]:
        return one(commands, stack, state)

    with ThreadPoolExecutor() as pool:
        return [found for each in pool.map(look, LOOKS.values()) for found in each]


def told(context: Context) -> list[str]:
    """A line for each difference, for a person; that it could not be found out, if so."""
    try:
        return [str(one) for one in differences(context.commands, context.stack)]
    except OpsError as error:
        return [f"what was changed by hand can't be found out: {error}"]
