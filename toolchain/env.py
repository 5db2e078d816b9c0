"""`.toolchain/env`: what a shell needs so that plain pulumi, k3d and kubectl work."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from toolchain import catalog, pulumi_home
from toolchain.files import write_atomic
from toolchain.paths import BIN, ENV_FILE, LOCAL

HEADER = """\
# Made by `make setup`; read it into a shell with `. .toolchain/env` (sh, bash or zsh).
# It holds no secret.
"""


def path_without_ours(value: str | None = None) -> str:
    """PATH as the user has it: without what this project put there, so that a run from inside
    the project's own environment decides as one from outside does."""
    value = os.environ.get("PATH", os.defpath) if value is None else value
    ours = LOCAL.resolve()
    kept: list[str] = []
    for entry in value.split(os.pathsep):
        if entry and not Path(entry).resolve().is_relative_to(ours):
            kept.append(entry)
    return os.pathsep.join(kept)


def variables(have: Mapping[str, str]) -> dict[str, str]:
    """All variables but PATH. `have`: the images that Docker has."""
    values = {
        "KUBECONFIG": str(LOCAL / "kubeconfig-dev"),
        **pulumi_home.variables(),
    }
    table = catalog.load()
    for name, variable in (
        ("k3d-tools", "K3D_IMAGE_TOOLS"),
        ("k3d-proxy", "K3D_IMAGE_LOADBALANCER"),
    ):
        image = table[name]
        if catalog.chosen(image, dict(have)) == image.stand_in:
            values[variable] = image.stand_in
    return values


def text(have: Mapping[str, str]) -> str:
    exports = "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables(have).items())
    )
    folder = shlex.quote(str(BIN))
    path = (
        f'case ":$PATH:" in\n  *:{folder}:*) ;;\n  *) PATH={folder}:$PATH ;;\nesac\nexport PATH\n'
    )
    return HEADER + path + exports


def write(have: Mapping[str, str]) -> None:
    write_atomic(ENV_FILE, text(have))


def current(have: Mapping[str, str]) -> bool:
    return ENV_FILE.is_file() and ENV_FILE.read_text() == text(have)


def for_commands() -> dict[str, str]:
    """The environment in which set-up itself runs the CLI."""
    return {"PATH": f"{BIN}{os.pathsep}{path_without_ours()}", **pulumi_home.variables()}
