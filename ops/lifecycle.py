"""`make up`, `make preview`, `make restart`."""

import time
from collections.abc import Sequence

from ops import disk, docker_cli, doctor, explain, interrupted, offline
from ops.backup.servers import without_backup
from ops.backup.settle import settle
from ops.commands import OpsError
from ops.console import duration, say
from ops.context import Context
from ops.drift.repair import repair
from ops.kubernetes import write_kubeconfig
from ops.pulumi_cli import Record, refresh
from ops.services import SERVICES
from ops.status import NOT_MADE, UNKNOWN, show, summary

HEALTHY_WITHIN_SECONDS = 180
POLICY = ("--policy-pack", "policy")
"""The rules of `policy/`: what breaks one on Google Cloud is refused before it is made."""
PLACES = 32
"""How many of a cloud stack's resources Pulumi makes at once. Its own default, four for each core,
costs a first deployment minutes: what waits for its turn keeps a place (docs/rehearsal.md)."""
TAKES_OVER = {"PULUMI_K8S_ENABLE_PATCH_FORCE": "true"}
"""An object that an earlier run made and did not record belongs to that run, to Kubernetes: what is
in a local cluster is Pulumi's none the less."""
CLUSTER = ":K3dCluster"
"""How the type of a local cluster ends."""


def preview(context: Context) -> int:
    return context.target.preview(context)


def local_preview(context: Context) -> int:
    return context.commands.show(["pulumi", "preview", f"--stack={context.stack.name}"])


def gcp_preview(context: Context) -> int:
    """Held to the policy; without credentials, from an empty state."""
    if not offline.have_credentials():
        return offline.preview(context.commands, context.stack, POLICY)
    command = ["pulumi", "preview", f"--stack={context.stack.name}", *POLICY]
    return explain.show(context.commands, context.stack, command)


def up(context: Context) -> int:
    """Bring it up; where that fails on a full disk, say which one it is."""
    try:
        code = bring_up(context)
    except (OpsError, OSError) as error:
        if lines := disk.full(context.commands):
            raise OpsError("\n".join([str(error), *lines])) from error
        raise
    if code:
        for line in disk.full(context.commands):
            say(line)
    return code


def bring_up(context: Context) -> int:
    """The target's own way up; then the kubeconfig, the table, and what to do next."""
    started = time.monotonic()
    code = context.target.up(context)
    took = duration(time.monotonic() - started)
    if code:
        say(f"up did not succeed ({took}). What there is now:")
        rows = context.target.rows(context)
        show(rows)
        for row in rows:
            if not row.up and row.state not in (NOT_MADE, UNKNOWN):
                say(f"See what it said: {context.stack.command('logs', SERVICE=row.what)}")
        say("Change what the messages above name, then run it again: it goes on from here.")
        return code
    path = write_kubeconfig(context.commands, context.stack)
    rows = context.target.rows(context)
    say()
    show(rows)
    say()
    say(f"Took {took}. {summary(context, rows)}")
    say(f"Kubernetes: export KUBECONFIG={path}")
    return 0 if all(row.up for row in rows) else 1


def local_up(context: Context) -> int:
    """Without a question: what is there keeps its data, and what goes is named by `preview`."""
    docker_cli.engine(context.commands)
    doctor.before_up(context)
    with without_backup(context):
        return bring_up_local(context)


def bring_up_local(context: Context) -> int:
    state = interrupted.clear(context)
    interrupted.refuse_anothers(context, state)
    remove_outdated_cluster(context, state)
    repair(context)
    start_stopped(context, state)
    command = ["pulumi", "up", f"--stack={context.stack.name}", "--yes", "--skip-preview"]
    command.append("--suppress-outputs")
    code = context.commands.show(command, env=TAKES_OVER)
    if code == 0:
        # Pulumi waits for those that it makes alone: not for a replica whose primary it made anew.
        wait_healthy(context, [context.stack.container(service) for service in SERVICES])
        settle(context)
    return code


def gcp_up(context: Context) -> int:
    """Pulumi shows what it would do and asks: this costs money, and others may rely on it."""
    if not context.interactive:
        raise OpsError(
            f"{context.stack.name} is on Google Cloud: `make up` asks before it changes anything, "
            "and there is nobody to ask. For a pipeline, use pulumi itself: "
            f"pulumi up --stack={context.stack.name} --yes --parallel={PLACES}"
        )
    interrupted.clear(context)
    command = ["pulumi", "up", f"--stack={context.stack.name}", "--suppress-outputs", *POLICY]
    command.append(f"--parallel={PLACES}")
    return explain.show(context.commands, context.stack, command)


