"""What a destroyed stack may leave in the played cloud."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from rehearsal.cycle import left, refresh
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
