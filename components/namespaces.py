"""What every namespace of the platform has, whoever it is for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_kubernetes.networking import v1

LABEL = "alphintra.io/service"
"""The label that says which service a namespace is for; one without is not let in."""
POD_SECURITY = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
}
"""Labels that refuse a pod beyond the Pod Security Standard `restricted`, and warn when a workload
is made whose pods will be (https://kubernetes.io/docs/concepts/security/pod-security-standards)."""
DEFAULT_DENY = "default-deny"
"""The name of the policy below, in every namespace."""
DENY_ALL: "v1.NetworkPolicySpecArgsDict" = {
    "pod_selector": {},
    "policy_types": ["Ingress", "Egress"],
}
"""Nothing in or out of any pod. Policies only add up: what is to pass has another that lets it."""
