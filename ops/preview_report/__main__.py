"""`make report`: what a change does to each stack, for whoever reviews it."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from ops.commands import Commands, HostCommands, OpsError
from ops.console import RED, duration, paint
from ops.preview_report import report, words

EPILOG = """\
The exit code is the verdict: 0 safe, 3 look, 4 dangerous; 1 is that there is no report.
What makes a change dangerous: docs/preview-report.md."""


def parser() -> argparse.ArgumentParser:
    one = argparse.ArgumentParser(
        prog="python -m ops.preview_report",
        description=f"{__doc__} Writes comment.md, report.html, topology-<stack>.svg and "
        "verdict.json. Needs no credentials and changes nothing.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument("--base", default="main", help="what to compare with; default: main")
    one.add_argument("--stack", action="append", default=[], help="only this one; more than once")
    one.add_argument("--out", type=Path, default=Path(".toolchain/report"), help="where to write")
    one.add_argument("--live", action="store_true", help="against the stacks' recorded state")
    one.add_argument("--full", default="", help="where readers of the comment find the whole")
    return one


def say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def terminated(number: int, frame: FrameType | None) -> None:
    """End as by Ctrl-C: what was begun is cleaned up."""
    del frame
    raise SystemExit(128 + number)


def main(arguments: Sequence[str] | None = None, commands: Commands | None = None) -> int:
    given = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, terminated)
    wish = report.Wish(given.base, given.stack, given.out, given.live, given.full)
    try:
        view = report.make(commands or HostCommands(), Path.cwd(), wish, say)
    except OpsError as error:
        print(f"{paint('error:', RED)} {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    print(f"{words.ICONS[view.verdict]} {view.verdict.word}: {words.headline(view)}")
    for stack in view.stacks:
        said = f"{stack.verdict.word}, {words.counts(stack)}, {duration(stack.seconds)}"
        print(f"  {stack.name}: {said}")
    print(f"{wish.out}/comment.md, {wish.out}/report.html ({duration(view.seconds)})")
    return report.EXIT[view.verdict]


if __name__ == "__main__":
    sys.exit(main())
