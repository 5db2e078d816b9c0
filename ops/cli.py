"""`python -m ops`: the commands behind `make`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ops import access, bootstrap, doctor, health, lifecycle, removal, stack, status
from ops.backup import make, restore, verify
from ops.commands import Commands, Ended, HostCommands, OpsError
from ops.console import RED, paint
from ops.context import Act, Context
from ops.targets import TARGETS

VERBS: dict[str, tuple[Act, str, str]] = {
    "up": (
        lifecycle.up,
        "bring the stack up",
        "Gets past what an interrupted run left, starts what is stopped, runs `pulumi up`, writes "
        "the kubeconfig and shows the table. On Google Cloud it asks first. The exit code is 0 "
        "only if everything is up.",
    ),
    "preview": (
        lifecycle.preview,
        "show what `up` would change",
        "Changes nothing. A stack on Google Cloud is held to the rules of policy/; without "
        "credentials it is planned from an empty state.",
    ),
    "down": (
        removal.down,
        "remove the stack and its data",
        "Names what goes and asks (not with --force; on Google Cloud always), then verifies that "
        "no container, network or volume of it is left. The stack's settings stay.",
    ),
    "restart": (
        lifecycle.restart,
        "stop and start its containers",
        "All of them, or --service's; data stays. Ends when they are healthy.",
    ),
    "status": (
        status.status,
        "show what there is, its state, address, and how to reach it",
        "The exit code is 0 if that could be found out, whatever the state: `health` is for "
        "scripts.",
    ),
    "health": (
        health.health,
        "ask each part as its users would",
        "A line each with the time it took. The exit code is 1 if anything fails.",
    ),
    "logs": (access.logs, "show a service's log", f"The last {access.LINES} lines of it."),
    "shell": (
        access.shell,
        "open a service's own shell",
        "psql, redis-cli, sh, or a shell for kubectl. What is piped in is run there.",
    ),
    "kubeconfig": (
        access.kubeconfig,
        "write the cluster's kubeconfig",
        "To .toolchain/kubeconfig-<stack>, readable to you alone; ~/.kube/config is left alone.",
    ),
    "doctor": (
        doctor.doctor,
        "look for what would keep a stack from coming up on this machine",
        "Docker, tools, ports, networks, disk, memory, locks, containers, kernel, clock, "
        "certificates, names: each with the way out. Changes nothing. The exit code is 1 if "
        "something is wrong.",
    ),
    "backup": (
        make.backup,
        "write what the stack holds into one encrypted file",
        "Databases, roles, keys and images, while it is in use: each as it is at one moment. The "
        "file is readable to you alone, and opened by a key that the command names: keep a copy of "
        "both elsewhere.",
    ),
    "restore": (
        restore.restore,
        "put what a backup holds in the place of what the stack holds",
        "Reads the whole file first: one that was cut or altered is refused. Names what it "
        "replaces and asks (not with --force); what is there stays until everything new lies "
        "beside it and was compared. Passwords stay the stack's.",
    ),
    "backup-verify": (
        verify.verify,
        "restore a backup beside the running stack, and compare",
        "Into containers that nobody reaches and that go again: every table, key and image by its "
        "checksum. Then says how the running stack differs from the backup by now. The newest "
        "backup of the stack, or --file's.",
    ),
    "bootstrap-gcp": (
        bootstrap.bootstrap,
        "make a Google Cloud project ready for the stack's first deployment",
        "APIs, service agents, the bucket and keys of Pulumi's state, the account that deploys. "
        "Shows each gcloud command before it runs it, asks once, leaves alone what is there, and "
        "ends with what to do next.",
    ),
}

GO_ON = ("up", "down")
"""Verbs that, interrupted, go on where they were when they are run again."""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb, (_, short, more) in VERBS.items():
        description = f"{short[0].upper()}{short[1:]}. {more}"
        one = verbs.add_parser(verb, help=short, description=description)
        one.add_argument("-s", "--stack", default="dev", help="default: dev")
        if verb in ("logs", "shell", "restart"):
            one.add_argument("--service", help="which part; an unknown one lists those there are")
        if verb == "logs":
            one.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
        if verb in ("restore", "backup-verify"):
            one.add_argument("--file", help="the backup; default of backup-verify: the newest")
        if verb == "backup":
            one.add_argument("--out", help="where to write; default: a dated file in backups/")
        if verb in ("backup", "restore", "backup-verify"):
            one.add_argument(
                "--key", type=Path, help="default: alphintra.backup-key in Pulumi's folder"
            )
        if verb == "doctor":
            one.add_argument("--json", action="store_true", help="for a program")
        if verb == "restore":
            one.add_argument("--force", action="store_true", help="don't ask")
        if verb == "down":
            one.add_argument("--force", action="store_true", help="don't ask (local stacks only)")
        if verb == "bootstrap-gcp":
            one.add_argument("--project", help="default: gcp:project of the stack's file")
            one.add_argument("--region", help="default: gcp:region of the stack's file")
            one.add_argument("--dry-run", action="store_true", help="print the commands only")
            one.add_argument("--force", action="store_true", help="don't ask")
    return top


def main(arguments: Sequence[str] | None = None, commands: Commands | None = None) -> int:
    given = parser().parse_args(arguments)
    options = vars(given)
    try:
        chosen = stack.load(given.stack)
        context = Context(
            stack=chosen,
            commands=commands or HostCommands(),
            target=TARGETS[chosen.target],
            interactive=sys.stdin.isatty() and sys.stdout.isatty(),
            service=options.get("service") or None,
            follow=options.get("follow", False),
            force=options.get("force", False),
            project=options.get("project") or None,
            region=options.get("region") or None,
            dry_run=options.get("dry_run", False),
            file=options.get("file"),
            out=options.get("out"),
            key=options.get("key"),
            json=options.get("json", False),
        )
        return VERBS[given.verb][0](context)
    except OpsError as error:
        print(f"{paint('error:', RED)} {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as ended:
        again = stack.Stack(given.stack, "").command(given.verb)
        hint = f"Interrupted. `{again}` goes on from here." if given.verb in GO_ON else ""
        print(f"\n{hint}", file=sys.stderr)
        return ended.code if isinstance(ended, Ended) else 130
    except BrokenPipeError:
        # Whoever read our output has seen enough (`make status | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
