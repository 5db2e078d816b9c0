"""Where state lives, and what keeps secrets out of the project."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from toolchain import pulumi_home
from toolchain.errors import SetupError

from .conftest import Script


def test_the_file_backend_is_the_default(project: Path) -> None:
    assert pulumi_home.uses_local_backend({})
    assert pulumi_home.uses_local_backend({"PULUMI_BACKEND_URL": "file://~"})
    assert pulumi_home.needs_passphrase_file({})


@pytest.mark.parametrize(
    "variables", [{"PULUMI_BACKEND_URL": "gs://bucket"}, {"PULUMI_ACCESS_TOKEN": "pul-1"}]
)
def test_a_user_s_own_backend_stays(project: Path, variables: dict[str, str]) -> None:
    assert not pulumi_home.uses_local_backend(variables)
    assert not pulumi_home.needs_passphrase_file(variables)


def test_a_login_stays(project: Path) -> None:
    folder = pulumi_home.pulumi_home()
    folder.mkdir(parents=True)
    (folder / "credentials.json").write_text(json.dumps({"current": "gs://state"}))
    assert not pulumi_home.uses_local_backend({})
    (folder / "credentials.json").write_text(json.dumps({"current": "file://~"}))
    assert pulumi_home.uses_local_backend({})


def test_a_user_s_own_passphrase_stays(project: Path) -> None:
    assert not pulumi_home.needs_passphrase_file({"PULUMI_CONFIG_PASSPHRASE": "x"})
    assert not pulumi_home.needs_passphrase_file({"PULUMI_CONFIG_PASSPHRASE_FILE": "/mine"})
    ours = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(pulumi_home.passphrase_file())}
    assert pulumi_home.needs_passphrase_file(ours)


def test_the_passphrase_is_made_once_and_private(project: Path) -> None:
    pulumi_home.ensure_passphrase()
    path = pulumi_home.passphrase_file()
    first = path.read_text()
    assert len(first.strip()) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    pulumi_home.ensure_passphrase()
    assert path.read_text() == first


def test_a_lost_passphrase_is_not_replaced(project: Path) -> None:
    state = pulumi_home.state_file("dev")
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    assert not pulumi_home.passphrase_there()
    with pytest.raises(SetupError, match="opens the state of dev") as caught:
        pulumi_home.ensure_passphrase()
    assert "backup" in caught.value.hint
    assert not pulumi_home.passphrase_file().exists()


def test_a_state_in_files_elsewhere_is_there_even_if_it_cannot_be_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pulumi lists nothing then; `up` mends it."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    state = tmp_path / ".pulumi" / "stacks" / "alphintra" / "dev.json"
    state.parent.mkdir(parents=True)
    state.touch()
    nowhere = tmp_path / "no-pulumi"
    assert pulumi_home.ensure_stack("dev", str(nowhere), tmp_path / "log", {}) == "there already"
    state.unlink()
    assert not pulumi_home.in_files_elsewhere("dev")


STATE = {"checkpoint": {"latest": {"secrets_providers": {"state": {"salt": "v1:abc=:v1:def"}}}}}


def test_git_never_sees_the_salt(project: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        command = ["git", "-C", str(project), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    (project / ".gitignore").write_text(".toolchain\n")
    (project / ".gitattributes").write_text("Pulumi.dev.yaml filter=pulumi-salt\n")
    stack = project / "Pulumi.dev.yaml"
    original = "config:\n  alphintra:target: local\n"
    stack.write_text(original)
    git("add", ".")
    git("commit", "-qm", "start")
    state = pulumi_home.state_file("dev")
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps(STATE))

    pulumi_home.settle_salt("dev")
    assert stack.read_text() == original + "encryptionsalt: v1:abc=:v1:def\n"
    assert git("status", "--porcelain") == ""
    assert git("diff") == ""
    pulumi_home.settle_salt("dev")
    assert stack.read_text().count("encryptionsalt") == 1

    # A change of the user's own stays a change, unstaged, and is committed without the salt.
    stack.write_text(stack.read_text().replace("local", "gcp"))
    pulumi_home.settle_salt("dev")
    assert git("status", "--porcelain") == " M Pulumi.dev.yaml\n"
    assert "+  alphintra:target: gcp" in git("diff")
    git("commit", "-qam", "change")
    assert "encryptionsalt" not in git("show", "HEAD:Pulumi.dev.yaml")

    # So does the file when git writes it anew.
    stack.unlink()
    git("checkout", "--", "Pulumi.dev.yaml")
    pulumi_home.settle_salt("dev")
    assert "encryptionsalt" in stack.read_text()
    assert git("status", "--porcelain") == ""

    # A new state has another salt; a secret setting is worth more than a smooth start.
    state.write_text(json.dumps(STATE).replace("abc", "xyz"))
    pulumi_home.settle_salt("dev")
    assert re.findall("encryptionsalt: .*", stack.read_text()) == ["encryptionsalt: v1:xyz=:v1:def"]
    stack.write_text(stack.read_text() + "  # secure: v1:…\n")
    state.write_text(json.dumps(STATE))
    pulumi_home.settle_salt("dev")
    assert "v1:xyz=" in stack.read_text()


def test_another_backend_s_stack_file_is_left_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "gs://bucket")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    pulumi_home.settle_salt("dev")
    assert (project / "Pulumi.dev.yaml").read_text() == "config: {}\n"


def test_a_stack_is_made_beside_the_project(
    project: Path, tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`stack init` writes into the folder that it runs in: that must not be the project."""
    (project / "Pulumi.yaml").write_text("name: alphintra\n")
    (tmp_path / "home").mkdir()
    pulumi = script(
        tmp_path / "user-bin" / "pulumi",
        """
echo "$@" >> "$HOME/calls"
while [ $# -gt 1 ]; do [ "$1" = --cwd ] && cd "$2"; shift; done
test -f Pulumi.yaml
echo "encryptionsalt: x" > Pulumi.dev.yaml
mkdir -p "$HOME/.pulumi/stacks/alphintra"
echo {} > "$HOME/.pulumi/stacks/alphintra/dev.json"
""",
    )
    log = tmp_path / "log"
    assert pulumi_home.ensure_stack("dev", str(pulumi), log, {}) == "made"
    assert not (project / "Pulumi.dev.yaml").exists()
    assert "stack init dev" in (tmp_path / "home" / "calls").read_text()
    (tmp_path / "home" / "calls").unlink()
    assert pulumi_home.ensure_stack("dev", str(pulumi), log, {}) == "there already"
    assert not (tmp_path / "home" / "calls").exists()


def test_a_plugin_counts_when_it_is_whole(project: Path) -> None:
    folder = pulumi_home.plugin_folder("docker", "4.5.8")
    assert not pulumi_home.plugin_installed("docker", "4.5.8")
    folder.mkdir(parents=True)
    (folder / "pulumi-resource-docker").write_text("")
    assert pulumi_home.plugin_installed("docker", "4.5.8")
    folder.with_name(f"{folder.name}.partial").write_text("")
    assert not pulumi_home.plugin_installed("docker", "4.5.8")
