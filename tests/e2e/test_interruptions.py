"""Runs are killed at each step; plain `make up` and `make down` get past it, and nothing is lost.

A chain is economical: each run of it is cut short at a step that was not cut short before, the next
one goes on from there and is cut short in its turn, and the last one is left alone.
docs/decisions/2026-11-21-interruptions.md
"""

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from ops.console import table
from tests.e2e.conftest import ROOT, say
from tests.e2e.interruptions import ASKED, WAYS, Run, Step
from tests.e2e.trial import STACK, Trial, trial

REPORT = ROOT / ".toolchain" / "logs" / "interruptions.txt"
WAITS_SECONDS = (0, 0.05, 0.3, 1.5)
"""How long after a step began it is cut short, in turn: before the plugin has done anything, in the
midst of it, when it is done but not yet recorded."""
RANDOM_WITHIN_SECONDS = 12
EVERY = 5
"""In a thorough chain each fifth run is cut short at a random moment instead."""
Planned = tuple[str, str, float]
SAMPLE: tuple[Planned, ...] = (
    ("Volume", "engine", 0.05),
    ("Network", "plugin", 0.05),
    ("Container", "engine", 0.3),
    ("K3dCluster", "plugin", 5),
    ("Container", "plugin", 0.3),
    ("PostgresRole", "engine", 0.05),
    ("Container", "Ctrl-C twice", 0.3),
    ("Namespace", "plugin", 0),
    ("Job", "program", 0.3),
)
"""What is tried in a few minutes: kind, way, seconds after. Each run is cut short at the first of
its steps that one of them is about."""
SAMPLE_OF_DOWN: tuple[Planned, ...] = (("Container", "engine", 0.3), ("Network", "plugin", 0))


@dataclass
class Point:
    """A moment at which a run was cut short."""

    verb: str
    way: str
    steps: list[Step]
    """Those under way; empty for a moment between them."""
    seconds: float
    """From the start of the run until it had ended."""
    converged: bool = False


@dataclass
class Findings:
    points: list[Point] = field(default_factory=list[Point])
    convergences: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    """Of plain runs after them: verb, and seconds."""
    checks: int = 0
    orphans: int = 0
    lost: int = 0
    written: int = 0

    def report(self) -> str:
        """A line for each kind of step, a column for each way."""
        counts: Counter[tuple[str, str]] = Counter()
        for point in self.points:
            for line in {f"{one.operation} {one.kind}" for one in point.steps} or {"between steps"}:
                counts[line, point.way] += 1
        ways = [way for way in WAYS if any(way == used for _, used in counts)]
        lines = sorted({line for line, _ in counts})
        rows = [[one, *(str(counts[one, way] or "") for way in ways)] for one in lines]
        distinct = {step for point in self.points for step in point.steps}
        converged = sum(point.converged for point in self.points)
        took = ", ".join(f"{verb} {seconds:.0f} s" for verb, seconds in self.convergences)
        return (
            f"{table(['under way', *ways], rows)}\n\n"
            f"points {len(self.points)}, distinct operations cut short {len(distinct)}, "
            f"converged {converged}, orphans {self.orphans}, "
            f"writes acknowledged {self.written}, lost {self.lost}, looked {self.checks} times\n"
            f"plain runs that converged: {took}\n"
        )


Choose = Callable[[Step], tuple[str, float] | None]
"""Whether to cut short at a step that just began: the way, and seconds after."""


@pytest.fixture(scope="module")
def findings() -> Iterator[Findings]:
    found = Findings()
    yield found
    say(f"\n{found.report()}")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    for tool in ("docker", "k3d", "kubectl", "pulumi"):
        assert shutil.which(tool), f"{tool} is not on PATH: run this by `make e2e`"
    made = trial(tmp_path_factory.mktemp("interrupted"))
    assert not made.orphans(), "an earlier run left this: remove it first"
    # As a terminal starts its programs: what runs in the background ignores Ctrl-C, for one.
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, how) for number, how in usual.items()}
    yield made
    for number, how in before.items():
        signal.signal(number, how)
    made.remove()


def note(findings: Findings, point: Point) -> None:
    findings.points.append(point)
    say(
        f"{point.verb} cut short: {point.way}, after {point.seconds:.1f} s, "
        f"at {', '.join(map(str, point.steps)) or 'a moment between steps'}"
    )
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(findings.report())


def cut_short(stack: Trial, findings: Findings, verb: str, choose: Choose) -> bool:
    """Begin a run and cut it short where `choose` says so; whether it came to that."""
    begun = time.monotonic()
    run = stack.begin(verb)
    for step in run.steps():
        if chosen := choose(step):
            way, wait = chosen
            wait_within(run, step, wait)
            steps = run.in_flight
            if not WAYS[way](run, step):
                way = "engine"  # the program has ended by then, or there is none
                WAYS[way](run, step)
            run.end()
            note(findings, Point(verb, way, steps, time.monotonic() - begun))
            return True
    assert run.end() == 0, f"{verb} that nobody cut short failed: {stack.said[-3000:]}"
    return False


