"""How much of the cluster a service may take."""

from typing import TYPE_CHECKING

from components.service import ServiceSpec

if TYPE_CHECKING:
    from pulumi_kubernetes.core import v1

WAYS_IN = {
    False: {"services.loadbalancers": "0", "services.nodeports": "0"},
    # A load balancer takes a node port for each of its ports: HTTP and HTTPS.
    True: {"services.loadbalancers": "1", "services.nodeports": "2"},
}
"""Whether a service is exposed → how many Services of its may lead into the cluster."""


def quota(spec: ServiceSpec) -> dict[str, str]:
    """What a ResourceQuota counts, and how much of it there may be."""
    return {
        "requests.cpu": str(spec.cpus),
        "requests.memory": f"{spec.memory_gb}Gi",
        "limits.memory": f"{spec.memory_gb}Gi",
        "pods": str(spec.pods),
        "requests.storage": f"{spec.volumes_gb}Gi",
        **WAYS_IN[spec.exposed],
    }


def container_defaults() -> "v1.LimitRangeItemArgsDict":
    """What a container has that says nothing itself: a quota refuses one without figures. No limit
    of processors: it would slow down what has a node to itself at that moment."""
    return {
        "type": "Container",
        "default_request": {"cpu": "100m", "memory": "128Mi"},
        "default": {"memory": "512Mi"},
    }
