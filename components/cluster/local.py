"""The cluster on one machine: k3d, Kubernetes nodes as containers."""

from ipaddress import IPv4Network

from pulumi import Output, ResourceOptions

from components.cluster import ClusterOutputs, ClusterSpec
from components.cluster.k3d import K3dCluster
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.naming import labels, physical_name
from components.network import NetworkOutputs
from components.network.plan import host
from components.registry import RegistryOutputs

DNS_HOST = 10
"""Which address of the Services' range cluster DNS has: Kubernetes' custom."""


def k3d_cluster(
    name: str,
    spec: ClusterSpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    registry: RegistryOutputs,
    opts: ResourceOptions,
) -> ClusterOutputs:
    node = LocalImage(f"{name}-node-image", "node", opts)
    proxy = LocalImage(f"{name}-proxy-image", "k3d-proxy", opts)
    tools = LocalImage(f"{name}-tools-image", "k3d-tools", opts)
    cluster = K3dCluster(
        name,
        {
            "name": physical_name(name),
            "servers": spec.servers,
            "agents": spec.agents,
            "image": node.reference,
            "image_id": node.image_id,
            "proxy_image": proxy.reference,
            "tools_image": tools.reference,
            "network": network.private_subnet,
            "extra_network": network.database_subnet,
            "pods_cidr": network.pods_cidr,
            "services_cidr": network.services_cidr,
            "dns_address": network.services_cidr.apply(
                lambda cidr: str(host(IPv4Network(cidr), DNS_HOST))
            ),
            "registry": registry.host,
            "registry_mirror": registry.mirror,
            "api_port": spec.api_port,
            "published_ports": {str(port): node for port, node in spec.published_ports.items()},
            "labels": labels(name),
        },
        opts,
    )
    return ClusterOutputs(
        name=cluster.cluster_name,
        kubeconfig=Output.secret(cluster.kubeconfig),
        disposable=Output.from_input(True),
    )
