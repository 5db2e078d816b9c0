"""The whole life of a stack, step by step."""

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal import changes
from rehearsal.play import Failed, Play, Step

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


def whole(play: Play, say: Callable[[Step], None]) -> Left:
    """Play all steps; a step that fails ends it with `Failed`."""
    say(play.pulumi("up", *UP))
    say(play.pulumi("preview", "preview", "--expect-no-changes"))
    say(play.pulumi("refresh", "refresh", "--yes", "--skip-preview", "--expect-no-changes"))
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


def in_place(step: Step) -> Step:
    """A change that is to replace nothing."""
    if step.changes.get("replace"):
        step.words.append(f"{step.changes['replace']} resources were replaced")
        raise Failed(step)
    return step


def refused(play: Play) -> Step:
    """A protected stack can't be destroyed, and nothing of it is gone afterwards."""
    before = set(play.cloud.store)
    step = play.pulumi("protected", "destroy", "--yes", "--skip-preview", check=False)
    gone = before - set(play.cloud.store)
    if not step.code or gone:
        step.words.append(f"a protected stack was destroyed: {sorted(gone)}")
        raise Failed(step)
    return step


def left(play: Play) -> Left:
    there = [key for key in play.cloud.store if key not in play.before]
    meant = [key for key in there if key.partition(":")[0] in STILL_THERE]
    return Left(meant, [key for key in there if key not in meant])
