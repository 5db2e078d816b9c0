"""A preview of a cloud stack without credentials: from an empty state, on this machine alone.

Nothing of the stack's backend or secrets provider is asked, nothing is written into the project.
"""

import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
REFUSAL = "no Google Cloud credentials: this can preview, but not change or read anything"
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
    """A stack's file as any backend can take it: no secrets provider, no encrypted value.

    All else stays as it is written, since Pulumi's YAML is another than ours (1:30, 0o17, no).
    """
    root = yaml.compose(stack_file, Loader=yaml.SafeLoader)
    if isinstance(root, yaml.MappingNode):
        root.value = [pair for pair in root.value if pair[0].value not in SECRETS_PROVIDER]
        _hide(root, set())
    return yaml.serialize(root, allow_unicode=True)  # pyright: ignore[reportUnknownMemberType]


def _hide(node: yaml.Node, seen: set[int]) -> None:
    """Put a word in the place of each encrypted value below `node`."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _hide(item, seen)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            _hide(value, seen)
        node.value = [(key, _word() if _encrypted(value) else value) for key, value in node.value]


def _word() -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", "[secret]")


def _encrypted(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and [key.value for key, _ in node.value] == ["secure"]


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
        with refusing_proxy() as proxy:
            return explain.show(commands, stack, command, {**env, **nobody(proxy)})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def nobody(proxy: str) -> dict[str, str]:
    """What makes the provider start without credentials: a token that is none, and no Google."""
    return {
        "GOOGLE_OAUTH_ACCESS_TOKEN": "preview-without-credentials",
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
    }


@contextmanager
def refusing_proxy() -> Generator[str]:
    """A proxy on the loopback interface that lets nothing through.

    The provider asks Google whose its token is, and waits five minutes for the answer where there
    is no network; so it gets one at once. A preview needs no other call.
    """

    class Refuse(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(403, REFUSAL)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
