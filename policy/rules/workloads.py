"""What runs in the cluster."""

import re
from collections.abc import Iterator
from typing import Any, cast

from policy.checks import OFF, Test, equal, must, values
from policy.model import UNKNOWN, Finding, Resource, ResourceRule

TEMPLATE = "spec.template.spec"
POD_OF = {
    "kubernetes:apps/v1:DaemonSet": TEMPLATE,
    "kubernetes:apps/v1:Deployment": TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": TEMPLATE,
    "kubernetes:batch/v1:CronJob": f"spec.jobTemplate.{TEMPLATE}",
    "kubernetes:batch/v1:Job": TEMPLATE,
    "kubernetes:core/v1:Pod": "spec",
}
"""Type → where its pod is described."""
CONTAINERS = ("containers", "initContainers")
PINNED = Test("pinned by its digest (…@sha256:…)", lambda image: "@sha256:" in str(image))
SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_?KEY|API_?KEY", re.I)


def containers(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Each container of a workload, with its place."""
    for kind in CONTAINERS:
        for place, given in values(resource.inputs, f"{POD_OF[resource.type]}.{kind}"):
            for index, one in enumerate(cast(list[Any], given) if isinstance(given, list) else ()):
                yield f"{place}[{index}]", one
            if given is UNKNOWN:
                yield place, UNKNOWN


def _each(place: str, container: Any, path: str, test: Test) -> Iterator[Finding]:
    """What stands at `path` in a container passes `test`."""
    for inner, given in values(container, path):
        if given is UNKNOWN or not test.holds(given):
            yield Finding(f"{place}.{inner}", given, test.wanted)


def _pinned(resource: Resource) -> Iterator[Finding]:
    for place, container in containers(resource):
        yield from _each(place, container, "image", PINNED)


def _no_plain_secret(resource: Resource) -> Iterator[Finding]:
    """A variable whose name says secret takes its value from a Secret."""
    for place, container in containers(resource):
        for inner, variable in values(container, "env"):
            for one in cast(list[Any], variable) if isinstance(variable, list) else ():
                if SECRET_NAME.search(str(one.get("name"))) and one.get("value"):
                    yield Finding(f"{place}.{inner}[{one['name']}]", "a value", "from a Secret")


def _restricted(resource: Resource) -> Iterator[Finding]:
    """The Pod Security Standard `restricted`, as far as a pod's own words go."""
    pod = POD_OF[resource.type]
    for path in ("hostNetwork", "hostPID", "hostIPC"):
        yield from must(f"{pod}.{path}", OFF)(resource)
    yield from must(f"{pod}.volumes.hostPath", Test("left out", lambda given: not given))(resource)
    whole = list(must(f"{pod}.securityContext.runAsNonRoot", equal(True))(resource))
    for place, container in containers(resource):
        yield from _each(place, container, "securityContext.allowPrivilegeEscalation", equal(False))
        yield from _each(place, container, "securityContext.privileged", OFF)
        yield from _each(
            place,
            container,
            "securityContext.capabilities.drop",
            Test("a list with ALL", lambda given: "ALL" in (given or ())),
        )
        if whole:
            yield from _each(place, container, "securityContext.runAsNonRoot", equal(True))


RULES = (
    ResourceRule(
        id="image-pinned",
        title="Containers run images that are named by their digest",
        sources=("CIS GKE 1.6 5.1.4", "CKV_K8S_43"),
        severity="high",
        remedy="Name the image with its digest, as components.connectivity.publish does.",
        types=tuple(POD_OF),
        check=_pinned,
    ),
    ResourceRule(
        id="pod-no-plain-secret",
        title="No secret stands in clear in a pod's description",
        sources=("CIS GKE 1.6 4.4.1", "GKE hardening guide"),
        severity="critical",
        remedy="Put it into a Secret, and name that with secret_key_ref.",
        types=tuple(POD_OF),
        check=_no_plain_secret,
    ),
    ResourceRule(
        id="pod-restricted",
        title="Pods keep to the Pod Security Standard `restricted`",
        sources=("CIS GKE 1.6 4.2.1", "CKV_K8S_16, 17, 18, 19, 20, 23, 28"),
        severity="high",
        remedy="A security context as in components/connectivity.",
        types=tuple(POD_OF),
        check=_restricted,
    ),
)
