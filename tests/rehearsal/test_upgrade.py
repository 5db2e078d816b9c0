"""What today's program does to what an older one made: what is told as a loss."""

import json
from pathlib import Path

import pytest
import yaml

from rehearsal import upgrade
from rehearsal.stage.workspace import Workspace

PREFIX = "urn:pulumi:prod::alphintra::alphintra:index:Platform$"
SERVER = "gcp:sql/databaseInstance:DatabaseInstance"
RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"


def events(folder: Path, *steps: tuple[str, str]) -> Path:
    """Pulumi's events of today's `up`: of each step its word and type."""
    lines = [
        {
            "resourcePreEvent": {
                "metadata": {
                    "op": word,
                    "urn": f"{PREFIX}{type_}::one",
                    "type": type_,
                    "keys": ["region"] if "replace" in word else None,
                }
            }
        }
        for word, type_ in steps
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / f"events-{upgrade.TODAY}.jsonl").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("word", "done"),
    [("replace", "made anew, by region"), ("delete", "deleted"), ("delete-replaced", "made anew")],
)
def test_what_held_data_and_is_gone(tmp_path: Path, word: str, done: str):
    (said,) = upgrade.losses(events(tmp_path, (word, SERVER)))
    assert said.startswith("one (DatabaseInstance) is a database server") and done in said


@pytest.mark.parametrize(
    ("word", "type_"), [("update", SERVER), ("same", SERVER), ("create", SERVER), ("replace", RULE)]
)
def test_what_loses_nothing(tmp_path: Path, word: str, type_: str):
    assert upgrade.losses(events(tmp_path, (word, type_))) == []


def test_nothing_is_told_of_what_did_not_run(tmp_path: Path):
    assert upgrade.losses(tmp_path) == []


def test_a_program_comes_with_its_settings(tmp_path: Path):
    """And the key to the state's secrets stays."""
    older, folder = tmp_path / "older", tmp_path / "workspace"
    (older / "components").mkdir(parents=True)
    folder.mkdir()
    name = "Pulumi.prod.yaml"
    (older / name).write_text("config: {alphintra:target: gcp, alphintra:environment: prod}")
    workspace = Workspace(folder, "prod", "passphrase")
    workspace.file.write_text("{encryptionsalt: 'v1:salt', config: {alphintra:new: setting}}")
    upgrade.program(workspace, older)
    assert yaml.safe_load(workspace.file.read_text()) == {
        "encryptionsalt": "v1:salt",
        "config": {"alphintra:target": "gcp", "alphintra:environment": "prod"},
    }
    assert (folder / "components").readlink() == older / "components"
