"""Where Pulumi keeps state, its passphrase, stacks and plugins."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from toolchain.errors import SetupError
from toolchain.files import write_atomic
from toolchain.paths import ROOT, home, pulumi_home
from toolchain.run import output, run

LOCAL_BACKEND = "file://~"
PROJECT = "alphintra"
# git's name for the filter that keeps the CLI's salt out of commits (see .gitattributes).
SALT_FILTER = "pulumi-salt"
SALT_CLEAN = "sed '/^encryptionsalt:/d'"


def passphrase_file() -> Path:
    return pulumi_home() / "alphintra.passphrase"


def uses_local_backend(env: Mapping[str, str] | None = None) -> bool:
    """Whether state is ours to keep in files: nobody is logged in to another place."""
    env = os.environ if env is None else env
    if url := env.get("PULUMI_BACKEND_URL"):
        return url == LOCAL_BACKEND
    if env.get("PULUMI_ACCESS_TOKEN"):
        return False
    try:
        credentials = json.loads((pulumi_home() / "credentials.json").read_text())
    except (OSError, ValueError):
        return True
    return str(credentials.get("current") or LOCAL_BACKEND) == LOCAL_BACKEND


def needs_passphrase_file(env: Mapping[str, str] | None = None) -> bool:
    """Whether we name a file with the passphrase: the backend is ours, and the user has none."""
    env = os.environ if env is None else env
    if not uses_local_backend(env):
        return False
    given = env.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if given:
        return Path(given) == passphrase_file()
    return "PULUMI_CONFIG_PASSPHRASE" not in env


def ensure_passphrase() -> None:
    """Made once; it opens the secrets in every stack's state, so it is never made anew."""
    path = passphrase_file()
    if path.exists():
        return
    if stacks := sorted(state_file("any").parent.glob("*.json")):
        raise SetupError(
            f"{path} is missing, and it is what opens the state of {stacks[0].stem}",
            hint="Put it back from your backup, or set PULUMI_CONFIG_PASSPHRASE to what the state "
            f"was made with. If that state is of no use any more, remove {stacks[0].parent}.",
        )
    write_atomic(path, secrets.token_urlsafe(32) + "\n", mode=0o600)


def passphrase_there() -> bool:
    return not needs_passphrase_file() or passphrase_file().is_file()


def variables() -> dict[str, str]:
    """What the CLI must find in its environment. No secret is among it."""
    values = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    if uses_local_backend():
        values["PULUMI_BACKEND_URL"] = LOCAL_BACKEND
        # A stack file without its salt (a fresh clone) takes the one that the state holds.
        values["PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"] = "true"
    if needs_passphrase_file():
        values["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file())
    return values


def state_file(stack: str) -> Path:
    # PULUMI_HOME moves plugins and credentials, but "~" in file://~ stays the user's home.
    return home() / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"


def stack_exists(stack: str) -> bool:
    """Asked of every no-op, so without starting the CLI: another backend counts as having it."""
    return not uses_local_backend() or state_file(stack).is_file()


def in_files_elsewhere(stack: str) -> bool:
    """Whether another folder of files has it. Not asked of the CLI, which lists nothing where one
    state can't be read: `up` mends that."""
    url = os.environ.get("PULUMI_BACKEND_URL", "")
    folder = Path(url.removeprefix("file://")).expanduser() / ".pulumi" / "stacks" / PROJECT
    return url.startswith("file://") and (folder / f"{stack}.json").is_file()


def ensure_stack(stack: str, pulumi: str, log: Path, env: Mapping[str, str]) -> str:
    """Make a stack if it is missing. Its file in the project is left as it is.

    `pulumi stack init` writes a salt into the stack's file; it runs in a scratch folder, and the
    state keeps the salt.
    """
    if uses_local_backend():
        if stack_exists(stack):
            return "there already"
    elif in_files_elsewhere(stack):
        return "there already"
    elif output([pulumi, "stack", "ls", "--json", "--cwd", str(ROOT)], env=env, timeout=60) is None:
        raise SetupError(
            "the Pulumi backend that you are logged in to does not answer",
            hint="Check `pulumi whoami -v`; `pulumi logout` brings the project's own file backend.",
        )
    else:
        listed = output([pulumi, "stack", "ls", "--json", "--cwd", str(ROOT)], env=env, timeout=60)
        names = [str(entry["name"]).rsplit("/", 1)[-1] for entry in json.loads(listed or "[]")]
        if stack in names:
            return "there already"
    scratch = Path(tempfile.mkdtemp(prefix="alphintra-stack-"))
    try:
        shutil.copy(ROOT / "Pulumi.yaml", scratch)
        init = [pulumi, "stack", "init", stack, "--no-select", "--non-interactive"]
        run([*init, "--cwd", str(scratch)], log, env=env)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return "made"


def settle_salt(stack: str) -> None:
    """Let the CLI have its salt in the stack's file, and git see none of it.

    The CLI writes the salt of a stack's passphrase into the stack's file at the first preview, and
    it differs on every machine. It is put there beforehand, a filter keeps it out of commits, and
    git is told that the file, so filtered, is the one it knows (it goes by the size otherwise).
    """
    file = ROOT / f"Pulumi.{stack}.yaml"
    if not uses_local_backend() or not file.is_file():
        return
    lines = file.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("encryptionsalt:")]
    salt = salt_in_state(stack)
    # One of a state that is gone would make Pulumi refuse the passphrase. But a secret setting of
    # the file (`secure: …`) was written with it.
    if salt and not any("secure:" in line for line in lines):
        wanted = [*kept, f"encryptionsalt: {salt}"]
        if wanted != lines:
            write_atomic(file, "\n".join(wanted) + "\n")
    if not (ROOT / ".git").exists():
        return
    git = ["git", "-C", str(ROOT)]
    if output([*git, "config", f"filter.{SALT_FILTER}.clean"]) != SALT_CLEAN:
        output([*git, "config", f"filter.{SALT_FILTER}.clean", SALT_CLEAN])
        output([*git, "config", f"filter.{SALT_FILTER}.smudge", "cat"])
    known = output([*git, "rev-parse", f":{file.name}"])
    if known and known == output([*git, "hash-object", file.name], cwd=ROOT):
        output([*git, "update-index", "--", file.name])


def salt_in_state(stack: str) -> str:
    try:
        state = json.loads(state_file(stack).read_text())
        return str(state["checkpoint"]["latest"]["secrets_providers"]["state"]["salt"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def plugin_folder(name: str, version: str) -> Path:
    return pulumi_home() / "plugins" / f"resource-{name}-v{version}"


def plugin_installed(name: str, version: str) -> bool:
    folder = plugin_folder(name, version)
    # The CLI marks an installation that was cut short.
    cut_short = folder.with_name(f"{folder.name}.partial").exists()
    return (folder / f"pulumi-resource-{name}").is_file() and not cut_short


def install_plugin(
    pulumi: str, name: str, version: str, log: Path, env: Mapping[str, str], file: Path | None
) -> None:
    """From a program that was compiled here, or from where Pulumi publishes it."""
    source = ["--file", str(file)] if file else []
    run(
        [pulumi, "plugin", "install", "resource", name, version, "--reinstall", *source],
        log,
        env=env,
    )
