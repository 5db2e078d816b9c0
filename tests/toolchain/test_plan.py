"""The scheduler: order, failures, and going on after one."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain import run
from toolchain.errors import SetupError
from toolchain.plan import Note, Outcome, Step, estimate, execute, one_compile_at_a_time
from toolchain.progress import Board, clock


class Machine:
    """Remembers which steps were done, and in what order."""

    def __init__(self) -> None:
        self.finished: list[str] = []
        self.lock = threading.Lock()

    def step(
        self,
        name: str,
        *,
        needs: tuple[str, ...] = (),
        compiles: bool = False,
        seconds: int = 1,
        work: Callable[[Path], None] = lambda _: None,
    ) -> Step:
        def do(log: Path, _: Note) -> str:
            work(log)
            with self.lock:
                self.finished.append(name)
            return "made"

        return Step(
            name,
            name.title(),
            lambda: name in self.finished,
            do,
            needs,
            seconds=seconds,
            compiles=compiles,
        )


def go(steps: list[Step], logs: Path) -> tuple[Outcome, str]:
    run.reset()
    stream = io.StringIO()
    with Board(stream) as board:
        outcome = execute(steps, board, logs)
    return outcome, stream.getvalue()


def fail(_: Path) -> None:
    raise SetupError("the disk is full", hint="Make room.")


def test_needs_come_first(tmp_path: Path) -> None:
    machine = Machine()
    steps = [
        machine.step("image", needs=("docker", "node")),
        machine.step("node", needs=("modules",), work=lambda _: time.sleep(0.05)),
        machine.step("modules", work=lambda _: time.sleep(0.05)),
        machine.step("docker"),
    ]
    outcome, _ = go(steps, tmp_path)
    assert outcome.good
    assert machine.finished == ["docker", "modules", "node", "image"]


def test_independent_steps_run_together(tmp_path: Path) -> None:
    meet = threading.Barrier(3, timeout=5)
    machine = Machine()
    steps = [machine.step(name, work=lambda _: void(meet.wait())) for name in "abc"]
    assert go(steps, tmp_path)[0].good


def void(_: object) -> None:
    pass


def test_compiles_run_one_after_another(tmp_path: Path) -> None:
    busy = threading.Lock()

    def compile_alone(_: Path) -> None:
        assert busy.acquire(blocking=False), "two compiles at once"
        time.sleep(0.02)
        busy.release()

    machine = Machine()
    names = ["pulumi", "k3d", "node", "plugin"]
    steps = [machine.step(name, compiles=True, work=compile_alone) for name in names]
    assert go(one_compile_at_a_time(steps), tmp_path)[0].good
    assert machine.finished == names


def test_a_failed_compile_does_not_stop_the_next(tmp_path: Path) -> None:
    machine = Machine()
    steps = [
        machine.step("pulumi", compiles=True, work=fail),
        machine.step("node", compiles=True),
    ]
    outcome, _ = go(one_compile_at_a_time(steps), tmp_path)
    assert list(outcome.failures) == ["pulumi"]
    assert machine.finished == ["node"]


def test_a_failure_says_what_where_and_what_to_do(tmp_path: Path) -> None:
    machine = Machine()
    steps = [
        machine.step("venv"),
        machine.step("docker", work=fail),
        machine.step("image", needs=("docker",)),
        machine.step("node", needs=("image",)),
    ]
    outcome, text = go(steps, tmp_path)
    assert not outcome.good
    assert machine.finished == ["venv"]
    assert outcome.skipped == ["image", "node"]
    assert "FAILED: Docker: the disk is full" in text
    assert str(tmp_path / "docker.log") in text
    assert "what to do: Make room." in text


def test_a_second_run_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    machine = Machine()
    broken = True

    def sometimes(_: Path) -> None:
        if broken:
            raise SetupError("no network")

    steps = [
        machine.step("venv"),
        machine.step("docker", work=sometimes),
        machine.step("image", needs=("docker",)),
    ]
    assert not go(steps, tmp_path)[0].good
    assert machine.finished == ["venv"]
    broken = False
    outcome, _ = go(steps, tmp_path)
    assert outcome.good
    assert outcome.results == {"venv": "there already", "docker": "made", "image": "made"}


def test_a_command_s_failure_quotes_the_end_of_its_log(tmp_path: Path) -> None:
    machine = Machine()

    def command(log: Path) -> None:
        run.run(["sh", "-c", "echo first; echo the reason >&2; exit 3"], log)

    outcome, text = go([machine.step("apt", work=command)], tmp_path)
    assert "ended with 3" in outcome.failures["apt"].message
    assert "the reason" in text
    assert "the reason" in (tmp_path / "apt.log").read_text()


def test_a_fault_of_ours_is_reported_too(tmp_path: Path) -> None:
    def fault(_: Path) -> None:
        raise KeyError("oops")

    outcome, text = go([Machine().step("venv", work=fault)], tmp_path)
    assert not outcome.good
    assert "KeyError: 'oops'" in text
    assert str(tmp_path / "venv.log") in text


def test_cancel_ends_running_commands(tmp_path: Path) -> None:
    machine = Machine()
    timer = threading.Timer(0.2, run.cancel)
    started = time.monotonic()

    def long(log: Path) -> None:
        timer.start()
        run.run(["sleep", "30"], log)

    outcome, _ = go([machine.step("build", work=long)], tmp_path)
    run.reset()
    assert time.monotonic() - started < 5
    assert machine.finished == []
    assert outcome.skipped == ["build"]


def test_the_estimate_is_the_longest_chain() -> None:
    machine = Machine()
    steps = one_compile_at_a_time(
        [
            machine.step("venv", seconds=60),
            machine.step("modules", seconds=90),
            machine.step("pulumi", seconds=200, compiles=True),
            machine.step("node", seconds=400, compiles=True, needs=("modules",)),
            machine.step("image", seconds=40, needs=("node",)),
        ]
    )
    assert estimate(steps) == 200 + 400 + 40


@pytest.mark.parametrize(("seconds", "text"), [(7.9, "0:07"), (185, "3:05"), (3723, "1:02:03")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_the_line_names_what_runs_and_for_how_long() -> None:
    board = Board(io.StringIO())
    board.begin("pulumi", "Pulumi CLI")
    board.note("pulumi", "of about 4:05")
    assert "Pulumi CLI 0:00 (of about 4:05)" in board.line()
    board.end("pulumi", "built")
    assert board.line() == ""
