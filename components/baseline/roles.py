"""What developers and operators may do, as rules of Kubernetes' RBAC: data.

Rights only add up, so what is not named is refused. `developer` and `operator` are bound in each
service's namespace, `cluster-operator` in the whole cluster.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_kubernetes.rbac import v1

    Rules = list[v1.PolicyRuleArgsDict]

LOOK = ["get", "list", "watch"]
CHANGE = ["create", "update", "patch", "delete", "deletecollection"]
USE = ["create"]


def may(verbs: Sequence[str], **resources: Sequence[str]) -> "Rules":
    """Rules for resources, by API group; `core` is the one without a name."""
    return [
        {"api_groups": [GROUPS[group]], "resources": list(names), "verbs": list(verbs)}
        for group, names in resources.items()
    ]


GROUPS = {
    "core": "",
    "apps": "apps",
    "autoscaling": "autoscaling",
    "batch": "batch",
    "discovery": "discovery.k8s.io",
    "events": "events.k8s.io",
    "metrics": "metrics.k8s.io",
    "networking": "networking.k8s.io",
    "policy": "policy",
    "rbac": "rbac.authorization.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "storage": "storage.k8s.io",
    "admission": "admissionregistration.k8s.io",
}

WORKLOADS: dict[str, Sequence[str]] = {
    "core": ("pods", "services", "configmaps", "persistentvolumeclaims"),
    "apps": ("deployments", "deployments/scale", "statefulsets", "statefulsets/scale"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("jobs", "cronjobs"),
    "networking": ("ingresses",),
    "policy": ("poddisruptionbudgets",),
}
"""What a service consists of, without what guards it. No DaemonSets: those are the platform's."""
SEEN: dict[str, Sequence[str]] = {
    "core": (
        "endpoints",
        "events",
        "limitranges",
        "pods/log",
        "pods/status",
        "replicationcontrollers",
        "resourcequotas",
        "serviceaccounts",
    ),
    "apps": ("replicasets", "daemonsets"),
    "discovery": ("endpointslices",),
    "events": ("events",),
    "metrics": ("pods",),
    "networking": ("networkpolicies",),
    "rbac": ("roles", "rolebindings"),
}
"""What tells how it fares, and what guards it."""
ENTER: dict[str, Sequence[str]] = {"core": ("pods/exec", "pods/attach", "pods/portforward")}
CLUSTER_WIDE: dict[str, Sequence[str]] = {
    "core": ("nodes", "namespaces", "persistentvolumes"),
    "admission": ("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
    "metrics": ("nodes",),
    "rbac": ("clusterroles", "clusterrolebindings"),
    "scheduling": ("priorityclasses",),
    "storage": ("storageclasses", "volumeattachments", "csinodes"),
}
"""What is in no namespace."""

_look = [*may(LOOK, **WORKLOADS), *may(LOOK, **SEEN)]
_run = [*may(CHANGE, **WORKLOADS), *may(USE, **ENTER)]

DEVELOPER: "dict[str, Rules]" = {"look": _look, "deploy": [*_look, *_run]}
"""What the setting says → the rules."""
OPERATOR: "Rules" = [
    *_look,
    *_run,
    *may([*LOOK, *CHANGE], core=("secrets",)),
    *may(CHANGE, core=("serviceaccounts",)),
]
"""Network policies, quotas and rights are the program's alone: what is changed by hand there is
undone by the next `up`."""
CLUSTER_OPERATOR: "Rules" = [
    *_look,
    *may(LOOK, **CLUSTER_WIDE),
    *may(["patch"], core=("nodes",)),  # cordon
    *may(USE, core=("pods/eviction",)),  # drain, which asks before it takes a pod away
]
