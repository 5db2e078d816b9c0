"""Thousands of configurations: each is accepted and gives a valid graph on the target, or is
refused with its key named, before there is any resource. `THOROUGH=1` tries all ten thousand."""

import gc
import multiprocessing
import os
import re
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date

import pulumi
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from policy.evaluation import evaluate
from stacks.config import Settings, parse
from stacks.platform import Platform
from stacks.targets import TARGETS
from tests.graph import Graph, record
from tests.policy.graphs import resources
from tests.stacks import graph_rules
from tests.stacks.configurations import MARK, Configuration, configurations

THOROUGH = os.environ.get("THOROUGH") == "1"
EVERY = 10_000 if THOROUGH else 100
"""How many configurations are tried with their graphs, which take a second of processor each."""
SHARE = 50
"""How many of them a process tries at a time."""
SETTINGS_ONLY = 100
TODAY = date(2026, 11, 21)
LINE = re.compile(
    r"  Pulumi\.\S+\.yaml: (alphintra(:\S.*)?|gcp:\w+|the stack's name): .+; allowed: .+"
)
LONGEST_LINE = 2000


def accepted_on(target: str, config: Configuration) -> Settings | None:
    """The settings where they are accepted; a refusal must be one that a person can use."""
    try:
        return parse(config.on(target), f"Pulumi.{config.stack}.yaml")
    except pulumi.RunError as error:
        head, *lines = str(error).split("\n")
        assert head.endswith("wrong; nothing was changed.")
        assert lines
        for line in lines:
            assert LINE.fullmatch(line), line
            assert line.isprintable(), line
            assert len(line) < LONGEST_LINE, line
            assert MARK not in line
        return None


def graph(config: Configuration, target: str, wanted: Settings) -> Graph:
    given = {key: str(value) for key, value in config.on(target).items()}

    def program() -> None:
        Platform(config.stack, wanted, TARGETS[wanted.target])

    return record(program, stack=config.stack, config=given)


def try_one(config: Configuration, graphs: bool) -> Iterator[str]:
    """How it fared on each target; what is wrong is an error."""
    for target in TARGETS:
        accepted = accepted_on(target, config)
        if accepted is None:
            yield f"{target}: refused"
            continue
        yield f"{target}: accepted"
        if graphs:
            made = graph(config, target, accepted)
            wrong = list(graph_rules.problems(made, accepted))
            assert not wrong, "\n".join(wrong)
            if target == "gcp":
                violations = evaluate(resources(made), TODAY)
                assert all(one.rule.id and one.resource.name for one in violations)
                yield "gcp: accepted, refused by the policy" if violations else "gcp: policy kept"


def nothing(*_: object) -> None:
    """In the place of a warning."""


@contextmanager
def in_quick_succession() -> Generator[None]:
    """Garbage is collected when we say so, and waivers are not on the screen."""
    patch = pytest.MonkeyPatch()
    patch.setattr(pulumi.log, "warn", nothing)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        patch.undo()


def try_many(number: int, count: int, graphs: bool) -> Counter[str]:
    """The `number`-th `count` configurations, and how they fared."""
    fared: Counter[str] = Counter()

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(configurations())
    def run(config: Configuration) -> None:
        fared["tried"] += 1
        if graphs and fared["tried"] % 25 == 0:
            gc.collect()
        outcomes = set(try_one(config, graphs))
        fared.update(outcomes)
        fared["refused on both"] += {f"{target}: refused" for target in TARGETS} <= outcomes

    with in_quick_succession():
        run()
    return fared


def try_share(number: int) -> Counter[str]:
    return try_many(number, SHARE, graphs=True)


def test_what_is_wrong_is_refused_by_its_key():
    fared = try_many(1, SETTINGS_ONLY, graphs=False)
    assert min(fared["local: accepted"], fared["gcp: accepted"], fared["refused on both"]) > 10


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_what_is_accepted_gives_a_valid_graph(capsys: pytest.CaptureFixture[str]):
    """On two processors; how far it is, and the figures at its end, are printed."""
    started = time.monotonic()
    fared: Counter[str] = Counter()
    with capsys.disabled(), multiprocessing.get_context("spawn").Pool(2) as workers:
        for done in workers.imap_unordered(try_share, range(2, 2 + EVERY // SHARE)):
            fared += done
            print(f"\r{fared['tried']} configurations", end="", flush=True)
        print(f" in {time.monotonic() - started:.0f} s, crashed: 0; {dict(sorted(fared.items()))}")
    assert fared["tried"] >= EVERY * 0.9
    assert min(fared["local: accepted"], fared["gcp: accepted"]) > EVERY // 10
