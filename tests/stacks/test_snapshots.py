"""The tree of each stack. A change here is a change of the platform: read it before you accept it.

A name, type or parent that changes means a replacement in every stack that exists, unless it comes
with an alias.
"""

import os
from pathlib import Path

import pytest

from tests.programs import STACKS, deploy

SNAPSHOTS = Path(__file__).parent / "snapshots"
ACCEPT = "ACCEPT=1 .venv/bin/pytest tests/stacks/test_snapshots.py"


@pytest.mark.parametrize("stack", STACKS)
def test_the_tree_is_as_it_was(stack: str):
    tree, snapshot = deploy(stack).tree(), SNAPSHOTS / f"{stack}.txt"
    if os.environ.get("ACCEPT"):
        snapshot.write_text(tree)
    assert tree == snapshot.read_text(), f"if that is meant: {ACCEPT}"
