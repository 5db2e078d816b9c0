"""Whom Kubernetes' RBAC binds to what."""

from typing import TYPE_CHECKING

from pulumi import Input

if TYPE_CHECKING:
    from pulumi_kubernetes.rbac import v1

API_GROUP = "rbac.authorization.k8s.io"


def cluster_role(name: Input[str]) -> "v1.RoleRefArgsDict":
    return {"api_group": API_GROUP, "kind": "ClusterRole", "name": name}


def group(name: Input[str]) -> "v1.SubjectArgsDict":
    return {"api_group": API_GROUP, "kind": "Group", "name": name}
