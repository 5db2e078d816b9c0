"""A namespace that nobody declared is refused: it would have no policies, quotas or limits."""

import json

import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from components.outputs import after

SYSTEM = ("kube-", "gke-", "gmp-")
"""What the names of namespaces begin with that Kubernetes and Google make: `kube-`, which is kept
for Kubernetes itself (kubernetes.io/docs/concepts/overview/working-with-objects/namespaces),
`gke-managed-…` for what GKE runs, `gmp-system` and `gmp-public` for Managed Service for Prometheus
(cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed)."""
IS_DECLARED = (
    "has(object.metadata.labels) && '{label}' in object.metadata.labels"
    " && object.metadata.labels['{label}'] == object.metadata.name"
)
MESSAGE = (
    "a namespace belongs to a service: name it in the stack's file under alphintra:services, "
    "and `make up` makes its namespace with all that guards it"
)


def only_declared_namespaces(
    name: str, prefix: str, label: str, opts: ResourceOptions
) -> Output[str]:
    """The policy's name, known once it is in force.

    It is judged in the API server itself: no webhook that could be down, and its failure refuses.
    """
    policy = kubernetes.admissionregistration.v1.ValidatingAdmissionPolicy(
        f"{name}-declared-namespaces",
        metadata={"name": f"{prefix}-declared-namespaces"},
        spec={
            "failure_policy": "Fail",
            "match_constraints": {
                "resource_rules": [
                    {
                        "api_groups": [""],
                        "api_versions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["namespaces"],
                    }
                ]
            },
            "match_conditions": [
                {
                    "name": "not-the-systems-own",
                    "expression": f"!{json.dumps(SYSTEM)}"
                    ".exists(prefix, object.metadata.name.startsWith(prefix))",
                }
            ],
            "validations": [
                {
                    "expression": IS_DECLARED.format(label=label),
                    "message": MESSAGE,
                    "reason": "Forbidden",
                }
            ],
        },
        opts=opts,
    )
    binding = kubernetes.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
        f"{name}-declared-namespaces",
        metadata={"name": f"{prefix}-declared-namespaces"},
        spec={"policy_name": policy.metadata["name"], "validation_actions": ["Deny"]},
        opts=opts,
    )
    return after(policy.metadata["name"], binding.metadata["name"])
