"""`make health`: asks each part as its users would, and tells by the exit code."""

import time
from collections.abc import Iterator
from functools import partial

from ops import docker_cli, wire
from ops.commands import OpsError
from ops.console import GREEN, RED, paint, say
from ops.context import Check, Context
from ops.kubernetes import Kubectl, kubectl
from ops.pulumi_cli import outputs
from ops.status import PORTS


def health(context: Context) -> int:
    """Ask everything, a line each; 1 if anything is not as it should be."""
    failed = asked = 0
    started = time.monotonic()
    try:
        for check in context.target.checks(context):
            asked += 1
            if not run(check):
                failed += 1
                if check.decisive:
                    raise OpsError("nothing else can be asked then")
    except OpsError as error:
        say(f"{paint('FAIL', RED)}  {error}")
        return 1
    seconds = time.monotonic() - started
    if failed:
        say(f"{failed} of {asked} checks failed ({seconds:.1f} s).")
        return 1
    say(f"All {asked} checks passed ({seconds:.1f} s).")
    return 0


def run(check: Check) -> bool:
    """Ask, time and print one check."""
    started = time.monotonic()
    try:
        words, good = check.ask(), True
    except OpsError as error:
        words, good = str(error), False
    milliseconds = (time.monotonic() - started) * 1000
    verdict = paint("ok  ", GREEN) if good else paint("FAIL", RED)
    say(f"{verdict}  {check.name:<36} {milliseconds:6.0f} ms  {words}")
    return good


def local_checks(context: Context) -> Iterator[Check]:
    """Docker first: where it does not answer, nothing else can."""
    stack, commands = context.stack, context.commands
    yield Check("docker: answers", lambda: f"engine {docker_cli.engine(commands)}", decisive=True)
    known = outputs(commands, stack)
    if not known:
        raise OpsError(f"stack {stack.name} is down. `{stack.command('up')}` brings it up.")
    services = [name for name in PORTS if name != "cache-replica" or stack.cache_has_replica]
    for service in services:
        yield Check(f"{service}: container is healthy", partial(_healthy, context, service))
    running = {
        one.name: one.ports
        for one in docker_cli.containers(commands, stack)
        if one.status == "running"
    }
    addresses = {
        service: running[stack.container(service)][PORTS[service]]
        for service in services
        if stack.container(service) in running
    }
    if "database" in addresses:
        yield Check(
            "database: answers on this machine",
            partial(wire.postgres_answers, addresses["database"]),
        )
        for role, password in sorted(known["database_passwords"].items()):
            yield Check(f"database: log in as {role}", partial(_log_in, context, role, password))
    password = str(known["cache_password"])
    if "cache" in addresses:
        yield Check("cache: PING", partial(_ping, addresses["cache"], password))
    if "cache-replica" in addresses:
        replica = addresses["cache-replica"]
        yield Check("cache-replica: PING", partial(_ping, replica, password))
        yield Check("cache-replica: copies the primary", partial(_replicates, replica, password))
    if "registry" in addresses:
        yield Check("registry: GET /v2/", partial(_registry, addresses["registry"]))
    with kubectl(commands, str(known["kubeconfig"])) as cluster:
        yield from cluster_checks(context, cluster)


def gcp_checks(context: Context) -> Iterator[Check]:
    """Database and cache have private addresses: there, the Job in the cluster has asked them."""
    known = outputs(context.commands, context.stack)
    if "kubeconfig" not in known:
        raise OpsError(
            f"stack {context.stack.name} is down. `{context.stack.command('up')}` brings it up."
        )
    say("Database and cache answer only within their network: the connectivity check asks them.")
    with kubectl(context.commands, str(known["kubeconfig"])) as cluster:
        yield from cluster_checks(context, cluster)


def cluster_checks(context: Context, cluster: Kubectl) -> Iterator[Check]:
    """The same on every target."""
    yield Check("cluster: API is ready", lambda: cluster.ask("get", "--raw=/readyz").strip())
    yield Check("cluster: nodes are ready", lambda: _all("nodes", *cluster.nodes()))
    yield Check(
        "cluster: kube-system's pods are ready", lambda: _all("pods", *cluster.system_pods())
    )
    yield Check("connectivity-check: Job complete", partial(_complete, context, cluster))


def _healthy(context: Context, service: str) -> str:
    name = context.stack.container(service)
    for container in docker_cli.inspect(context.commands, [name]):
        if not container.up:
            raise OpsError(container.state)
        return container.state
    raise OpsError(f"there is no {name}")


def _log_in(context: Context, role: str, password: str) -> str:
    """By TCP, so that the server asks for the password, which goes in by the environment."""
    command = ["docker", "exec", "--env=PGPASSWORD", context.stack.container("database")]
    command += ["psql", "--no-psqlrc", "--no-password", "--tuples-only", "--no-align"]
    command += ["--host=127.0.0.1", f"--username={role}", "--dbname=postgres"]
    command += ["--command=SELECT current_user"]
    result = context.commands.ask(command, env={"PGPASSWORD": password})
    if not result.ok:
        raise OpsError(result.words)
    if result.out.strip() != role:
        raise OpsError(f"signed in as {result.out.strip()!r}")
    return "signed in"


def _ping(address: str, password: str) -> str:
    reply = wire.redis(address, password, "PING")
    if reply != "PONG":
        raise OpsError(f"answers {reply!r}")
    return f"PONG on {address}"


def _replicates(address: str, password: str) -> str:
    lines = wire.redis(address, password, "INFO", "replication").splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    link = facts.get("master_link_status", "absent")
    if facts.get("role") != "slave" or link != "up":
        raise OpsError(f"role {facts.get('role')}, link to the primary {link}")
    return f"link up to {facts['master_host']}"


def _registry(address: str) -> str:
    status = wire.http_status(f"http://{address}/v2/")
    if status != 200:
        raise OpsError(f"HTTP {status}")
    return f"200 on {address}"


def _all(things: str, count: int, unready: list[str]) -> str:
    if unready or not count:
        raise OpsError(f"{len(unready)} of {count} {things} are not: {', '.join(unready) or '-'}")
    return f"all {count} {things}"


def _complete(context: Context, cluster: Kubectl) -> str:
    state = cluster.connectivity_check()
    if state != "complete":
        how = context.stack.command("logs", SERVICE="connectivity-check")
        raise OpsError(f"{state}; `{how}`")
    return state
