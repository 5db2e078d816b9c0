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
    """The contract suite, from pods in the played cluster. What it finds is told, and ends nothing:
    it says of the servers behind the played cloud what it would say of Google's."""
    play.log.step = "contract"
    started = time.monotonic()
    command = [".venv/bin/pytest", "tests/contract", f"--stack={play.workspace.stack}", "-q"]
    done = play.run(command, timeout=15 * 60)
    (play.out / "output-contract.txt").write_text(done.stdout + done.stderr)
    found = re.findall(r"(\d+) (passed|failed|skipped|xfailed|errors?)", done.stdout[-300:])
    counts = {what: int(number) for number, what in found}
    step = Step("contract", done.returncode, time.monotonic() - started, counts, 0, [], [])
    play.steps.append(step)
    return step


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
