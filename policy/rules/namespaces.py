"""What guards the namespaces of the cluster, and who may do what in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from policy.checks import Test, every, items, must, none_of
from policy.model import UNKNOWN, Finding, GraphRule, Resource, ResourceRule

NAMESPACE = "kubernetes:core/v1:Namespace"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
QUOTA = "kubernetes:core/v1:ResourceQuota"
ENFORCED = "pod-security.kubernetes.io/enforce"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
EVERYTHING: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
NOT_EVERYTHING = Test("named one by one, not *", lambda given: given != "*")


def _metadata(resource: Resource) -> Mapping[str, Any]:
    metadata = resource.inputs.get("metadata")
    return cast(Mapping[str, Any], metadata) if isinstance(metadata, Mapping) else {}


def _enforces_restricted(namespace: Resource) -> Iterator[Finding]:
    labels: Any = _metadata(namespace).get("labels", {})
    unknown = UNKNOWN in (namespace.inputs.get("metadata"), labels)
    given: Any = UNKNOWN if unknown else labels.get(ENFORCED)
    if given != "restricted":
        yield Finding(f"metadata.labels[{ENFORCED}]", given, '"restricted"')


def _in_each(namespaces: Sequence[Resource], there: Sequence[Resource], words: str):
    """Each of `namespaces` has one of `there` in it."""
    covered = {_metadata(one).get("namespace") for one in there}
    unsure = UNKNOWN in covered or any(
        one.inputs.get(key) is UNKNOWN for one in there for key in ("metadata", "spec")
    )
    for namespace in namespaces:
        if namespace.inputs.get("metadata") is UNKNOWN:
            yield namespace, Finding("metadata.name", UNKNOWN, "known")
        elif (name := _metadata(namespace).get("name")) not in covered:
            yield namespace, Finding("beside it", UNKNOWN if unsure else None, f"{words} in {name}")


def _closed(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Finding]]:
    policies = [one for one in resources if one.type == POLICY]
    denying = [one for one in policies if one.inputs.get("spec") in (UNKNOWN, EVERYTHING)]
    namespaces = [one for one in resources if one.type == NAMESPACE]
    yield from _in_each(namespaces, denying, "a NetworkPolicy that denies all")


def _limited(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Finding]]:
    quotas = [one for one in resources if one.type == QUOTA]
    namespaces = [one for one in resources if one.type == NAMESPACE]
    yield from _in_each(namespaces, quotas, "a ResourceQuota")


RULES = (
    ResourceRule(
        id="namespace-restricted-pods",
        title="Every namespace takes pods of the Pod Security Standard `restricted` only",
        sources=("CIS GKE 1.6 4.2.1", "GKE hardening guide"),
        severity="high",
        remedy="Declare a service in the stack file: components/service makes its namespace.",
        types=(NAMESPACE, f"{NAMESPACE}Patch"),
        check=_enforces_restricted,
    ),
    GraphRule(
        id="namespace-closed-by-default",
        title="Nothing gets into or out of a namespace's pods unless a policy lets it",
        sources=("CIS GKE 1.6 4.3.2", "CKV2_K8S_6"),
        severity="high",
        remedy="Declare a service in the stack file: components/service makes its policies.",
        check=_closed,
    ),
    GraphRule(
        id="namespace-limited",
        title="No namespace takes the whole cluster",
        sources=("Ours: one service's mistake must not stop the others",),
        severity="medium",
        remedy="Declare a service in the stack file: components/service makes its quota.",
        check=_limited,
    ),
    ResourceRule(
        id="rbac-no-cluster-admin",
        title="Nobody is given the role that may do everything",
        sources=("CIS GKE 1.6 4.1.1",),
        severity="critical",
        remedy="A role of components/baseline; in need, IAM lets an administrator in.",
        types=(f"{RBAC}:ClusterRoleBinding", f"{RBAC}:RoleBinding"),
        check=must("roleRef.name", none_of("cluster-admin")),
    ),
    ResourceRule(
        id="rbac-no-wildcards",
        title="Roles name what they allow",
        sources=("CIS GKE 1.6 4.1.3", "CKV_K8S_49"),
        severity="high",
        remedy="Name the verbs and resources, as components/baseline/roles.py does.",
        types=(f"{RBAC}:ClusterRole", f"{RBAC}:Role"),
        check=every(
            *(
                items(f"rules.{part}", NOT_EVERYTHING)
                for part in ("verbs", "resources", "apiGroups")
            )
        ),
    ),
)
