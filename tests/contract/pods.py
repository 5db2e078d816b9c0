"""The two pods that all client behaviour happens in: one where it is allowed, one where it isn't.

Both are of the connectivity check's image (psql, redis-cli, bash) and wait for scripts.
"""

import json
import shlex
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.commands import Answer
from tests.contract.platform import CHECK, LABEL, Platform

CLIENTS = (Path(__file__).parent / "clients.sh").read_text()
CREDENTIALS, AUTHORITIES = "platform", "platform-authorities"
"""The Secret and the ConfigMap of every service's namespace."""
MOUNTED_AT = "/etc/platform"
DEADLINE_SECONDS = 900
"""A run that was killed leaves its pods for so long at most."""
STARTED_WITHIN_SECONDS = 120
"""On Google Cloud a node may have to be added first."""

Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
"""What volume, container and pod have of their own."""
SCRATCH = {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
INSIDE: Parts = (
    {"configMap": {"name": AUTHORITIES}},
    {"envFrom": [{"secretRef": {"name": CREDENTIALS}}]},
    {"serviceAccountName": CHECK},
)
"""As a workload of the service has it."""
OUTSIDE: Parts = (SCRATCH, {}, {})


@dataclass(frozen=True)
class Pod:
    """Where scripts run. They are given through stdin, with `clients.sh` before them."""

    platform: Platform
    namespace: str
    name: str
    address: str
    container: dict[str, Any]
    """As the cluster admitted it."""
    image_id: str
    """What the node runs, by digest."""
    preamble: str = ""

    def run(self, script: str, timeout: float = 60) -> Answer:
        answer = self.platform.kubectl(
            *("exec", f"--namespace={self.namespace}", "--stdin", self.name, "--", "bash", "-s"),
            stdin=f"{self.preamble}\n{CLIENTS}\n{script}\n",
            timeout=timeout,
        )
        # The script's own complaints are in its output; kubectl's count where it said nothing.
        return Answer(answer.ok, answer.out, "" if answer.out.strip() else answer.err)


def restricted(image: str, **more: Any) -> dict[str, Any]:
    """A container that the `restricted` Pod Security Standard admits."""
    return {
        "name": "contract",
        "image": image,
        "imagePullPolicy": "Always",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **more,
    }


def pod_spec(container: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        **more,
    }


def job(role: str, namespace: str, image: str, parts: Parts) -> dict[str, Any]:
    volume, container, pod = parts
    waiting = restricted(
        image,
        command=["bash", "-c", f"trap exit TERM; sleep {DEADLINE_SECONDS} & wait"],
        volumeMounts=[
            {"name": "authorities", "mountPath": MOUNTED_AT},
            {"name": "scratch", "mountPath": "/tmp"},
        ],
        **container,
    )
    volumes = [{"name": "authorities", **volume}, {"name": "scratch", **SCRATCH}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"contract-{role}",
            "namespace": namespace,
            "labels": {LABEL: role},
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "ttlSecondsAfterFinished": 0,
            "template": {
                "metadata": {"labels": {LABEL: role}},
                "spec": pod_spec(waiting, volumes=volumes, **pod),
            },
        },
    }


@contextmanager
def standing(platform: Platform) -> Generator[dict[str, Pod]]:
    """Both pods by role, `inside` and `outside`; nothing of them is left afterwards."""
    image = image_of_the_check(platform)
    platform.remove_leftovers()
    try:
        made = platform.create(
            job("inside", CHECK, image, INSIDE), job("outside", "default", image, OUTSIDE)
        )
        assert made.ok, f"the suite's pods were refused: {made.words}"
        credentials = exports(platform)
        yield {
            role: started(platform, role, namespace, preamble)
            for role, namespace, preamble in (
                ("inside", CHECK, ""),
                ("outside", "default", credentials),
            )
        }
    finally:
        platform.remove_leftovers()


def image_of_the_check(platform: Platform) -> str:
    """By digest, as the platform itself runs it."""
    check = platform.get(f"--namespace={CHECK}", "job", CHECK)
    return check["spec"]["template"]["spec"]["containers"][0]["image"]


def started(platform: Platform, role: str, namespace: str, preamble: str) -> Pod:
    """The running pod of a Job; one that doesn't start is explained by the cluster's own words."""
    end = time.monotonic() + STARTED_WITHIN_SECONDS
    where = f"--namespace={namespace}"
    while True:
        for pod in platform.items("pods", where, f"--selector={LABEL}={role}"):
            if pod["status"].get("phase") == "Running":
                (status,) = pod["status"]["containerStatuses"]
                return Pod(
                    platform,
                    namespace,
                    name=pod["metadata"]["name"],
                    address=pod["status"]["podIP"],
                    container=pod["spec"]["containers"][0],
                    image_id=status["imageID"],
                    preamble=preamble,
                )
        if time.monotonic() > end:
            warnings = platform.kubectl("events", where, "--types=Warning", "--no-headers")
            raise AssertionError(f"contract-{role} did not start in {namespace}: {warnings.words}")
        time.sleep(0.5)


def exports(platform: Platform) -> str:
    """What a workload that is allowed has, for one that isn't: it lacks nothing but the way."""

    def of(kind: str, name: str) -> Mapping[str, str]:
        return platform.get(f"--namespace={CHECK}", kind, name)["data"]

    decode = "base64 --decode"
    lines = [
        *(f'export {k}="$({decode} <<< {v})"' for k, v in of("secret", CREDENTIALS).items()),
        *(
            f"printf %s {shlex.quote(pem)} > {MOUNTED_AT}/{file}"
            for file, pem in of("configmap", AUTHORITIES).items()
        ),
    ]
    return "\n".join(lines)


def reading(answer: Answer) -> list[dict[str, Any]]:
    """The objects that `Platform.create` printed, one after another."""
    decoder, rest, found = json.JSONDecoder(), answer.out.strip(), list[dict[str, Any]]()
    while rest:
        one, end = decoder.raw_decode(rest)
        found += one["items"] if one["kind"] == "List" else [one]
        rest = rest[end:].strip()
    return found
