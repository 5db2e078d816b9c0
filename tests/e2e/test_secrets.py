"""A stack's passwords and keys are nowhere but where they belong: after up, a change, a failure and
down."""

import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import program, run
from tests.e2e.secret_scan import CommandLines, Scanner, generated, readable_by_others
from toolchain.paths import cache_dir, home, pulumi_home

STACK = "secrets"
FILE = f"Pulumi.{STACK}.yaml"
CONFIG: dict[str, Any] = {
    "alphintra:target": "local",
    "alphintra:environment": "dev",
    "alphintra:network": {"cidr": "10.67.0.0/16"},
    "alphintra:cluster": {"api_port": 20550, "agents": 0, "published_ports": {"22080": 30080}},
    "alphintra:database": {"host_port": 19432, "replica_host_port": 19434},
    "alphintra:cache": {"host_port": 20379},
    "alphintra:registry": {"host_port": 19050},
    "alphintra:services": {"trading-api": None, "strategy-engine": None, "auth": None},
}
OPS = (".venv/bin/python", "-m", "ops")
REPORT = ("--live", "--out=report")
LEAST = 12
"""So many passwords and lines of keys there are at least: else the scan looks for nothing."""
MEANT_FOR_SECRETS = {".toolchain/kubeconfig-secrets", "passphrase"}
"""Files of the project's folder that hold some, for their owner alone."""
LEFT_BY_PULUMI = "left-by-pulumi"
"""Where a bare `pulumi` has its temporary files: its Kubernetes provider leaves kubeconfigs there,
for their owner alone. The project's commands give it a folder that they remove."""


