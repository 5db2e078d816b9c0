"""What goes wrong between Pulumi and Google, and what the next `up` makes of it.

Each fault meets three resources: a network (an operation of compute's form, a name with a random
end), a repository (the other form of operations, a name that is fixed), a topic (no operation).
"""

import json
from collections.abc import Iterator

import pytest

from rehearsal.cloud.fields import last
from rehearsal.faults import Faults, Killed, all_faults
from rehearsal.play import Play, Step, play
from rehearsal.servers.plane import sign_in
from tests.rehearsal.stages import HERE, needs_provider, said_of

pytestmark = pytest.mark.slow

UP = ("up", "--yes", "--skip-preview", "--continue-on-error")
KINDS = ("network", "repository", "topic")
TAKEN = "already exists"
FIRST = {
    "quota-network": "Quota 'STATIC_ADDRESSES' exceeded",
    "quota-topic": "Quota 'STATIC_ADDRESSES' exceeded",
    "quota-repository": "Quota 'STATIC_ADDRESSES' exceeded",
    "failing-network": "Internal error. Please try again.",
    "failing-repository": "Internal error. Please try again.",
    "never-ending-network": "timeout while waiting for state to become 'DONE'",
    "never-ending-repository": "timeout while waiting for state to become 'done: true'",
}
"""What fails in the `up` that the fault meets, and with which words. Rate limits and a service that
is unavailable for a moment are not among it: the provider asks again. After a cut it does so too,
but for a connection's first request: which resource meets that is not ours to say."""
CUT = "EOF"
FIXED = "repository"
"""The kind whose names have no random end."""


def made(play: Play, name: str) -> list[str]:
    """What the played cloud has of the resource `name`."""
    return [key for key in play.cloud.store if last(key).startswith(name)]


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    needs_provider()
    with play("faulty", tmp_path_factory.mktemp("out"), HERE / "faulty") as one:
        sign_in(one)
        one.workspace.override({"alphintra:faults": json.dumps([*all_faults()])})
        one.server.fault = Faults()
        one.pulumi("up", *UP, check=False)
        one.server.fault = None
        one.pulumi("next", *UP, check=False)
        yield one


@pytest.fixture(scope="module")
def steps(met: Play) -> dict[str, Step]:
    return {step.name: step for step in met.steps}


EACH = [f"{fault}-{kind}" for fault in all_faults() for kind in KINDS]


@pytest.mark.parametrize("name", EACH)
def test_what_the_fault_does(steps: dict[str, Step], name: str):
    said = " ".join(said_of(steps["up"], name))
    assert FIRST.get(name, "") in said
    assert bool(said) == (name in FIRST) or (name.startswith("cut-") and CUT in said), said


@pytest.mark.parametrize("name", EACH)
def test_the_next_up_converges_or_says_what_is_in_its_way(
    met: Play, steps: dict[str, Step], name: str
):
    """What Google made and Pulumi was not told of is in the way by a fixed name, and said to be;
    with a random end it is made once more, and the first `up` has named what is left over."""
    first, said = " ".join(said_of(steps["up"], name)), " ".join(said_of(steps["next"], name))
    untold = bool(first) and name.startswith(("never-ending-", "cut-"))
    in_the_way = untold and name.endswith(FIXED)
    assert bool(said) == in_the_way, said
    assert not in_the_way or (TAKEN in said and f"repositories/{name}" in said)
    assert len(made(met, name)) == (2 if untold and not in_the_way else 1)


def test_what_stuck_is_taken_up_by_an_import(met: Play):
    name = f"never-ending-{FIXED}"
    path = made(met, name)[0].partition(":")[2]
    kind = "gcp:artifactregistry/repository:Repository"
    done = met.run(
        [
            *("pulumi", "import", kind, name, path, "--yes", "--skip-preview", "--stack=faulty"),
            *("--protect=false", "--generate-code=false", "--non-interactive"),
        ],
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    step = met.pulumi("after-import", *UP, check=False)
    assert not said_of(step, name)
    assert len(made(met, name)) == 1


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    needs_provider()
    with play("faulty", tmp_path_factory.mktemp("out"), HERE / "faulty") as one:
        sign_in(one)
        one.workspace.override({"alphintra:faults": json.dumps(["killed"])})
        one.server.fault = Killed(one)
        one.pulumi("up", *UP, check=False)
        one.server.fault = None
        yield one


def test_a_killed_pulumi_leaves_a_lock_that_names_the_way_out(killed: Play):
    step = killed.pulumi("locked", *UP, check=False)
    assert step.code and "pulumi cancel" in step.output


def test_what_was_under_way_is_named_and_not_forgotten(killed: Play):
    killed.run(["pulumi", "cancel", "--yes", "--stack=faulty"])
    step = killed.pulumi("next", *UP, check=False)
    assert "interrupted while creating" in step.output
    assert "killed-" in step.output
    # Whatever was made before Pulumi died is made again under another random end, or is in the way
    # by its fixed name: both are what the warning asks to look for.
    twice = [kind for kind in KINDS if len(made(killed, f"killed-{kind}")) > 1]
    in_the_way = [kind for kind in KINDS if said_of(step, f"killed-{kind}")]
    assert twice or in_the_way
    assert set(in_the_way) <= {FIXED} and FIXED not in twice
