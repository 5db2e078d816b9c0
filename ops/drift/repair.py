"""Puts right what was changed by hand, and nothing else."""

from collections.abc import Sequence

from ops.commands import OpsError
from ops.console import say
from ops.context import Context
from ops.drift import differences
from ops.drift.difference import Difference, Repair
from ops.drift.rescue import discard_halves, rescue
from ops.interrupted import forget
from ops.kubernetes import kubectl
from ops.pulumi_cli import Record, record, refresh

NETWORK = "docker:index/network:Network"
WITH_DEPENDENTS = ("docker:index/container:Container", "docker:index/volume:Volume", ":K3dCluster")
"""What takes along what is in it when it is gone."""


def repair(context: Context) -> None:
    """Say what differs, and put it right as far as that is not for `pulumi up`, which comes next
    and makes what is missing."""
    state = record(context.commands, context.stack, secrets=True)
    discard_halves(context, state)
    found = differences(context.commands, context.stack, state)
    if not found:
        return
    say("Changed by hand since the last run:")
    for one in found:
        say(f"  {one}")
    of: dict[Repair, list[Difference]] = {kind: [] for kind in Repair}
    for one in found:
        of[one.repair].append(one)
    if of[Repair.CLUSTER]:
        run(context, ["k3d", "cluster", "delete", context.stack.cluster])
    for one in of[Repair.ANEW]:
        perform(context, one, state)
    empty = rescue(context, state, of[Repair.DATA])
    told = [one for one in found if one.repair is not Repair.IN_PLACE]
    if networks := [one.urn for one in told if one.urn in state.of(NETWORK).values()]:
        refresh(context.commands, context.stack, networks)
        make_networks(context, networks)
    for one in of[Repair.IN_PLACE]:
        perform(context, one, state)
    # Docker's provider fails on a container that does not run, and on a volume that is gone: those
    # are started by now, and a volume that was made again is as recorded.
    told_already = {*networks, *(one.urn for one in of[Repair.DATA])}
    if looked_at := [urn for urn in urns(state, told) if urn not in told_already]:
        refresh(context.commands, context.stack, looked_at)
    forget(context, empty)


def urns(state: Record, told: Sequence[Difference]) -> list[str]:
    """What Pulumi is to look at: each, and what was made from one that is gone as a whole. By
    name, since `--target-dependents` does not load the dependents' providers."""
    whole = {urn for type_ in WITH_DEPENDENTS for urn in state.of(type_).values()}
    gone = [
        one.urn
        for one in told
        if one.urn in whole and (one.gone or one.repair in (Repair.ANEW, Repair.CLUSTER))
    ]
    wanted = {*state.with_dependents(gone), *(one.urn for one in told)}
    return [one.urn for one in state.resources if one.urn in wanted]


def make_networks(context: Context, networks: Sequence[str]) -> None:
    """First and alone: containers that were on them are put back without being made anew."""
    command = ["pulumi", "up", f"--stack={context.stack.name}", "--yes", "--skip-preview"]
    command += ["--suppress-outputs", *(f"--target={urn}" for urn in networks)]
    if context.commands.show(command):
        raise OpsError("the networks can't be made: see above.")


def perform(context: Context, one: Difference, state: Record) -> None:
    for command in one.commands:
        if command[0] != "kubectl":
            run(context, command)
            continue
        text = next(each for each in state.resources if each.type.endswith(":K3dCluster"))
        with kubectl(context.commands, text.outputs["kubeconfig"]) as cluster:
            run(context, cluster.command(*command[1:]), one.stdin)


def run(context: Context, command: Sequence[str], stdin: str | None = None) -> None:
    result = context.commands.ask(command, stdin=stdin, timeout=300)
    gone = "No such container" in result.err  # another difference of the same one removed it
    if not result.ok and not gone:
        raise OpsError(f"`{' '.join(command)}` failed: {result.words}")