@dataclass
class Life:
    """What there was to see, step by step."""

    folder: Path
    environment: dict[str, str]
    started: float = field(default_factory=time.time)
    secrets: set[str] = field(default_factory=set[str])
    said: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Command → what it printed."""
    seen: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Place → what stood there while the stack was up."""
    codes: dict[str, int] = field(default_factory=dict[str, int])

    def run(self, step: str, *command: str) -> None:
        """Run a command in the project's folder, with an event log beside it."""
        done = subprocess.run(
            [*command, f"--stack={STACK}"],
            cwd=self.folder,
            env={
                **os.environ,
                **self.environment,
                "PULUMI_DEBUG_COMMANDS": "true",
                "PULUMI_OPTION_EVENT_LOG": str(self.folder / f"events-{step}"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
        )
        self.said[step], self.codes[step] = done.stdout, done.returncode

    def pulumi(self, *arguments: str) -> str:
        command = ("pulumi", *arguments, f"--stack={STACK}")
        return run(*command, env=self.environment, cwd=str(self.folder))

    def learn(self) -> None:
        """What is secret now."""
        self.secrets |= generated(json.loads(self.pulumi("stack", "export", "--show-secrets")))

    def settings(self, **changes: Any) -> None:
        config = {**CONFIG, **{f"alphintra:{key}": value for key, value in changes.items()}}
        file = self.folder / FILE
        file.write_text(json.dumps({**yaml.safe_load(file.read_text()), "config": config}))

    def look(self) -> None:
        """At all that shows of a stack that is up."""
        self.seen["the state as it is exported"] = self.pulumi("stack", "export").encode()
        outputs = self.pulumi("stack", "output", "--json")
        self.seen["the outputs"] = outputs.encode()
        labels = f"label=io.alphintra.stack={STACK}"
        names = run("docker", "ps", "--all", f"--filter={labels}", "--format={{.Names}}").split()
        self.seen["containers"] = run("docker", "inspect", *names).encode()
        images = sorted({run("docker", "inspect", "--format={{.Image}}", n).strip() for n in names})
        self.seen["images"] = run("docker", "image", "inspect", *images).encode()
        for image in images:
            history = run("docker", "history", "--no-trunc", image)
            self.seen[f"history of {image}"] = history.encode()
        for name in names:
            log = subprocess.run(["docker", "logs", name], capture_output=True, timeout=60)
            self.seen[f"log of {name}"] = log.stdout + log.stderr
        self.kubernetes()

    def kubernetes(self) -> None:
        """All objects but Secrets, events and the fields that `kubectl apply` keeps included."""
        text = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets"))["kubeconfig"]
        file = self.folder / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(text)
        try:
            kubectl = ("kubectl", f"--kubeconfig={file}")
            listed = run(*kubectl, "api-resources", "--verbs=list", "--output=name").split()
            kinds = ",".join(kind for kind in listed if kind != "secrets")
            everything = run(
                *kubectl, "get", kinds, "--all-namespaces", "--output=json",
                "--show-managed-fields",
            )  # fmt: skip
            self.seen["Kubernetes' objects"] = everything.encode()
        finally:
            file.unlink()


@pytest.fixture(scope="module", name="life")
def life_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("secrets")
    stack = program(folder, CONFIG, STACK)
    environment = dict(stack.workspace.env_vars)
    life = Life(folder, environment)
    try:
        with CommandLines() as watched:
            life.run("up", *OPS, "up")
            assert life.codes["up"] == 0, life.said["up"].decode()[-3000:]
            life.learn()
            life.settings(cache={"host_port": 20379, "eviction_policy": "noeviction"})
            life.run("report", ".venv/bin/python", "-m", "ops.preview_report", *REPORT)
            life.run("update", *OPS, "up")
            life.learn()
            with socket.create_server(("127.0.0.1", 19455)):
                life.settings(database={"host_port": 19455, "replica_host_port": 19434})
                # By Pulumi itself: `make up` would see the taken port before it begins.
                left = folder / LEFT_BY_PULUMI
                left.mkdir()
                environment["TMPDIR"] = str(left)
                life.run("failure", "pulumi", "up", "--yes", "--skip-preview")
                del environment["TMPDIR"]
            life.learn()
            life.look()
            life.run("down", *OPS, "down", "--force")
        life.seen["command lines"] = b"\n".join(watched.seen)
        yield life
    finally:
        if life.codes.get("down") != 0:
            life.run("down", *OPS, "down", "--force")


@pytest.fixture(scope="module", name="scanner")
def scanner_fixture(life: Life) -> Scanner:
    assert len(life.secrets) >= LEAST
    return Scanner(life.secrets, {"postgres", "replicator", "connectivity_check"})


def test_its_life_went_as_it_was_to_go(life: Life):
    assert {step: code == 0 for step, code in life.codes.items() if step != "report"} == {
        "up": True,
        "update": True,
        "failure": False,
        "down": True,
    }
    assert b"noeviction" in life.said["update"] or b"updated" in life.said["update"]


def test_the_scan_finds_what_is_there(life: Life, scanner: Scanner, tmp_path: Path):
    for secret in life.secrets:
        assert scanner.found(b"x " + secret.encode() + b" y")
    (tmp_path / "file").write_bytes(next(iter(scanner.needles)))
    assert scanner.files(tmp_path).keys() == {str(tmp_path / "file")}


def test_no_secret_is_printed(life: Life, scanner: Scanner):
    assert {step: scanner.found(text) for step, text in life.said.items()} == {
        step: [] for step in life.said
    }


def test_no_secret_shows_while_it_is_up(life: Life, scanner: Scanner):
    """Containers (environment, command, labels, health checks), images, logs, Kubernetes' objects,
    command lines, the state and the outputs."""
    assert len(life.seen["command lines"].splitlines()) > 100
    wrong = {place: said for place, data in life.seen.items() if (said := scanner.found(data))}
    assert wrong == {}


def test_no_secret_is_in_a_file(life: Life, scanner: Scanner):
    """The state with its history and backups, event logs, the report: all in the folder."""
    for step in ("up", "update", "failure", "down"):
        assert (life.folder / f"events-{step}").stat().st_size > 0
    wrong = scanner.files(life.folder)
    meant = {str(life.folder / name) for name in MEANT_FOR_SECRETS}
    meant |= {str(path) for path in (life.folder / LEFT_BY_PULUMI).glob("kubeconfig*")}
    assert {path: said for path, said in wrong.items() if path not in meant} == {}
    assert readable_by_others(wrong) == []


def test_nothing_is_left_in_the_users_folders(life: Life, scanner: Scanner):
    places = [cache_dir(), home() / ".kube", home() / ".config", home() / ".k3d"]
    places += [path for path in pulumi_home().glob("*") if path.name != "plugins"]
    places += [
        path
        for path in Path(tempfile.gettempdir()).iterdir()
        if not path.is_symlink() and path.lstat().st_ctime >= life.started
        if path not in life.folder.parents
    ]
    wrong = {k: v for place in places for k, v in scanner.files(place, life.started).items()}
    assert wrong == {}


def test_who_is_in_a_container_may_see_its_secrets_all_the_same(life: Life):
    """Docker hands a server's files over readable to everybody in its container; so nobody else is
    to be in it. Its nodes' token is in their environment: k3d's way, for who rules Docker alone."""
    containers: list[dict[str, Any]] = json.loads(life.seen["containers"])
    environments = [
        variable for one in containers for variable in one["Config"]["Env"] if "K3S" not in variable
    ]
    assert not [name for name in environments if re.match(r"\w*(PASSWORD|SECRET|TOKEN)=", name)]