def wait_within(run: Run, step: Step, seconds: float) -> None:
    """Wait, but not beyond the step's end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and step in run.in_flight:
        time.sleep(0.005)


def cut_anywhere(stack: Trial, findings: Findings, verb: str, dice: random.Random) -> None:
    """Begin a run, and kill engine or command at a random moment."""
    begun = time.monotonic()
    run = stack.begin(verb)
    time.sleep(dice.uniform(0.3, RANDOM_WITHIN_SECONDS))
    steps = run.in_flight
    if not run.kill("pulumi"):
        run.process.kill()
    run.end()
    note(findings, Point(verb, "engine", steps, time.monotonic() - begun))


def converges(stack: Trial, findings: Findings, verb: str) -> None:
    """Plain `make up` or `make down` ends well, and nothing is lost or left."""
    begun = time.monotonic()
    stack.plain(verb)
    findings.convergences.append((verb, time.monotonic() - begun))
    orphans = stack.orphans()
    lost = stack.lost() if verb == "up" else []
    findings.written = stack.written
    findings.checks += 1
    findings.orphans += len(orphans)
    findings.lost += len(lost)
    assert orphans == []
    assert lost == []
    for point in findings.points:
        point.converged = True
    REPORT.write_text(findings.report())
    if verb == "down":
        assert stack.state().empty


def sample(stack: Trial, findings: Findings, verb: str, plan: Sequence[Planned]) -> None:
    """Cut runs short as planned. A run that goes on for a while makes more than the step at which
    it ends, and so may leave nothing for a later part of the plan: most of it has to come about."""
    left = list(plan)

    def choose(step: Step) -> tuple[str, float] | None:
        for one in left:
            if one[0] == step.kind:
                left.remove(one)
                return one[1:]
        return None

    while left and cut_short(stack, findings, verb, choose):
        if verb == "up":
            stack.write()
    assert len(left) <= len(plan) // 4, f"there was no {left}"


def rotation(findings: Findings, verb: str, number: int) -> Choose:
    """A step that was not cut short before, by the way that was used least with its kind."""
    done = {step for point in findings.points for step in point.steps}
    used: Counter[tuple[str, str]] = Counter()
    for point in findings.points:
        used.update((kind, point.way) for kind in {step.kind for step in point.steps})
    # Nobody registers resources while they are removed: the program does not run.
    ways = [way for way in WAYS if verb == "up" or way not in ("language host", "program")]

    def choose(step: Step) -> tuple[str, float] | None:
        if step in done:
            return None
        way = min(
            ways, key=lambda one: (used[step.kind, one], (ways.index(one) + number) % len(ways))
        )
        return way, WAITS_SECONDS[number % len(WAITS_SECONDS)]

    return choose


def chain(stack: Trial, findings: Findings, verb: str) -> None:
    """Cut runs short until there is no step left that was not."""
    dice = random.Random(8)
    number = 0
    while cut_short(stack, findings, verb, rotation(findings, verb, number)):
        number += 1
        if number % EVERY == 0:
            cut_anywhere(stack, findings, verb, dice)
        if verb == "up":
            stack.write()


def test_up_gets_past_a_sample_of_kills(stack: Trial, findings: Findings):
    sample(stack, findings, "up", SAMPLE)
    converges(stack, findings, "up")
    assert all(stack.acknowledged.values()), "each server took something before the last run"


def test_a_state_and_a_lock_that_were_cut_off(stack: Trial, findings: Findings):
    """As a power failure leaves them."""
    root = stack.folder / "state" / ".pulumi"
    (file,) = (root / "stacks").rglob(f"{STACK}.json")
    file.write_bytes(file.read_bytes()[:1000])
    locks = root / "locks" / "organization" / "alphintra" / STACK
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "cut-off.json").touch()
    converges(stack, findings, "up")
    assert f"{file}.unreadable" in stack.said


def test_ctrl_c_finishes_what_was_begun(stack: Trial, findings: Findings):
    """In make, as a person has it: nothing is left half made, and the way on is said."""
    stack.forget()
    run = stack.begin("down", by_make=True)
    step = next(step for step in run.steps() if step.kind == "Container")
    ASKED["Ctrl-C"](run, step)
    assert run.end() != 0
    assert f"Interrupted. `make down STACK={STACK}` goes on from here." in stack.said
    assert stack.state().interrupted == []
    assert list((stack.folder / "state").rglob("locks/**/*.json")) == []
    note(findings, Point("down", "Ctrl-C", [step], 0))


def test_a_second_up_beside_a_running_one_refuses(stack: Trial, findings: Findings):
    """It names who, since when, and what to do; the first goes on. It makes again what a `down`
    that was interrupted has taken away."""
    run = stack.begin("up")
    assert next(run.steps()).operation == "create"
    said = stack.said
    assert stack.begin("up").end() == 1
    assert f"another run is at work on stack {STACK}" in stack.said
    assert "kill -INT" in stack.said
    assert run.end() == 0, said[-3000:]
    converges(stack, findings, "up")


def test_down_gets_past_a_sample_of_kills(stack: Trial, findings: Findings):
    stack.forget()
    sample(stack, findings, "down", SAMPLE_OF_DOWN)
    converges(stack, findings, "down")


@pytest.mark.thorough
@pytest.mark.timeout(7200)
def test_every_operation_of_up_is_cut_short(stack: Trial, findings: Findings):
    chain(stack, findings, "up")
    converges(stack, findings, "up")


@pytest.mark.thorough
@pytest.mark.timeout(7200)
def test_every_operation_of_down_is_cut_short(stack: Trial, findings: Findings):
    stack.forget()
    chain(stack, findings, "down")
    converges(stack, findings, "down")


@pytest.mark.thorough
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", ["Container", "Volume", "Password"])
def test_up_after_a_down_that_was_killed(stack: Trial, findings: Findings, kind: str):
    """What it has taken away is made again; what was left, with its data and passwords, fits."""
    converges(stack, findings, "up")
    stack.forget()
    assert cut_short(
        stack, findings, "down", lambda step: ("engine", 0.05) if step.kind == kind else None
    )
    converges(stack, findings, "up")
    assert "failed" not in run_health(stack)


def run_health(stack: Trial) -> str:
    """`make health`: each server is asked with the password that the state has."""
    assert stack.begin("health").end() == 0, stack.said
    return stack.said
