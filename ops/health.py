"""`make health`: asks each part as its users would, and tells by the exit code."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ops import docker_cli, wire
from ops.commands import OpsError
from ops.console import GREEN, RED, paint, say
from ops.context import Check, Context
from ops.kubernetes import Kubectl, kubectl
from ops.pulumi_cli import outputs
from ops.services import addresses

ADMIN = "postgres"
"""PostgreSQL's administrator, and a database that everybody may connect to."""


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
    say(f"{verdict}  {check.name:<40} {milliseconds:6.0f} ms  {words}")
    return good


def local_checks(context: Context) -> Iterator[Check]:
    """Docker first: where it does not answer, nothing else can."""
    stack, commands = context.stack, context.commands
    yield Check("docker: answers", lambda: f"engine {docker_cli.engine(commands)}", decisive=True)
    known = outputs(commands, stack)
    if not known:
        raise OpsError(f"stack {stack.name} is down. `{stack.command('up')}` brings it up.")
    reached = addresses(commands, stack)
    for service in reached:
        yield Check(f"{service}: container is healthy", partial(_healthy, context, service))
    containers = docker_cli.containers(commands, stack)
    running = {one.name for one in containers if one.status == "running"}
    for service, what, ask in _questions(context, reached, known):
        if service in reached and stack.container(service) in running:
            yield Check(f"{service}: {what}", ask)
    with kubectl(commands, str(known["kubeconfig"])) as cluster:
        yield from cluster_checks(context, cluster)


def _questions(
    context: Context, reached: Mapping[str, str], known: Mapping[str, Any]
) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Service, what it is asked, and how: as `known`, the stack's outputs, says."""
    authority, passwords = known["database_ca_certificate"], known["database_passwords"]
    for server in ("database", "database-replica"):
        ask = partial(wire.postgres_answers, reached.get(server, ""), authority)
        yield server, "answers on this machine", ask
    for role, password in sorted(passwords.items()):
        yield "database", f"log in as {role}", partial(_log_in, context, role, password)
    yield "database-replica", "copies the primary", partial(_streams, context, passwords)

    authority = known["cache_ca_certificate"]
    primary, replica = (
        partial(wire.redis, reached.get(server, ""), authority)
        for server in ("cache", "cache-replica")
    )
    users = {"default": known["cache_password"], **known.get("cache_passwords", {})}
    for user, password in users.items():
        yield "cache", f"PING as {user}", partial(_ping, partial(primary, user, password))
    default = partial(replica, "default", users["default"])
    yield "cache-replica", "PING as default", partial(_ping, default)
    yield "cache-replica", "copies the primary", partial(_replicates, default)

    yield "registry", "GET /v2/", partial(_registry, reached.get("registry", ""))


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


def _psql(context: Context, server: str, role: str, password: str, query: str) -> str:
    """By TCP, so that the server asks for the password, which goes in by the environment."""
    command = ["docker", "exec", "--env=PGPASSWORD", context.stack.container(server)]
    command += ["psql", "--no-psqlrc", "--no-password", "--tuples-only", "--no-align"]
    command += ["--host=127.0.0.1", f"--username={role}", f"--dbname={ADMIN}"]
    result = context.commands.ask([*command, f"--command={query}"], env={"PGPASSWORD": password})
    if not result.ok:
        raise OpsError(result.words)
    return result.out.strip()


def _log_in(context: Context, role: str, password: str) -> str:
    answer = _psql(context, "database", role, password, "SELECT current_user")
    if answer != role:
        raise OpsError(f"signed in as {answer!r}")
    return "signed in"


def _streams(context: Context, passwords: Mapping[str, str]) -> str:
    query = "SELECT status, sender_host FROM pg_stat_wal_receiver"
    answer = _psql(context, "database-replica", ADMIN, passwords[ADMIN], query)
    state, _, primary = answer.partition("|")
    if state != "streaming":
        raise OpsError(f"receives nothing from the primary ({state or 'not connected'})")
    return f"streams from {primary}"


def _ping(redis: Callable[[str], str]) -> str:
    reply = redis("PING")
    if reply != "PONG":
        raise OpsError(f"answers {reply!r}")
    return "PONG, over TLS"


def _replicates(redis: Callable[[str, str], str]) -> str:
    lines = redis("INFO", "replication").splitlines()
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
