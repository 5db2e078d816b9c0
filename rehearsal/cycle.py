"""The whole life of a stack, step by step."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal import changes
from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import last
from rehearsal.play import Failed, Play, Step, differences

PLACES = "--parallel=32"
"""How many resources are worked on at once: as a first deployment does."""
UP = ("up", "--yes", "--skip-preview", PLACES)
STILL_THERE = ("cloudkms", "logging", "cloudresourcemanager", "serviceusage", "servicenetworking")
"""APIs whose resources outlive a stack by design: docs/deploying-to-gcp.md, section 7."""

SMALL = "one machine has no room for servers of the stack's size"
RENAMED = "the `docker` of a rehearsal pushes to a plain registry, by another name"
PLAYED_OTHERWISE = {
    "test_cache.py::test_eviction_policy": SMALL,
    "test_database.py::test_settings_are_the_specs": SMALL,
    "test_registry.py::test_push_and_pull_by_digest": RENAMED,
    "test_registry.py::test_tag_is_immutable": RENAMED,
}
"""Tests of the contract that fail on the played servers, and why."""
SUMMARY = re.compile(r"^\d+ ok.*; \d+ s$", re.MULTILINE)
"""The last line of the suite's table (`tests/contract/report.py`)."""
COUNTS = re.compile(r"(\d+) (ok|FAILED|differs|not configured|not run)")
FAILED = re.compile(r"^(?:FAILED|ERROR) tests/contract/(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Left:
    """What a destroyed stack left in the played cloud."""

    meant: list[str]
    forgotten: list[str]


def whole(play: Play, say: Callable[[Step], None], contract: bool = False) -> Left:
    """Play all steps; a step that fails ends it with `Failed`."""
    try:
        say(play.pulumi("up", *UP))
    finally:
        play.keep_state()
    if contract:
        say(suite(play))
    say(play.pulumi("preview", "preview", "--expect-no-changes"))
    say(refresh(play))
    settings = play.workspace.settings
    for override in changes.update(settings, play.workspace.stack):
        play.workspace.override(override)
    say(in_place(play.pulumi("update", *UP)))
    say(play.pulumi("second-preview", "preview", "--expect-no-changes"))
    say(refused(play))
    play.workspace.override(changes.unprotected())
    say(in_place(play.pulumi("unprotect", *UP)))
    say(play.pulumi("destroy", "destroy", "--yes", "--skip-preview", PLACES))
    return left(play)


def suite(play: Play) -> Step:
    """The contract suite, from pods in the played cluster: it fails where the played servers are
    known to be others, and nowhere else."""
    play.log.step = "contract"
    started = time.monotonic()
    command = [".venv/bin/pytest", "tests/contract", f"--stack={play.workspace.stack}", "-q"]
    done = play.run(command, timeout=15 * 60)
    (play.out / "output-contract.txt").write_text(done.stdout + done.stderr)
    table = SUMMARY.search(done.stdout)
    counts = {what: int(number) for number, what in COUNTS.findall(table[0])} if table else {}
    words = surprises(done.stdout)
    seconds = time.monotonic() - started
    step = Step("contract", int(bool(words)), seconds, counts, 0, [], words)
    play.steps.append(step)
    if words:
        raise Failed(step)
    return step


def surprises(said: str) -> list[str]:
    """What the contract suite found that the played servers do not explain."""
    if not SUMMARY.search(said):
        return ["the contract suite did not come to its end"]
    failed = set(FAILED.findall(said))
    known = PLAYED_OTHERWISE.keys()
    return [
        *(f"{test} failed" for test in sorted(failed - known)),
        *(f"{test} holds, though {PLAYED_OTHERWISE[test]}" for test in sorted(known - failed)),
    ]


def refresh(play: Play) -> Step:
    """What Google says is what was recorded."""
    step = play.pulumi("refresh", "refresh", "--yes", "--skip-preview", PLACES)
    for name, properties in differences(play.out / "events-refresh.jsonl").items():
        step.words += [f"{name}.{one} is not as it was set" for one in sorted(properties)]
    if step.changed:
        step.words.append(f"resources that are not as they were recorded: {step.changed}")
    if step.words:
        raise Failed(step)
    return step


def in_place(step: Step) -> Step:
    """A change that is to replace nothing."""
    if step.changes.get("replace"):
        step.words.append(f"{step.changes['replace']} resources were replaced")
        raise Failed(step)
    return step


def refused(play: Play) -> Step:
    """A protected stack can't be destroyed, and nothing of it is gone afterwards. It is its preview
    that sees to that, as in `make down`: with `--skip-preview`, Pulumi deletes what is not
    protected (node pools, all that stands in the cluster) before it comes to what is."""
    before = set(play.cloud.store)
    step = play.pulumi("protected", "destroy", "--yes", check=False)
    gone = before - set(play.cloud.store)
    if not step.code or gone:
        step.words.append(f"a protected stack was destroyed: {sorted(gone)}")
        raise Failed(step)
    return step


def left(play: Play) -> Left:
    there = {key: one for key, one in play.cloud.store.items() if key not in play.before}
    meant = [key for key, one in there.items() if _outlives(key, one)]
    return Left(meant, [key for key in there if key not in meant])


def _outlives(key: str, resource: Json) -> bool:
    """Whether a destroyed stack is meant to leave this. Nobody can delete Binary Authorization's
    policy: it is to be Google's own again, which lets every image run."""
    api = key.partition(":")[0]
    if api == "binaryauthorization" and last(key) == "policy":
        return resource["defaultAdmissionRule"]["evaluationMode"] == "ALWAYS_ALLOW"
    return api in STILL_THERE
