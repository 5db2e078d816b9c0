"""`make status`: what there is, in what state, and how to reach it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ops import docker_cli
from ops.commands import OpsError
from ops.console import GREEN, RED, YELLOW, paint, say, table
from ops.context import Context, Row
from ops.docker_cli import Container
from ops.kubernetes import kubeconfig_text, kubectl
from ops.pulumi_cli import outputs
from ops.services import LOOPBACK, addresses

HEAD = ("what", "state", "address", "how to reach it")
NOT_MADE, UNKNOWN = "not made", "unknown"
WITH_SHELL = ("database", "database-replica", "cache", "cache-replica")
API_PORT = 6443


def colour(row: Row) -> int:
    return GREEN if row.up else YELLOW if row.state in ("starting", "running") else RED


def show(rows: Sequence[Row]) -> None:
    cells = [(row.what, row.state, row.address or "-", row.how or "-") for row in rows]
    say(table(HEAD, cells, [colour(row) for row in rows]))


def status(context: Context) -> int:
    """Print the table. The exit code says whether the question could be answered."""
    with ThreadPoolExecutor() as pool:
        looking = pool.submit(context.target.drift, context)
        rows = context.target.rows(context)
        changed = looking.result()
    show(rows)
    say()
    for line in changed:
        say(f"Changed by hand: {line}")
    if changed:
        say(f"`{context.stack.command('up')}` puts that right, and nothing else.")
    say(summary(context, rows))
    return 0


def summary(context: Context, rows: Sequence[Row]) -> str:
    """One line below the table: how it stands, and what to do next."""
    stack = context.stack
    down = [row.what for row in rows if not row.up]
    if not down:
        return (
            paint(f"{stack.name} is up.", GREEN) + f" `{stack.command('health')}` asks each part."
        )
    if all(row.state == NOT_MADE for row in rows):
        return f"{stack.name} is down. `{stack.command('up')}` brings it up."
    return (
        paint(f"{stack.name} is not all up: {', '.join(down)}.", RED)
        + f" `{stack.command('up')}` makes and starts what is missing; "
        + f"`{stack.command('logs', SERVICE='…')}` shows why something fails."
    )


def local_rows(context: Context) -> list[Row]:
    """From Docker and Kubernetes themselves, so that it holds for half a stack too."""
    docker_cli.engine(context.commands)
    containers = docker_cli.containers(context.commands, context.stack)
    by_name = {container.name: container for container in containers}
    rows = [
        _service_row(context, service, by_name.get(context.stack.container(service)), address)
        for service, address in addresses(context.commands, context.stack).items()
    ]
    nodes = [container for container in containers if container.component == "cluster"]
    return [*rows, *_local_cluster_rows(context, nodes)]


def _service_row(context: Context, service: str, found: Container | None, address: str) -> Row:
    if found is None:
        return Row(service, NOT_MADE, False)
    verb = "shell" if service in WITH_SHELL else "logs"
    how = context.stack.command(verb, SERVICE=service)
    if service == "registry":
        # By this name, since Docker and the cluster both trust it without TLS.
        address = address.replace(LOOPBACK, "localhost")
        how = f"docker push {address}/<image>"
    return Row(service, found.state, found.up, address, how)


def _local_cluster_rows(context: Context, nodes: Sequence[Container]) -> list[Row]:
    if not nodes:
        return [Row("cluster", NOT_MADE, False), Row("connectivity-check", NOT_MADE, False)]
    ports = [node.ports[API_PORT] for node in nodes if API_PORT in node.ports]
    address = f"https://{ports[0]}" if ports else ""
    stopped = [node for node in nodes if node.status != "running"]
    if stopped:
        state = "stopped" if len(stopped) == len(nodes) else f"{len(stopped)} of {len(nodes)} down"
        return [
            Row("cluster", state, False, address, f"{context.stack.command('up')} starts it"),
            Row("connectivity-check", UNKNOWN, False),
        ]
    return cluster_rows(context, address)


def cluster_rows(context: Context, address: str) -> list[Row]:
    """What the cluster itself says; the same on every target."""
    stack = context.stack
    try:
        with kubectl(context.commands, kubeconfig_text(context.commands, stack)) as cluster:
            count, unready = cluster.nodes()
            check = cluster.connectivity_check()
    except OpsError:
        return [
            Row("cluster", "no answer", False, address, f"see {stack.command('health')}"),
            Row("connectivity-check", UNKNOWN, False),
        ]
    return [
        Row(
            "cluster",
            f"{count - len(unready)}/{count} nodes ready",
            count > 0 and not unready,
            address,
            "kubectl get nodes"
            if stack.name == "dev"
            else stack.command("shell", SERVICE="cluster"),
        ),
        Row(
            "connectivity-check",
            NOT_MADE if check == "missing" else check,
            check == "complete",
            "in the cluster",
            stack.command("logs", SERVICE="connectivity-check"),
        ),
    ]


def gcp_rows(context: Context) -> list[Row]:
    """From the stack's outputs and from Kubernetes: what can be known without Google's APIs."""
    known = outputs(context.commands, context.stack)
    rows = [
        Row(
            what,
            "made" if known.get(output) else NOT_MADE,
            bool(known.get(output)),
            known.get(output, ""),
            how if known.get(output) else "",
        )
        for what, output, how in (
            ("database", "database_host_address", "psql, from within the network"),
            ("cache", "cache_host_address", "redis-cli, from within the network"),
            ("registry", "registry_address", "docker push <address>/<image>"),
        )
    ]
    if "kubeconfig" not in known:
        return [*rows, Row("cluster", NOT_MADE, False), Row("connectivity-check", NOT_MADE, False)]
    return [*rows, *cluster_rows(context, str(known.get("cluster_name", "")))]
