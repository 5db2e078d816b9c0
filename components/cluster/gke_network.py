"""How a GKE cluster is connected: private nodes, one way in, names and routes."""

from pulumi import Output
from pulumi_gcp import container

from components.cluster import PODS_PER_NODE
from components.network import PODS_RANGE, SERVICES_RANGE, NetworkOutputs


def private_network(args: "container.ClusterArgs", network: NetworkOutputs) -> None:
    """Put the cluster's nodes into the private subnet, out of reach from outside."""
    args.network = network.id
    args.subnetwork = network.private_subnet
    args.networking_mode = "VPC_NATIVE"
    args.default_max_pods_per_node = PODS_PER_NODE
    args.ip_allocation_policy = container.ClusterIpAllocationPolicyArgs(
        cluster_secondary_range_name=PODS_RANGE,
        services_secondary_range_name=SERVICES_RANGE,
        stack_type="IPV4",
    )
    _control_plane(args, network)
    _data_plane(args)
    _name_resolution(args)


def endpoint_host(cluster: "container.Cluster") -> Output[str]:
    """The name under which the control plane is reached."""

    def host(config: "container.outputs.ClusterControlPlaneEndpointsConfig") -> str:
        return config.dns_endpoint_config.endpoint or "" if config.dns_endpoint_config else ""

    return cluster.control_plane_endpoints_config.apply(host)


def _control_plane(args: "container.ClusterArgs", network: NetworkOutputs) -> None:
    """One way in: the DNS endpoint, where Google asks IAM before a packet reaches the API server.
    So a person or CI needs neither bastion nor VPN nor a fixed address."""
    args.control_plane_endpoints_config = container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=True,
            # Google identities only: no tokens or certificates of Kubernetes itself from outside.
            enable_k8s_tokens_via_dns=False,
            enable_k8s_certs_via_dns=False,
        ),
        ip_endpoints_config=container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(
            enabled=False
        ),
    )
    args.private_cluster_config = container.ClusterPrivateClusterConfigArgs(
        enable_private_nodes=True,
        enable_private_endpoint=True,
        master_ipv4_cidr_block=network.control_plane_cidr,
    )


def _data_plane(args: "container.ClusterArgs") -> None:
    """Dataplane V2 enforces NetworkPolicy itself; the older add-on stays off."""
    args.datapath_provider = "ADVANCED_DATAPATH"
    args.network_policy = container.ClusterNetworkPolicyArgs(enabled=False)
    args.enable_fqdn_network_policy = True  # a policy can name an exchange by its domain
    args.enable_intranode_visibility = True
    args.enable_l4_ilb_subsetting = True
    args.gateway_api_config = container.ClusterGatewayApiConfigArgs(channel="CHANNEL_STANDARD")
    # A Service could otherwise claim any address and take its traffic (CVE-2020-8554).
    args.service_external_ips_config = container.ClusterServiceExternalIpsConfigArgs(enabled=False)


def _name_resolution(args: "container.ClusterArgs") -> None:
    args.dns_config = container.ClusterDnsConfigArgs(
        cluster_dns="CLOUD_DNS",
        cluster_dns_scope="CLUSTER_SCOPE",
        cluster_dns_domain="cluster.local",
    )