def remove_outdated_cluster(context: Context, state: Record) -> None:
    """Remove the cluster if its node image was built anew: `up` would make it anew for that.

    Removed before, it is known to be gone, with all that stood in it. In the midst of `up` Pulumi
    would ask the new one, at the same port, to delete that, and not trust its certificate.
    """
    for cluster in state.resources:
        if not (cluster.id and cluster.type.endswith(CLUSTER)):
            continue
        image = ["docker", "image", "inspect", "--format={{.Id}}", cluster.inputs["image"]]
        present = context.commands.ask(image)
        if present.ok and present.out.strip() != cluster.inputs["image_id"]:
            say("The image of its nodes was built anew, so the cluster is made anew.")
            must(context, ["k3d", "cluster", "delete", context.stack.cluster])


def tell_what_is_gone(context: Context, state: Record) -> None:
    """Pulumi believes its state: it would not make what is gone, and fail to stop it."""
    if gone := vanished(context, state):
        say(f"Gone since the last run: {', '.join(gone)}. Telling Pulumi.")
        # With what was made from it: roles in a database, workloads in a cluster. Named one by one,
        # since `--target-dependents` does not load their providers.
        volumes = interrupted.gone_volumes(context, state)
        others = set(gone.values()) - set(volumes)
        if others:
            urns = [urn for urn in state.with_dependents(others) if urn not in volumes]
            refresh(context.commands, context.stack, urns)
        interrupted.forget(context, volumes)


def vanished(context: Context, state: Record) -> dict[str, str]:
    """What the state records and Docker no longer has, as a person would call it → URN."""
    lost: dict[str, str] = {}
    present = docker_cli.everything(context.commands, context.stack)
    for kind, type_ in docker_cli.RESOURCES.items():
        recorded = state.of(type_)
        for id_ in recorded.keys() - present[kind].keys():
            lost[f"{kind} {recorded[id_].rsplit('::', 1)[-1]}"] = recorded[id_]
    nodes = docker_cli.found(context.commands, "container", docker_cli.k3ds(context.stack))
    if not nodes:
        lost |= {f"cluster {name}": urn for name, urn in state.of(CLUSTER).items()}
    return dict(sorted(lost.items()))


def start_stopped(context: Context, state: Record) -> None:
    """Start what exists and does not run; Pulumi would not look.

    Only what is recorded: a half-made cluster can't be started, and is made anew anyway.
    """
    containers = docker_cli.containers(context.commands, context.stack)
    stopped = [one for one in containers if docker_cli.RUN_AGAIN.get(one.status) == "start"]
    recorded = state.of(docker_cli.RESOURCES["container"])
    services = [one.name for one in stopped if one.id in recorded]
    if services:
        say(f"Starting {', '.join(services)}.")
        must(context, ["docker", "start", *services])
    if any(one.role for one in stopped) and context.stack.cluster in state.of(CLUSTER):
        say("Starting the cluster.")
        must(context, ["k3d", "cluster", "start", context.stack.cluster, "--wait"])


def restart(context: Context) -> int:
    return context.target.restart(context)


def local_restart(context: Context) -> int:
    """Stop and start containers; their data stays. All of them, or the one of SERVICE=…"""
    docker_cli.engine(context.commands)
    services = [context.service] if context.service else [*SERVICES, "cluster"]
    if not set(services) <= {*SERVICES, "cluster"}:
        raise OpsError(
            f"there is no service {context.service!r} to restart: {', '.join(SERVICES)}, cluster"
        )
    there = {one.name for one in docker_cli.containers(context.commands, context.stack)}
    names = [context.stack.container(service) for service in services]
    present = [name for name in names if name in there]
    if present:
        say(f"Restarting {', '.join(present)}.")
        must(context, ["docker", "restart", *present])
    if "cluster" in services:
        say("Restarting the cluster.")
        must(context, ["k3d", "cluster", "stop", context.stack.cluster])
        must(context, ["k3d", "cluster", "start", context.stack.cluster, "--wait"])
    wait_healthy(context, present)
    rows = context.target.rows(context)
    show(rows)
    return 0 if all(row.up for row in rows) else 1


def gcp_restart(context: Context) -> int:
    raise OpsError(
        "on Google Cloud the services are managed and restart by themselves. For a workload: "
        "kubectl rollout restart deployment/<name>"
    )


def must(context: Context, command: Sequence[str]) -> None:
    result = context.commands.ask(command, timeout=300)
    if not result.ok:
        raise OpsError(f"`{' '.join(command)}` failed: {result.words}")


def wait_healthy(context: Context, names: Sequence[str]) -> None:
    """Wait until the containers `names` are healthy."""
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while True:
        containers = docker_cli.containers(context.commands, context.stack)
        waiting = [one.name for one in containers if one.name in names and not one.up]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise OpsError(
                f"not healthy within {HEALTHY_WITHIN_SECONDS} s: {', '.join(waiting)}. "
                f"`{context.stack.command('logs', SERVICE='…')}` shows why."
            )
        time.sleep(1)
