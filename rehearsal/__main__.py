"""`python -m rehearsal --stack=prod`: the whole life of a cloud stack, without a cloud."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from components.command import CommandError
from ops.commands import OpsError
from ops.console import say
from rehearsal import cycle, permissions, report, upgrade
from rehearsal.play import Failed, play
from rehearsal.servers.plane import servers, sign_in
from rehearsal.stage.workspace import ROOT, NotHere

ACCEPTED = os.environ.get("ACCEPT") == "1"
"""Whether the calls that were made are to be the ones on record: rehearsal/calls.toml."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
    parser.add_argument("--stack", required=True, help="a stack on Google Cloud: staging, prod")
    parser.add_argument("--out", type=Path, help="a folder for the log; .toolchain/rehearsal/STACK")
    parser.add_argument(
        "--base", help="a commit, branch or tag: what its program made is updated by today's"
    )
    parser.add_argument(
        "--contract",
        action="store_true",
        default=os.environ.get("CONTRACT") == "1",
        help="run the contract suite after `up`; CONTRACT=1 says the same",
    )
    return parser.parse_args()


def main() -> int:
    """0: every step did what it should; 1: one did not; 2: the rehearsal could not start."""
    given = arguments()
    out: Path = given.out or ROOT / ".toolchain" / "rehearsal" / given.stack
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    try:
        if given.base:
            return upgrade.rehearse(given.stack, out, given.base)
        return rehearse(given.stack, out, given.contract)
    except (NotHere, CommandError, OpsError) as error:
        say(f"{given.stack} can't be rehearsed: {error}")
        return 2


def rehearse(stack: str, out: Path, contract: bool) -> int:
    left = None
    failure = ""
    with play(stack, out) as one:
        sign_in(one)
        say(report.opening(one))
        with servers(one):
            try:
                left = cycle.whole(one, report.progress, contract)
            except Failed as failed:
                failure = str(failed)
        say(report.closing(one.steps, left, sorted(one.server.refused_hosts), failure))
    for line in report.readings(out, stack):
        say(line)
    say(f"All calls, events and outputs: {out}")
    fine = (
        left is not None
        and not left.forgotten
        and not one.server.refused_hosts
        and (ACCEPTED or not permissions.problems(permissions.of_run(out), stack))
    )
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
