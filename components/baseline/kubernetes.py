"""The baseline in the cluster."""

from typing import TYPE_CHECKING

import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from components import rbac
from components.baseline import BaselineOutputs, BaselineSpec
from components.baseline.admission import only_declared_namespaces
from components.baseline.priorities import PRIORITIES
from components.baseline.roles import CLUSTER_OPERATOR, DEVELOPER, OPERATOR
from components.namespaces import DEFAULT_DENY, DENY_ALL, LABEL, POD_SECURITY
from components.outputs import after

if TYPE_CHECKING:
    from components.baseline.roles import Rules

PREFIX = "alphintra"
"""What the names of cluster-wide objects begin with."""


def kubernetes_baseline(name: str, spec: BaselineSpec, opts: ResourceOptions) -> BaselineOutputs:
    for priority, settings in PRIORITIES.items():
        kubernetes.scheduling.v1.PriorityClass(
            f"{name}-{priority}", metadata={"name": priority}, **settings, opts=opts
        )
    developer = cluster_role(name, "developer", DEVELOPER[spec.developers_may], opts)
    operator = cluster_role(name, "operator", OPERATOR, opts)
    cluster_operator = cluster_role(name, "cluster-operator", CLUSTER_OPERATOR, opts)
    kubernetes.rbac.v1.ClusterRoleBinding(
        f"{name}-operators",
        metadata={"name": f"{PREFIX}-operators"},
        role_ref=rbac.cluster_role(cluster_operator),
        subjects=[rbac.group(spec.operators)],
        opts=opts,
    )
    close_default_namespace(name, opts)
    guarded = only_declared_namespaces(name, PREFIX, LABEL, opts)
    return BaselineOutputs(
        developer_role=after(developer, guarded),
        operator_role=after(operator, guarded),
        developers=after(spec.developers, guarded),
        operators=after(spec.operators, guarded),
    )


def cluster_role(name: str, role: str, rules: "Rules", opts: ResourceOptions) -> Output[str]:
    """Its name."""
    return kubernetes.rbac.v1.ClusterRole(
        f"{name}-{role}", metadata={"name": f"{PREFIX}-{role}"}, rules=rules, opts=opts
    ).metadata["name"]


def close_default_namespace(name: str, opts: ResourceOptions) -> None:
    """It is there in every cluster, and nothing of the platform's belongs in it."""
    kubernetes.core.v1.NamespacePatch(
        f"{name}-default", metadata={"name": "default", "labels": POD_SECURITY}, opts=opts
    )
    kubernetes.networking.v1.NetworkPolicy(
        f"{name}-default",
        metadata={"name": DEFAULT_DENY, "namespace": "default"},
        spec=DENY_ALL,
        opts=opts,
    )
