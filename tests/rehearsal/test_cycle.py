"""What a destroyed stack may leave in the played cloud."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from rehearsal.cycle import PLAYED_OTHERWISE, left, refresh, surprises
from rehearsal.play import Failed, Play, Step
from tests.rehearsal.cloud import PROJECT, P, call, project

POLICY = f"binaryauthorization:{P}/policy"


@pytest.mark.parametrize(("mode", "meant"), [("ALWAYS_ALLOW", True), ("ALWAYS_DENY", False)])
def test_the_policy_of_images_is_to_be_googles_own_again(mode: str, meant: bool):
    cloud = project("binaryauthorization", "pubsub")
    before = frozenset(cloud.store)
    rule = {"evaluationMode": mode, "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
    url = f"v1/projects/{PROJECT}/policy"
    call(cloud, "PUT", "binaryauthorization", url, {"defaultAdmissionRule": rule})
    found = left(cast(Play, SimpleNamespace(cloud=cloud, before=before)))
    assert (POLICY in found.meant, POLICY in found.forgotten) == (meant, not meant)


def test_what_nothing_deletes_is_forgotten_but_where_it_is_to_stay():
    cloud = project("pubsub", "cloudkms")
    before = frozenset(cloud.store)
    call(cloud, "PUT", "pubsub", f"v1/{P}/topics/notices", {})
    url = f"v1/{P}/locations/europe-west1/keyRings?keyRingId=ring"
    call(cloud, "POST", "cloudkms", url, {})
    found = left(cast(Play, SimpleNamespace(cloud=cloud, before=before)))
    assert found.forgotten == [f"pubsub:{P}/topics/notices"]
    assert found.meant == [f"cloudkms:{P}/locations/europe-west1/keyRings/ring"]


@pytest.mark.parametrize(("changes", "fails"), [({"same": 243}, False), ({"delete": 1}, True)])
def test_a_refresh_finds_everything_as_it_was(changes: dict[str, int], fails: bool, tmp_path: Path):
    (tmp_path / "events-refresh.jsonl").touch()
    step = Step("refresh", 0, 1.0, changes, 0, [], [])

    def pulumi(*_: str) -> Step:
        return step

    play = cast(Play, SimpleNamespace(out=tmp_path, pulumi=pulumi))
    if fails:
        with pytest.raises(Failed, match="not as they were recorded: 1"):
            refresh(play)
    else:
        assert refresh(play) is step


def suite(failed: set[str]) -> str:
    """What the contract suite prints at its end."""
    lines = [f"FAILED tests/contract/{test} - AssertionError: a..." for test in sorted(failed)]
    return "\n".join(["30 ok, 4 FAILED, 3 not configured; 59 s", *lines])


def test_the_contract_fails_where_the_servers_are_others_and_nowhere_else():
    known = {*PLAYED_OTHERWISE}
    assert surprises(suite(known)) == []
    assert surprises(suite({*known, "test_cache.py::x"})) == ["test_cache.py::x failed"]
    (words,) = surprises(suite(known - {"test_registry.py::test_tag_is_immutable"}))
    assert words.startswith("test_registry.py::test_tag_is_immutable holds, though the `docker`")
    assert surprises("Traceback") == ["the contract suite did not come to its end"]
