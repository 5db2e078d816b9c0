"""`make logs`, `make shell`, `make kubeconfig`: getting at one part of the platform."""

import os
import sys
from collections.abc import Sequence

from ops import docker_cli
from ops.commands import OpsError
from ops.console import say
from ops.context import Act, Context, chosen
from ops.kubernetes import (
    CHECK_JOB,
    CHECK_NAMESPACE,
    kubeconfig_text,
    kubectl,
    write_kubeconfig,
)

LINES = 200
"""How much of a log is shown."""
REDIS_CLI = (
    'REDISCLI_AUTH="$(cat /etc/redis/password)" '
    "exec redis-cli -p 6378 --tls --cacert /etc/redis/ca.pem --user platform-admin"
)
"""As the administrator, whom only the local target has. The password is read inside the container,
so it shows in no process list of the host."""


def logs(context: Context) -> int:
    return chosen(context, context.target.logs, "logs")(context)


def shell(context: Context) -> int:
    return chosen(context, context.target.shell, "shell")(context)


def kubeconfig(context: Context) -> int:
    path = write_kubeconfig(context.commands, context.stack)
    say(f"Wrote {path}, for your eyes only. ~/.kube/config is as it was. To use it:")
    say(f"  export KUBECONFIG={path}")
    say("  kubectl get nodes")
    return 0


def container_logs(component: str) -> Act:
    def show(context: Context) -> int:
        running_container(context, component, running=False)
        return _logs(context, context.stack.container(component))

    return show


def cluster_logs(context: Context) -> int:
    """The nodes' own logs; with FOLLOW=1 the server's alone."""
    nodes = [
        one
        for one in docker_cli.containers(context.commands, context.stack)
        if one.role in ("server", "agent")
    ]
    if not nodes:
        raise OpsError(f"there is no cluster. `{context.stack.command('up')}` makes it.")
    if context.follow:
        return _logs(context, next(one.name for one in nodes if one.role == "server"))
    codes: list[int] = []
    for node in nodes:
        say(f"==> {node.name} <==")
        codes.append(_logs(context, node.name))
    return max(codes)


def check_logs(context: Context) -> int:
    """What the connectivity check printed."""
    with kubectl(context.commands, kubeconfig_text(context.commands, context.stack)) as cluster:
        follow = ["--follow"] if context.follow else []
        where = f"--namespace={CHECK_NAMESPACE}"
        return context.commands.show(cluster.command("logs", where, f"job/{CHECK_JOB}", *follow))


def container_shell(component: str, *program: str) -> Act:
    def enter(context: Context) -> int:
        running_container(context, component)
        # A terminal only where there is one, so that commands can be piped in as well.
        flags = ["--interactive", *(["--tty"] if sys.stdin.isatty() else [])]
        command = ["docker", "exec", *flags, context.stack.container(component), *program]
        return context.commands.show(command)

    return enter


def cluster_shell(context: Context) -> int:
    """A shell in which kubectl talks to this cluster."""
    path = write_kubeconfig(context.commands, context.stack)
    program = os.environ.get("SHELL") or "/bin/sh"
    if sys.stdin.isatty():
        say(f"kubectl talks to {context.stack.name} here; `exit` leaves.")
    return context.commands.show([program], env={"KUBECONFIG": str(path)})


def running_container(context: Context, component: str, *, running: bool = True) -> None:
    """Refuse, with what to do, where a component's container is missing or does not run."""
    name = context.stack.container(component)
    docker_cli.engine(context.commands)
    found = {one.name: one for one in docker_cli.containers(context.commands, context.stack)}
    if name not in found:
        raise OpsError(f"there is no {name}. `{context.stack.command('up')}` makes it.")
    if running and found[name].status != "running":
        raise OpsError(
            f"{name} is {found[name].state}. `{context.stack.command('up')}` starts it, "
            f"`{context.stack.command('logs', SERVICE=component)}` shows its last words."
        )


def elsewhere(words: str) -> Act:
    """For what a target has, but not at this place."""

    def refuse(_context: Context) -> int:
        raise OpsError(words)

    return refuse


def _logs(context: Context, container: str) -> int:
    follow: Sequence[str] = ["--follow"] if context.follow else []
    return context.commands.show(["docker", "logs", f"--tail={LINES}", *follow, container])
