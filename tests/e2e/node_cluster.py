"""The cluster of test_node.py, and what it needs to talk to it, to Docker and to a registry."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
import tomllib
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

CATALOG = Path(__file__).parents[2] / "images" / "catalog.toml"
Cluster = dict[str, str]
NAME = "alphintra-node-test"
AGENTS = 2
SERVER = f"k3d-{NAME}-server-0"
NODES = [SERVER, *(f"k3d-{NAME}-agent-{i}" for i in range(AGENTS))]
LATE = f"{NAME}-late"
REGISTRY, DATABASE, STRANGER = f"{NAME}-registry", f"{NAME}-database", f"{NAME}-stranger"
OTHER, CALLER = f"{NAME}-other", f"{NAME}-caller"
DATA_NETWORK = f"{NAME}-data"
CONTAINERS = (REGISTRY, DATABASE, STRANGER, OTHER, CALLER)
PODS = "10.62.0.0/16"
# Answers every connection to port 8080 or 8081 with the name in $ANSWER.
LISTENER = (
    "use IO::Socket::INET; $p = fork ? 8080 : 8081;"
    " $s = IO::Socket::INET->new(LocalPort => $p, Listen => 9, ReuseAddr => 1) or die;"
    " while ($c = $s->accept) { print $c $ENV{ANSWER}; close $c }"
)
T = TypeVar("T")


def image(name: str) -> str:
    return tomllib.loads(CATALOG.read_text())[name]["stand_in"]


def run(
    *command: str, given: str = "", env: dict[str, str] | None = None, timeout: int = 60
) -> str:
    done = subprocess.run(
        command,
        input=given,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def docker(*args: str, timeout: int = 60) -> str:
    return run("docker", *args, timeout=timeout)


def k3d(*args: str, timeout: int = 300) -> str:
    images = {"K3D_IMAGE_TOOLS": image("k3d-tools"), "K3D_IMAGE_LOADBALANCER": image("k3d-proxy")}
    return run("k3d", *args, env=images, timeout=timeout)


def kubectl(cluster: Cluster, *args: str, given: str = "") -> str:
    return run("kubectl", "--kubeconfig", cluster["kubeconfig"], *args, given=given, timeout=240)


def items(cluster: Cluster, *args: str) -> list[dict[str, Any]]:
    return json.loads(kubectl(cluster, "get", *args, "-o", "json"))["items"]


def apply(cluster: Cluster, *objects: dict[str, Any]) -> None:
    together = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    kubectl(cluster, "apply", "-f", "-", given=together)


def wait(what: str, seconds: float, attempt: Callable[[], T]) -> T:
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            assert time.monotonic() < end, f"{what}: not within {seconds} s: {error}"
            time.sleep(1)


def workload(
    kind: str, name: str, command: list[str], namespace: str = "default", **more: Any
) -> dict[str, Any]:
    pod = more.pop("pod", {})
    container = {"name": name, "image": image("debian"), "imagePullPolicy": "Never"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{**container, "command": command, **more}],
                    **pod,
                },
            },
        },
    }


def service(name: str, namespace: str = "default", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}], **more},
    }


def running(cluster: Cluster, app: str, namespace: str = "default") -> list[dict[str, Any]]:
    found = items(
        cluster,
        *("pods", "-n", namespace, "-l", f"app={app}", "--field-selector=status.phase=Running"),
    )
    return [p for p in found if "deletionTimestamp" not in p["metadata"]]


def pods(cluster: Cluster, app: str, namespace: str = "default") -> dict[str, str]:
    """The running pods of an app: their names by node."""
    found = running(cluster, app, namespace)
    return {p["spec"]["nodeName"]: p["metadata"]["name"] for p in found}


def in_pod(cluster: Cluster, pod: str, script: str, namespace: str = "default") -> str:
    return kubectl(cluster, "exec", "-n", namespace, pod, "--", "bash", "-c", script).strip()


def call(host: str, port: int = 80) -> str:
    return f"timeout 5 bash -c 'cat < /dev/tcp/{host}/{port}'"


def addresses(cluster: Cluster) -> dict[str, str]:
    return {
        n["metadata"]["name"]: a["address"]
        for n in items(cluster, "nodes")
        for a in n["status"]["addresses"]
        if a["type"] == "InternalIP"
    }


def upload(address: str, repository: str, archive: bytes) -> None:
    """`docker push` without a published port: the registry's API on its own address."""
    base = f"http://{address}:5000/v2/{repository}"

    def request(method: str, url: str, body: bytes = b"", kind: str = "") -> str:
        sent = urllib.request.Request(url, body, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(sent, timeout=30) as response:
            return response.headers.get("Location", "")

    def blob(content: bytes, kind: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        place = request("POST", f"{base}/blobs/uploads/")
        separator = "&" if "?" in place else "?"
        request("PUT", f"{place}{separator}digest={digest}", content, "application/octet-stream")
        return {"mediaType": kind, "size": len(content), "digest": digest}

    docker_type = "application/vnd.docker"
    manifest_type = f"{docker_type}.distribution.manifest.v2+json"
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:

        def read(name: str) -> bytes:
            file = tar.extractfile(name)
            assert file is not None
            return file.read()

        index = json.loads(read("manifest.json"))[0]
        manifest = {
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": blob(read(index["Config"]), f"{docker_type}.container.image.v1+json"),
            "layers": [
                blob(read(layer), f"{docker_type}.image.rootfs.diff.tar")
                for layer in index["Layers"]
            ],
        }
    body = json.dumps(manifest).encode()
    request("PUT", f"{base}/manifests/1", body, manifest_type)


def listeners(name: str, namespace: str = "default", **more: Any) -> dict[str, Any]:
    """A pod on every node that answers with its node's name."""
    answer = {"name": "ANSWER", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    command = ["perl", "-e", LISTENER]
    return workload("DaemonSet", name, command, namespace, env=[answer], **more)


class Servers(NamedTuple):
    """Addresses of containers outside the cluster: `database` has an allowance, `other` none."""

    database: str
    other: str


def connect_servers() -> Servers:
    """Two containers on a second network of the nodes, one that has no way out."""
    docker("network", "create", "--internal", DATA_NETWORK)
    for node in NODES:
        docker("network", "connect", DATA_NETWORK, node)
    for name in (DATABASE, OTHER):
        docker(
            *("run", "-d", "--name", name, "--network", DATA_NETWORK, "-e", "ANSWER=data"),
            *(image("debian"), "perl", "-e", LISTENER),
        )
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return Servers(*(docker("inspect", "-f", form, name).strip() for name in (DATABASE, OTHER)))


def remove() -> None:
    for container in CONTAINERS:
        subprocess.run(["docker", "rm", "-fv", container], capture_output=True, check=False)
    subprocess.run(["k3d", "cluster", "delete", NAME], capture_output=True, check=False)
    subprocess.run(["docker", "network", "rm", DATA_NETWORK], capture_output=True, check=False)


def leftovers() -> list[str]:
    found: list[str] = []
    for listing in (["ps", "-aq"], ["network", "ls", "-q"], ["volume", "ls", "-q"]):
        found += docker(*listing, "--filter", f"name={NAME}").split()
    return found


def mounted() -> set[str]:
    """The nodes' volumes, named by Docker or by k3d."""
    form = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
    return set(docker("inspect", "-f", form, *NODES).split())


def give_image(cluster: Cluster) -> None:
    """Until the probes run: `k3d image import` ends well where a node has not kept the image."""
    for last in (False, False, True):
        said = k3d("image", "import", "-c", NAME, image("debian"))
        try:
            kubectl(cluster, "rollout", "status", "daemonset/probe", "--timeout=60s")
            return
        except AssertionError as error:
            events = kubectl(cluster, "get", "events", "--field-selector=type=Warning")
            if last:
                raise AssertionError(f"{error}\n{said}\n{events}") from error
            print(said, events, flush=True)


@contextmanager
def created(folder: Path) -> Generator[Cluster]:
    """The cluster, with an answering pod on every node; afterwards nothing is left of it."""
    for tool in ("docker", "k3d", "kubectl"):
        assert shutil.which(tool), f"{tool} is not on PATH: `make setup`, then `. .toolchain/env`"
    if not docker("images", "-q", image("node")).strip():
        pytest.skip(f"{image('node')} is only built where rancher/k3s cannot be pulled")
    registries = folder / "registries.yaml"
    registries.write_text(
        f'mirrors: {{"localhost:5050": {{endpoint: ["http://{REGISTRY}:5000"]}}}}'
    )
    kubeconfig = folder / "kubeconfig"
    remove()
    try:
        k3d(
            *("cluster", "create", NAME, "--image", image("node"), "--agents", str(AGENTS)),
            *("--registry-config", str(registries), "--kubeconfig-update-default=false"),
            *("--k3s-arg", "--disable=traefik,metrics-server@server:*"),
            *("--k3s-arg", f"--cluster-cidr={PODS}@server:*"),
            *("--k3s-arg", "--service-cidr=10.63.0.0/16@server:*"),
            *("--k3s-arg", "--node-label=alphintra.io/test=yes@agent:*"),
            *("--wait", "--timeout", "240s"),
        )
        kubeconfig.write_text(k3d("kubeconfig", "get", NAME))
        made = {"kubeconfig": str(kubeconfig)}
        apply(made, listeners("probe"), service("probe"))
        give_image(made)
        yield made
        volumes = mounted()
    finally:
        remove()
    assert leftovers() == []
    assert not volumes & set(docker("volume", "ls", "-q").split())


def assert_ready(cluster: Cluster) -> None:
    ready = {
        n["metadata"]["name"]
        for n in items(cluster, "nodes")
        for c in n["status"]["conditions"]
        if c["type"] == "Ready" and c["status"] == "True"
    }
    assert ready == set(NODES)


def assert_every_node_reaches_the_service(cluster: Cluster) -> None:
    probes = pods(cluster, "probe")
    assert set(probes) == set(NODES)
    for pod in probes.values():
        answers = in_pod(cluster, pod, f"for i in {{1..30}}; do {call('probe')}; echo; done")
        assert set(answers.split()) == set(NODES)
