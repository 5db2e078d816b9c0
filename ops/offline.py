"""A preview of a cloud stack without credentials: from an empty state, on this machine alone.

Nothing of the stack's backend or secrets provider is asked, nothing is written into the project.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ops import explain
from ops.commands import Commands, OpsError
from ops.console import say
from ops.stack import Stack

CREDENTIALS = (
    "GOOGLE_CREDENTIALS",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GCE_METADATA_HOST",
)
"""Where the provider looks for credentials before it looks for gcloud's."""
SECRETS_PROVIDER = ("encryptionsalt", "encryptedkey", "secretsprovider")
"""What a stack's file says of who encrypts its secrets."""


def have_credentials(env: Mapping[str, str] = os.environ) -> bool:
    """Whether Google Cloud can be asked; the provider's own places, in its order."""
    if any(env.get(name) for name in CREDENTIALS):
        return True
    home = Path(env.get("HOME", "~")).expanduser()
    gcloud = Path(env.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud")
    return (gcloud / "application_default_credentials.json").exists()


def plain(stack_file: str) -> str:
    """A stack's file as any backend can take it: no secrets provider, no encrypted value."""
    document: dict[str, Any] = yaml.safe_load(stack_file)
    config: dict[str, Any] = document.get("config") or {}
    return yaml.safe_dump(
        {
            **{key: value for key, value in document.items() if key not in SECRETS_PROVIDER},
            "config": {
                key: "[secret]" if _encrypted(value) else value for key, value in config.items()
            },
        }
    )


def _encrypted(value: Any) -> bool:
    return isinstance(value, dict) and "secure" in value


def preview(commands: Commands, stack: Stack, flags: Sequence[str]) -> int:
    """What `stack` would be if nothing of it were there yet."""
    say(
        f"No Google Cloud credentials: {stack.name} is planned from an empty state, so all of it "
        "is shown as new. To compare with what is there: gcloud auth application-default login"
    )
    scratch = Path(tempfile.mkdtemp(prefix="alphintra-preview-"))
    env = {
        "PULUMI_BACKEND_URL": scratch.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
        "PULUMI_CONFIG_PASSPHRASE_FILE": "",
    }
    try:
        shutil.copy(stack.folder / "Pulumi.yaml", scratch)
        init = ["pulumi", "stack", "init", stack.name, "--no-select", "--non-interactive"]
        made = commands.ask([*init, f"--cwd={scratch}"], env=env, timeout=60)
        if not made.ok:
            raise OpsError(f"pulumi can't make a scratch stack: {made.words}")
        file = scratch / f"Pulumi.{stack.name}.yaml"
        file.write_text(plain((stack.folder / file.name).read_text()))
        command = ["pulumi", "preview", f"--stack={stack.name}", f"--config-file={file}", *flags]
        return explain.show(commands, stack, command, env)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
