"""The copy of the stack that is played: its program, its file, a state and secrets of its own."""

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from ops.explain import EVENTS
from ops.offline import SECRETS_PROVIDER, plain

ROOT = Path(__file__).parent.parent.parent
VENV = ".venv"
PROGRAM = (
    *("Pulumi.yaml", "__main__.py", "components", "stacks", "policy", "images", VENV),
    *("ops", "toolchain", "tests", "pyproject.toml"),  # for the contract suite
)
HARMLESS = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TERM", "USER", "DOCKER_HOST")
"""What the program gets of the environment; nothing that could sign in anywhere is among it."""
TOKEN = "rehearsal"
"""The provider wants a token; no host that could take it for one is reached."""


class NotHere(Exception):
    """The rehearsal refuses to start; the message says why and what to do."""


def refuse_real_backend(env: Mapping[str, str]) -> None:
    """A shell that is set up to deploy is not the one to rehearse in."""
    backend = env.get("PULUMI_BACKEND_URL", "")
    if backend and not backend.startswith("file://"):
        raise NotHere(
            f"PULUMI_BACKEND_URL is {backend}: a rehearsal has a state of its own, and does not "
            "start where a real one is set. Run it in another shell, or: env -u PULUMI_BACKEND_URL "
            "make rehearse"
        )


@dataclass(frozen=True)
class Workspace:
    """A folder from which Pulumi is run."""

    folder: Path
    stack: str
    passphrase: str

    @property
    def file(self) -> Path:
        return self.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def settings(self) -> dict[str, Any]:
        return yaml.safe_load(self.file.read_text())["config"]

    def program(self, root: Path) -> None:
        """Run the program of the checkout `root`, with this one's packages where it has none."""
        for name in {*PROGRAM, *(file.name for file in root.glob("*.py"))}:
            link, there = self.folder / name, root / name
            link.unlink(missing_ok=True)
            if there.exists():
                link.symlink_to(there)
        if not (root / VENV).exists():
            (self.folder / VENV).symlink_to(ROOT / VENV)

    def override(self, changes: Mapping[str, Any]) -> None:
        """Change settings: mappings are merged, as deep as they go."""
        document: dict[str, Any] = yaml.safe_load(self.file.read_text())
        _merge(document["config"], changes)
        self.file.write_text(yaml.safe_dump(document))

    def environment(self, proxy: str, authority: Path) -> dict[str, str]:
        """What Pulumi, the provider and the program run with: nothing of whoever rehearses."""
        env = {name: os.environ[name] for name in HARMLESS if name in os.environ}
        home = self.folder / "home"
        return {
            **env,
            "PATH": f"{self.folder / 'bin'}:{env['PATH']}",
            "HOME": str(home),
            "CLOUDSDK_CONFIG": str(home / "gcloud"),
            "PULUMI_HOME": os.environ.get("PULUMI_HOME") or str(Path.home() / ".pulumi"),
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            **EVENTS,
            "GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN,
            "HTTPS_PROXY": proxy,
            "HTTP_PROXY": proxy,
            "NO_PROXY": "localhost,127.0.0.1",
            "SSL_CERT_FILE": str(authority),
        }


def copy(stack: str, folder: Path, root: Path = ROOT) -> Workspace:
    """Make the workspace of `stack` in an empty folder."""
    for name in ("state", "home", "bin"):
        (folder / name).mkdir()
    source = root / f"Pulumi.{stack}.yaml"
    if not source.exists():
        raise NotHere(f"there is no {source.name}: STACK=staging and STACK=prod can be rehearsed")
    text = plain(source.read_text())
    document = yaml.safe_load(text)
    if document["config"].get("alphintra:target") != "gcp":
        raise NotHere(f"{source.name} stands on this machine: `make up STACK={stack}` is for real")
    workspace = Workspace(folder, stack, secrets.token_hex(16))
    workspace.program(root)
    workspace.file.write_text(text)
    guard(workspace)
    return workspace


def guard(workspace: Workspace) -> None:
    """What Pulumi is about to be given names nobody's real state or keys."""
    document = yaml.safe_load(workspace.file.read_text())
    named = [name for name in SECRETS_PROVIDER if name in document and name != "encryptionsalt"]
    if named or workspace.file.is_symlink():
        raise NotHere(f"{workspace.file} is a real stack's: it has {', '.join(named)}")


def _merge(old: dict[str, Any], new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(name), dict):
            _merge(old[name], cast(dict[str, Any], value))
        else:
            old[name] = value


def remove(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder, ignore_errors=True)
