"""What people may do in a service's namespace, as the cluster answers for their group."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.contract.platform import Platform
from tests.contract.pods import reading

Right = tuple[str, str]
"""Verb and resource: `group/resource` outside the core, `resource:subresource`."""

DEVELOPER: Mapping[Right, bool | None] = {
    ("get", "pods"): True,
    ("get", "pods:log"): True,
    ("list", "apps/deployments"): True,
    ("create", "apps/deployments"): None,
    ("create", "pods:exec"): None,
    ("get", "secrets"): False,
    ("update", "networking.k8s.io/networkpolicies"): False,
    ("delete", "networking.k8s.io/networkpolicies"): False,
    ("update", "resourcequotas"): False,
    ("create", "rbac.authorization.k8s.io/rolebindings"): False,
    ("create", "namespaces"): False,
}
"""None: as `baseline.developers_may` says."""
OPERATOR: Mapping[Right, bool] = {
    ("get", "pods"): True,
    ("create", "apps/deployments"): True,
    ("create", "pods:exec"): True,
    ("get", "secrets"): True,
    ("list", "nodes"): True,
    ("patch", "nodes"): True,
    ("delete", "nodes"): False,
    ("delete", "networking.k8s.io/networkpolicies"): False,
    ("update", "resourcequotas"): False,
    ("create", "rbac.authorization.k8s.io/rolebindings"): False,
    ("create", "rbac.authorization.k8s.io/clusterrolebindings"): False,
    ("create", "namespaces"): False,
}


def allowed(
    platform: Platform, group: str, rights: Iterable[Right], namespaces: Iterable[str]
) -> dict[tuple[str, str, str], bool]:
    """(namespace, verb, resource) → whether a member of `group` may; asked all at once."""
    asked = [(namespace, *right) for namespace in namespaces for right in rights]
    answer = platform.create(*(review(group, *one) for one in asked))
    assert answer.ok, answer.words
    said = [one["status"].get("allowed", False) for one in reading(answer)]
    return dict(zip(asked, said, strict=True))


def review(group: str, namespace: str, verb: str, what: str) -> dict[str, Any]:
    api, _, resource = what.rpartition("/")
    resource, _, subresource = resource.partition(":")
    attributes = {
        "namespace": namespace,
        "verb": verb,
        "group": api,
        "resource": resource,
        "subresource": subresource,
    }
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "somebody@contract",
            "groups": [group, "system:authenticated"],
            "resourceAttributes": attributes,
        },
    }
