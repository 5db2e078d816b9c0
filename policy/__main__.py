"""The rules as a CrossGuard pack: `pulumi preview --policy-pack policy`."""

import sys
from pathlib import Path

# Pulumi starts the pack in its own folder, whose modules are no top-level ones.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from policy.pack import Pack  # noqa: E402

Pack().serve()
