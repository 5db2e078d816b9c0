"""`setup`: bring in place what is missing; `doctor`: say what is there and how it was got."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping

from toolchain import build, catalog, env, probe, pulumi_home, steps, tools
from toolchain.decide import Setup
from toolchain.docker_engine import server_version
from toolchain.errors import SetupError
from toolchain.paths import BIN, LOCAL, LOGS, ROOT
from toolchain.plan import Outcome, Step, estimate, execute
from toolchain.progress import Board, clock
from toolchain.run import Cancelled


def setup(wanted: Setup) -> int:
    """Returns the exit status."""
    started = time.monotonic()
    with one_at_a_time():
        missing = missing_steps(wanted)
        if not missing and env.current(catalog.present(wanted.images.values())):
            pulumi_home.settle_salt(steps.STACK)
            print(f"Everything is in place ({time.monotonic() - started:.1f} s).")
            return 0
        outcome = bring(wanted, missing) if missing else Outcome()
        env.write(catalog.present(wanted.images.values()))  # what there is can be used already
        pulumi_home.settle_salt(steps.STACK)
    return report(outcome, time.monotonic() - started)


def only_venv(wanted: Setup) -> int:
    """The Python packages alone: enough for every check that needs no Docker and no Pulumi."""
    with one_at_a_time():
        step = steps.venv_step(wanted)
        if step.done():
            return 0
        with Board() as board:
            outcome = execute([step], board)
    return 0 if outcome.good else 1


def missing_steps(wanted: Setup) -> list[str]:
    """Names of the steps that are not done; quick, so that a no-op is."""
    have = catalog.present(wanted.images.values())
    images = {f"image-{image.name}": image for image in wanted.images.values()}
    names: list[str] = []
    for step in steps.table(wanted, {}):
        if step.name in steps.PREPARING:
            continue
        image = images.get(step.name)
        if not (wanted.image_done(image, have) if image else step.done()):
            names.append(step.name)
    return names


def bring(wanted: Setup, missing: list[str]) -> Outcome:
    print(f"Missing: {', '.join(missing)}")
    print("Looking at what this machine has and can reach …", flush=True)
    # Images cannot be judged while Docker is down; they are looked at again when it is up.
    wanted.decide(missing)
    compiles = wanted.compiles(missing)
    for line in decision_text(wanted, missing, compiles):
        print(line)
    go = ""
    if compiles:
        go = build.require_go(wanted.versions.go_minimum)
        build.check_disk(wanted.versions.free_disk_gb)
    table = [step for step in steps.table(wanted, compiles, go) if relevant(step, missing)]
    print(
        f"This takes about {spoken(estimate(table))}. Logs: {LOGS.relative_to(ROOT)}/", flush=True
    )
    with Board() as board:
        return execute(table, board)


def relevant(step: Step, missing: list[str]) -> bool:
    if step.name in steps.PREPARING:
        return "image-node" in missing
    return step.name in missing or step.name.startswith("modules-")


def spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"


def decision_text(
    wanted: Setup, missing: list[str], compiles: Mapping[str, object]
) -> Iterator[str]:
    """What was found out, in plain words."""
    for name, version in wanted.path_tools.items():
        yield f"  {name} {version}: found on PATH"
    by_host: dict[str, bool] = {}
    for url, reached in wanted.reachable.items():
        by_host[probe.host(url)] = by_host.get(probe.host(url), True) and reached
    for reached, words in ((True, "can be reached"), (False, "cannot be reached")):
        hosts = sorted(host for host, answer in by_host.items() if answer is reached)
        if hosts:
            yield f"  {words}: {', '.join(hosts)}"
    if compiles:
        yield f"  to be built from source: {', '.join(compiles)}"
    local = [
        image.name
        for image in wanted.images.values()
        if f"image-{image.name}" in missing and not wanted.can_pull(image)
    ]
    if local:
        yield f"  images to be built here (or kept, if Docker has them): {', '.join(local)}"


def report(outcome: Outcome, seconds: float) -> int:
    if outcome.good:
        print(f"Done in {clock(seconds)}. Next: `. {env.ENV_FILE.relative_to(ROOT)}`, then")
        print("`pulumi up -s dev` (or `make up`).")
        return 0
    print(f"\nNot done ({clock(seconds)}): {', '.join([*outcome.failures, *outcome.skipped])}.")
    print("What succeeded stays; `make setup` goes on where it stopped.")
    return 1


def doctor(wanted: Setup) -> int:
    """One line for each thing: there or missing, and how it was got."""
    missing = set(missing_steps(wanted))
    have = catalog.present(wanted.images.values())
    for step in steps.table(wanted, {}):
        if step.name in steps.PREPARING:
            continue
        detail = details(wanted, step.name, have)
        print(f"  {'✗' if step.name in missing else '✓'} {step.title:<32} {detail}")
    good = not missing and env.current(have)
    print("Everything is in place." if good else "Something is missing: run `make setup`.")
    return 0 if good else 1


def details(wanted: Setup, name: str, have: dict[str, str]) -> str:
    if name == "docker":
        return server_version() or "does not answer"
    if name.startswith("image-"):
        return catalog.chosen(wanted.images[name.removeprefix("image-")], have) or ""
    if name.startswith("plugin-"):
        return wanted.versions.plugins[name.removeprefix("plugin-")].version
    facts = tools.recall(name)
    words = {
        "path": "found on PATH",
        "official": f"official release, in {BIN.relative_to(ROOT)}",
        "build": f"built from source, in {BIN.relative_to(ROOT)}",
    }
    way = words.get(str(facts.get("way")), "")
    return f"{facts.get('version', '')} {way}".strip()


@contextlib.contextmanager
def one_at_a_time() -> Generator[None]:
    """Two set-ups of one clone would tread on each other's toes: the second waits."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another `make setup` of this folder is running; waiting for it …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def guarded(action: Callable[[], int]) -> int:
    """Run an action; errors and Ctrl-C end in a sentence, not in a traceback."""
    try:
        return action()
    except SetupError as error:
        print(f"\nFAILED: {error.message}", file=sys.stderr)
        if error.log:
            print(f"  log:        {error.log}", file=sys.stderr)
        print(f"  what to do: {error.hint or 'run `make setup` again.'}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Cancelled):
        sys.stdout.write("\n")
        print("Stopped. Nothing is left half-made; `make setup` goes on where it stopped.")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
