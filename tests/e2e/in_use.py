"""The stack on a machine of its own, in use: two clients write all the time and keep their journals
on this host; two workloads in the cluster, one on each node, keep a file on a volume of theirs."""

import hashlib
import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from tests.contract.pods import pod_spec, restricted
from tests.e2e.conftest import say
from tests.e2e.journal import Keys, Rows, Writer
from tests.e2e.machine import STACK, Machine

CLUSTER = f"k3d-alphintra-{STACK}-cluster"
NODES = ("server-0", "agent-0")
CONFIG: dict[str, object] = {"alphintra:target": "local", "alphintra:environment": "dev"}
BACK_WITHIN_SECONDS = 300
KUBECTL = f"kubectl --kubeconfig=.toolchain/kubeconfig-{STACK}"
KEPT = "kept through everything"
HELPED_WITHIN_SECONDS = 400
"""How long after `make up`: Kubernetes keeps pods off a node whose disk was full for five minutes.
"""
POWER_CUT = "the power cut"
MAY_LOSE_SECONDS = {(POWER_CUT, "Redis"): 2}
"""Redis has the system write to the disk each second, and goes on for up to two while the disk is
busy (redis.conf on `appendfsync everysec`). It comes last: what is lost stays lost."""


def outputs(machine: Machine) -> dict[str, Any]:
    return json.loads(machine.must("pulumi stack output --json --show-secrets --stack=$STACK"))


def keeper(node: str, image: str) -> list[dict[str, Any]]:
    """A workload on one node that keeps a file on a volume."""
    name, labels = f"keeper-{node}", {"app": f"keeper-{node}"}
    script = f"[ -e /kept/file ] || echo '{KEPT}' > /kept/file; exec sleep infinity"
    container = restricted(
        image,
        command=["bash", "-c", script],
        volumeMounts=[{"name": "kept", "mountPath": "/kept"}],
    )
    container["imagePullPolicy"] = "IfNotPresent"
    pod = pod_spec(
        container,
        restartPolicy="Always",
        nodeSelector={"kubernetes.io/hostname": f"{CLUSTER}-{node}"},
        volumes=[{"name": "kept", "persistentVolumeClaim": {"claimName": name}}],
    )
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Mi"}},
    }
    deployment = {
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    about = {"name": name, "namespace": "default"}
    return [
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": about, "spec": claim},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": deployment},
    ]


@dataclass
class Platform:
    """The stack on its machine, in use."""

    machine: Machine
    writers: dict[str, Writer]
    image: str
    """An image in the registry: `localhost:port/repository@digest`."""
    rows: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    """The table: what was done, how it came back, seconds, written, lost."""

    def whole(self) -> str:
        """What is not as it should be; empty if all is."""
        said = self.machine.run(f".venv/bin/python -m ops health --stack={STACK}")
        if said.code:
            wrong = [line for line in said.words.splitlines() if "FAIL" in line]
            return "; ".join(wrong) or said.words
        for node in NODES:
            # Not `exec deployment/…`: that may pick a pod that was evicted.
            running = f"--selector=app=keeper-{node} --field-selector=status.phase=Running"
            pod = f"$({KUBECTL} get pods {running} --output=name | head -1)"
            said = self.machine.run(f"timeout 20 {KUBECTL} exec {pod} -- cat /kept/file")
            if said.words.strip() != KEPT:
                return f"the workload on {node}: {said.words.strip()}"
        return self.missing()

    def missing(self) -> str:
        """What the registry does not have any more of the image that was pushed to it."""
        address, _, rest = self.image.partition("/")
        repository, _, digest = rest.partition("@")
        ask = build_opener(ProxyHandler({})).open
        try:
            with self.machine.network():
                at = f"http://{address}/v2/{repository}"
                manifest = json.load(ask(f"{at}/manifests/{digest}", timeout=5))
                for blob in (manifest["config"], *manifest["layers"]):
                    content = ask(f"{at}/blobs/{blob['digest']}", timeout=30).read()
                    if f"sha256:{hashlib.sha256(content).hexdigest()}" != blob["digest"]:
                        return f"the registry's {blob['digest']} is another"
        except OSError as error:
            return f"the registry: {error}"
        return ""

    def wait_until_whole(self, since: float, seconds: float) -> str:
        """Wait until all is as it should be, and the clients write; else what is not."""
        deadline = since + seconds
        while (wrong := self.whole()) and time.monotonic() < deadline:
            time.sleep(2)
        if not wrong:
            for writer in self.writers.values():
                writer.wait_for_more()
        return wrong

    def outlive(self, what: str, act: Callable[["Platform"], None], seconds: float = 300) -> bool:
        """Do `act` while clients write, and wait until all is as it was; else help by `make up`.
        Whether it came back by itself. What may be lost: nothing, but see MAY_LOSE_SECONDS."""
        for writer in self.writers.values():
            writer.wait_for_more()
        before = {name: len(writer.acknowledged()) for name, writer in self.writers.items()}
        started = time.monotonic()
        act(self)
        acted = time.monotonic()
        alone = wrong = self.wait_until_whole(started, seconds)
        if wrong:
            say(f"not back by itself: {wrong}")
            self.machine.must(f"make up STACK={STACK}", shown=True)
            wrong = self.wait_until_whole(time.monotonic(), HELPED_WITHIN_SECONDS)
        took = time.monotonic() - started
        assert not wrong, wrong
        written = {
            name: len(writer.acknowledged()) - before[name] for name, writer in self.writers.items()
        }
        lost = {name: writer.lost() for name, writer in self.writers.items()}
        gone = {name: len(numbers) for name, numbers in lost.items()}
        how = "by make up" if alone else "by itself"
        self.rows.append((what, how, f"{took:.0f}", counted(written), counted(gone)))
        say(table(self.rows[-1:]))
        for name, numbers in lost.items():
            may = MAY_LOSE_SECONDS.get((what, name))
            within = (started - may, acted) if may else (started, started)
            unforgiven = [n for n, at in numbers.items() if not within[0] <= at < within[1]]
            assert not unforgiven, f"{name} lost {unforgiven}"
        return not alone


@contextmanager
def in_use(machine: Machine, folder: Path) -> Generator[Platform]:
    """Bring the stack up on `machine` and use it. The journals are in `folder`."""
    machine.must(f"make up STACK={STACK}", shown=True)
    known = outputs(machine)
    authority = folder / "authority.pem"
    authority.write_text(known["database_ca_certificate"])
    check = f"{KUBECTL} get job/connectivity-check --namespace=connectivity-check"
    image = machine.must(check + " --output=jsonpath='{.spec.template.spec.containers[0].image}'")
    made = [thing for node in NODES for thing in keeper(node, image)]
    listed = {"apiVersion": "v1", "kind": "List", "items": made}
    machine.must(f"{KUBECTL} apply --filename=-", stdin=json.dumps(listed))
    machine.must(f"{KUBECTL} wait --for=condition=Available deployment --all --timeout=120s")
    writers = {
        name: Writer(partial(store, machine, known, authority), folder / name)
        for name, store in {"PostgreSQL": Rows, "Redis": Keys}.items()
    }
    platform = Platform(machine, writers, image)
    for writer in writers.values():
        writer.start()
    try:
        yield platform
    finally:
        for writer in writers.values():
            writer.stop()
        say(table(platform.rows))


HEAD = ("what was done", "back", "seconds", "written", "lost")


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in [HEAD, *rows]) for i in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [HEAD, *rows]
    )


def counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in numbers.items())
