"""The Google Cloud plugin that is built from source serves what the stacks are made of."""

import re

from tests.programs import ROOT

TYPE = r"gcp:\w+/\w+:\w+"
TABLE = ROOT / "toolchain" / "go" / "gcp-provider" / "resources.go"
SNAPSHOTS = ROOT / "tests" / "stacks" / "snapshots"


def test_it_has_every_type_of_every_stack():
    served = set(re.findall(f'"({TYPE})"', TABLE.read_text()))
    used = {type_ for path in SNAPSHOTS.iterdir() for type_ in re.findall(TYPE, path.read_text())}
    assert len(used) > 30
    assert used <= served
