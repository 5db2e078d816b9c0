"""Command line: `python3 -m toolchain --help`."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

if sys.version_info < (3, 11):  # noqa: UP036 (it may well be run by an older one)
    sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0])

from toolchain import catalog, env, pulumi_home, setup, tools
from toolchain.decide import Setup
from toolchain.errors import SetupError
from toolchain.paths import LOGS, cache_dir
from toolchain.steps import STACK


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python3 -m toolchain",
        description="Brings a machine what `pulumi up` needs. Each tool: one on PATH if it suits, "
        "else the official release, else a build from pinned sources.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    for name, text in (
        ("setup", "bring in place what is missing (nothing, once all is there)"),
        ("doctor", "say what is there, what is missing, and how each thing was got"),
    ):
        one = command(name, text)
        one.add_argument("--cloud", action="store_true", help="with the Google Cloud plugin")
        one.add_argument("--dev", action="store_true", help="with the packages that tests need")
        if name == "setup":
            one.add_argument(
                "--from-source",
                action="store_true",
                help="download no release and pull no image, even where that works",
            )
    command("env", 'print the shell settings (`eval "$(python3 -m toolchain env)"`)')
    command("venv", "install the Python packages of the development lock, and nothing else")
    stack = command("stack", "make a stack if it is missing")
    stack.add_argument("name", metavar="NAME")
    command("clean", "empty the project's part of the user's cache folder")
    return top


def main(arguments: list[str] | None = None) -> int:
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="replace")  # a terminal may not know every sign
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    match options.command:
        case "setup" | "doctor":
            wanted = Setup(cloud=options.cloud, development=options.dev)
            wanted.from_source = getattr(options, "from_source", False)
            action = setup.setup if options.command == "setup" else setup.doctor
            return setup.guarded(lambda: action(wanted))
        case "env":
            sys.stdout.write(env.text(catalog.present(catalog.load().values())))
            return 0
        case "venv":
            return setup.guarded(lambda: setup.only_venv(Setup(development=True)))
        case "stack":
            return setup.guarded(lambda: make_stack(options.name))
        case _:
            return setup.guarded(clean)


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def make_stack(name: str) -> int:
    """Only of a file that is there: a name that was mistyped, or is a path, makes nothing."""
    files = sorted(path.name for path in Path.cwd().glob("Pulumi.*.yaml"))
    if f"Pulumi.{name}.yaml" not in files:
        raise SetupError(
            f"there is no stack {name!r}", hint=f"These have a file: {', '.join(files) or 'none'}."
        )
    LOGS.mkdir(parents=True, exist_ok=True)
    if pulumi_home.needs_passphrase_file():
        pulumi_home.ensure_passphrase()
    log = LOGS / f"stack-{name}.log"
    log.write_bytes(b"")
    result = pulumi_home.ensure_stack(name, tools.program("pulumi"), log, env.for_commands())
    if name == STACK:
        pulumi_home.settle_salt(name)
    print(f"stack {name}: {result}")
    return 0


def clean() -> int:
    for name in ("builds", "releases", "plugins"):
        shutil.rmtree(cache_dir() / name, ignore_errors=True)
    print(f"{cache_dir()}: emptied. The next `make setup` downloads or builds again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
