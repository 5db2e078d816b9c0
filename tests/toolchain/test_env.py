"""`.toolchain/env`, as a shell reads it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from toolchain import catalog, env

SHELLS = [shell for shell in ("sh", "bash", "zsh") if (Path("/bin") / shell).exists()]


def read(shell: str, *, path: str = "/usr/bin:/bin") -> dict[str, str]:
    script = f'set -eu; . "{env.ENV_FILE}"; . "{env.ENV_FILE}"; env -0'
    done = subprocess.run(
        [shell, "-c", script], env={"PATH": path}, capture_output=True, check=True
    )
    pairs = done.stdout.decode().rstrip("\0").split("\0")
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_read_it(project: Path, shell: str) -> None:
    env.write({})
    values = read(shell)
    assert values["PATH"] == f"{env.BIN}:/usr/bin:/bin"
    assert values["KUBECONFIG"] == str(env.LOCAL / "kubeconfig-dev")
    assert values["PULUMI_BACKEND_URL"] == "file://~"
    assert values["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert values["PULUMI_CONFIG_PASSPHRASE_FILE"].endswith("/.pulumi/alphintra.passphrase")


def test_awkward_folder_names(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project / "it's a $(folder)"
    monkeypatch.setattr(env, "BIN", folder / "bin")
    monkeypatch.setattr(env, "LOCAL", folder)
    env.write({})
    values = read("sh")
    assert values["PATH"].startswith(f"{folder}/bin:")
    assert values["KUBECONFIG"] == f"{folder}/kubeconfig-dev"


def test_stand_ins_are_named_for_k3d(project: Path) -> None:
    tools = catalog.load()["k3d-tools"]
    assert env.variables({})["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert "K3D_IMAGE_TOOLS" not in env.variables({})
    assert env.variables({tools.stand_in: "x"})["K3D_IMAGE_TOOLS"] == tools.stand_in
    both = {tools.stand_in: "x", catalog.short(tools.official): ""}
    assert "K3D_IMAGE_TOOLS" not in env.variables(both)


def test_it_holds_no_secret(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "open sesame")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-123")
    text = env.text({})
    assert "sesame" not in text
    assert "pul-123" not in text
    assert "PULUMI_BACKEND_URL" not in text  # logged in elsewhere
    assert "PASSPHRASE" not in text


def test_a_change_is_noticed(project: Path) -> None:
    assert not env.current({})
    env.write({})
    assert env.current({})
    assert not env.current({catalog.load()["k3d-proxy"].stand_in: "x"})


def test_path_without_ours(project: Path) -> None:
    value = os.pathsep.join([str(env.BIN), "/usr/bin", f"{env.LOCAL}/../.toolchain/bin", "/bin"])
    assert env.path_without_ours(value) == "/usr/bin:/bin"
