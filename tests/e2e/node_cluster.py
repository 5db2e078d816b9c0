"""What test_node.py needs to talk to Docker, to k3d, to a cluster and to a registry."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import time
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

CATALOG = Path(__file__).parents[2] / "images" / "catalog.toml"
Cluster = dict[str, str]
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


def workload(kind: str, name: str, command: list[str], **more: Any) -> dict[str, Any]:
    pod = more.pop("pod", {})
    container = {"name": name, "image": image("debian"), "imagePullPolicy": "Never"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
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


def pods(cluster: Cluster, app: str) -> dict[str, str]:
    """The running pods of an app: their names by node."""
    running = items(cluster, "pods", "-l", f"app={app}", "--field-selector=status.phase=Running")
    return {
        p["spec"]["nodeName"]: p["metadata"]["name"]
        for p in running
        if "deletionTimestamp" not in p["metadata"]
    }


def in_pod(cluster: Cluster, pod: str, script: str) -> str:
    return kubectl(cluster, "exec", pod, "--", "bash", "-c", script).strip()


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
