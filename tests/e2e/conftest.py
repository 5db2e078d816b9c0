"""A real stack of its own name, ports and networks, beside whatever else runs on this machine."""

import json
import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

ROOT = Path(__file__).parent.parent.parent
STACK = "e2e"
CONFIG: dict[str, Any] = {
    "alphintra:target": "local",
    "alphintra:environment": "dev",
    "alphintra:network": {"cidr": "10.61.0.0/16"},
    "alphintra:cluster": {"api_port": 16550, "published_ports": {"18080": 30080}},
    "alphintra:database": {"host_port": 15432, "replica_host_port": 15434},
    "alphintra:cache": {"host_port": 16379},
    "alphintra:registry": {"host_port": 15050},
}
PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "stacks", "policy", "images", ".venv")
COMMANDS = ("Makefile", "ops", "toolchain", "tests", "pyproject.toml")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run what takes long, too")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thorough: takes long, and runs with --thorough alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--thorough"):
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="takes long: THOROUGH=1"))


def run(
    *command: str,
    stdin: str | None = None,
    env: dict[str, str] | None = None,
    cwd: str | None = None,
) -> str:
    """Run `command`; what it printed. A failure fails the test with the command's own words."""
    done = subprocess.run(
        command,
        input=stdin,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout[-3000:] + done.stderr
    assert done.returncode == 0, f"{' '.join(command)}: {said}"
    return done.stdout


def owned(kind: str) -> list[str]:
    """The Docker objects of the stack: by the project's labels, and by k3d's."""
    listing = {
        "container": ["docker", "ps", "--all", "--format={{.Names}}"],
        "network": ["docker", "network", "ls", "--format={{.Name}}"],
        "volume": ["docker", "volume", "ls", "--format={{.Name}}"],
    }[kind]
    cluster = f"k3d.cluster=alphintra-{STACK}-cluster"
    filters = [f"--filter=label=io.alphintra.stack={STACK}"], [f"--filter=label={cluster}"]
    return sorted({name for f in filters for name in run(*listing, *f).split()})


@dataclass
class Platform:
    """The stack that is up, and how to use it."""

    stack: auto.Stack
    outputs: dict[str, Any]
    kubeconfig: Path

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return run("kubectl", f"--kubeconfig={self.kubeconfig}", *arguments, stdin=stdin)

    def shell(self, line: str, typed: str = "") -> str:
        """Run a command line as a user of the stack would, in its folder; what it printed."""
        return run(
            *("sh", "-c", f". .toolchain/env && {line}"),
            stdin=typed,
            env={"STACK": STACK},
            cwd=self.stack.workspace.work_dir,
        )


def program(folder: Path, config: dict[str, Any], stack: str = STACK) -> auto.Stack:
    """The project's program as a stack whose file and state live in `folder`."""
    for name in (*PROGRAM, *COMMANDS):
        (folder / name).symlink_to(ROOT / name)
    values = json.dumps({"config": config})  # JSON is YAML
    (folder / f"Pulumi.{stack}.yaml").write_text(values)
    state = folder / "state"
    state.mkdir()
    passphrase = folder / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text(secrets.token_hex(16))
    env = {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "KEY": str(folder / "backup-key"),  # what `make backup` makes, and would in the home folder
    }
    # For the commands that read it, as the Makefile's do.
    (folder / ".toolchain").mkdir()
    (folder / ".toolchain" / "env").write_text(
        f". {shlex.quote(str(ROOT / '.toolchain' / 'env'))}\n"
        + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items())
    )
    return auto.create_or_select_stack(
        stack_name=stack, work_dir=str(folder), opts=auto.LocalWorkspaceOptions(env_vars=env)
    )


def say(line: str) -> None:
    print(line, flush=True)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The stack, up. It is destroyed afterwards, whatever happened."""
    for tool in ("docker", "k3d", "kubectl", "pulumi"):
        assert shutil.which(tool), f"{tool} is not on PATH: run this by `make e2e`"
    left = {kind: owned(kind) for kind in ("container", "network", "volume")}
    assert not any(left.values()), f"an earlier run of this stack left {left}: remove it first"
    folder = tmp_path_factory.mktemp("program")
    stack = program(folder, CONFIG)
    try:
        stack.up(on_output=say)
        outputs = {name: output.value for name, output in stack.outputs().items()}
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(outputs["kubeconfig"])
        yield Platform(stack, outputs, kubeconfig)
    finally:
        if os.environ.get("KEEP"):
            say(f"KEEP is set: the stack stays up, its program is in {folder}")
        else:
            stack.destroy(on_output=say)
