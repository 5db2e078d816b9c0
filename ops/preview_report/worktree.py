"""A commit's files in a folder of their own, and what its program needs to run there."""

import filecmp
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ops.commands import Commands, OpsError

REQUIREMENTS = "requirements.txt"


def commit(commands: Commands, folder: Path, name: str) -> str:
    """The hash of the commit that `name` is, where this branch left it.

    Of a branch, the commit that both have in common: what was merged into it since is no change of
    this one.
    """
    result = commands.ask(["git", "-C", str(folder), "merge-base", "HEAD", name])
    if result.ok:
        return result.out.strip()
    result = commands.ask(["git", "-C", str(folder), "rev-parse", "--verify", f"{name}^{{commit}}"])
    if not result.ok:
        raise OpsError(
            f"there is no commit {name!r} here. Name a branch, a tag or a commit: "
            "make report BASE=main. In a shallow clone: git fetch --unshallow"
        )
    return result.out.strip()


@contextmanager
def checked_out(commands: Commands, folder: Path, name: str, place: Path) -> Generator[Path]:
    """The commit `name` of the repository in `folder`, in a folder below `place`."""
    git = ["git", "-C", str(folder), "worktree"]
    tree = place / "base"
    commands.ask([*git, "prune"])  # what a run left that was killed
    made = commands.ask([*git, "add", "--detach", str(tree), name], timeout=120)
    if not made.ok:
        raise OpsError(f"git can't check {name} out: {made.words}")
    try:
        environment(commands, folder, tree)
        yield tree
    finally:
        commands.ask([*git, "remove", "--force", str(tree)], timeout=60)
        commands.ask([*git, "prune"])


def environment(commands: Commands, folder: Path, tree: Path) -> None:
    """The Python packages of the commit in `tree`: those of `folder`, where they are the same."""
    if filecmp.cmp(folder / REQUIREMENTS, tree / REQUIREMENTS, shallow=False):
        (tree / ".venv").symlink_to(folder / ".venv")
        return
    made = commands.ask(["make", "-C", str(tree), "venv"], timeout=600)
    if not made.ok:
        raise OpsError(f"the Python packages of the base can't be installed: {made.words}")


def provider_versions(tree: Path) -> dict[str, str]:
    """The providers that the program in `tree` asks for, by package."""
    pinned = re.findall(r"^pulumi-([\w-]+)==([\w.]+)", (tree / REQUIREMENTS).read_text(), re.M)
    return {package: version for package, version in pinned if package != "policy"}
