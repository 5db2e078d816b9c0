"""What a service's pods may reach, and who may reach them: nothing, but for named allowances.

Kubernetes' NetworkPolicy only adds: a packet passes if any policy lets it. So each allowance is an
object of its own, which can be read, and taken away, by its name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pulumi import Input

from components.namespaces import LABEL
from components.service import ServiceSpec, Surroundings

if TYPE_CHECKING:
    from pulumi_kubernetes.networking import v1

    Policy = v1.NetworkPolicySpecArgsDict
    Rule = v1.NetworkPolicyEgressRuleArgsDict
    Peer = v1.NetworkPolicyPeerArgsDict

INGRESS, EGRESS = "Ingress", "Egress"
NOT_THE_INTERNET = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
"""Private space (RFC 1918), and what is on this link alone (RFC 3927): a cloud machine's metadata,
with the machine's own credentials."""
HTTPS, DNS = 443, 53
LINK_LOCAL_RESOLVERS = ("169.254.20.10/32", "169.254.169.254/32")
"""Where a pod's resolv.conf points on GKE: NodeLocal DNSCache, and Cloud DNS on the node. Neither
is a pod, and Dataplane V2 drops what no address range names (tektoncd/operator#4000; Google:
kubernetes-engine/docs/how-to/cloud-dns). Locally nothing is there."""
EVERY_POD: "Policy" = {"pod_selector": {}}


def allowances(
    spec: ServiceSpec,
    callers: Sequence[str],
    around: Surroundings,
    identity: Sequence[tuple[str, int]],
) -> "dict[str, Policy]":
    """Name → policy, of those that the service has."""
    database, cache, registry = around.database, around.cache, around.registry
    managed, pods = around.network.managed_services_cidr, around.network.pods_cidr
    everything: list[tuple[str, object, Policy]] = [
        ("allow-dns", True, egress(dns())),
        ("allow-database", spec.database, egress(to([block(managed)], database.port))),
        ("allow-cache", spec.cache, egress(to([block(managed)], cache.port, cache.reader_port))),
        ("allow-registry", spec.registry, egress(to([block(registry.cidr)], registry.port))),
        ("allow-internet", spec.internet, egress(to([all_but(*NOT_THE_INTERNET)], HTTPS))),
        ("allow-google", identity, egress(*(to([block(cidr)], port) for cidr, port in identity))),
        ("allow-calls", spec.calls, egress({"to": [pods_of(name) for name in spec.calls]})),
        ("allow-callers", callers, ingress([pods_of(name) for name in callers])),
        ("allow-outside", spec.exposed, ingress([all_but(pods)])),
    ]
    return {name: policy for name, declared, policy in everything if declared}


def egress(*rules: "Rule") -> "Policy":
    return {**EVERY_POD, "policy_types": [EGRESS], "egress": list(rules)}


def ingress(peers: "list[Peer]") -> "Policy":
    return {**EVERY_POD, "policy_types": [INGRESS], "ingress": [{"from_": peers}]}


def to(peers: "list[Peer]", *ports: Input[int]) -> "Rule":
    """TCP to some ports of `peers`."""
    return {"to": peers, "ports": [{"protocol": "TCP", "port": port} for port in ports]}


def dns() -> "Rule":
    cluster_dns: Peer = {
        "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": "kube-system"}},
        "pod_selector": {"match_labels": {"k8s-app": "kube-dns"}},
    }
    return {
        "to": [cluster_dns, *(block(cidr) for cidr in LINK_LOCAL_RESOLVERS)],
        "ports": [{"protocol": protocol, "port": DNS} for protocol in ("UDP", "TCP")],
    }


def block(cidr: Input[str]) -> "Peer":
    return {"ip_block": {"cidr": cidr}}


def all_but(*ranges: Input[str]) -> "Peer":
    return {"ip_block": {"cidr": "0.0.0.0/0", "except_": ranges}}


def pods_of(service: str) -> "Peer":
    return {"namespace_selector": {"match_labels": {LABEL: service}}}
