"""Private service access: the range and the peering that Google's managed services live behind."""

from ipaddress import IPv4Network

from pulumi import Output, ResourceOptions
from pulumi_gcp import compute, servicenetworking

from components.naming import cloud_labels
from components.outputs import after


def private_service_access(
    name: str, network: "compute.Network", block: IPv4Network, opts: ResourceOptions
) -> Output[str]:
    """The network, known once managed services can be given addresses of `block` in it."""
    reserved = compute.GlobalAddress(
        f"{name}-managed",
        purpose="VPC_PEERING",
        address_type="INTERNAL",
        address=str(block.network_address),
        prefix_length=block.prefixlen,
        network=network.id,
        labels=cloud_labels(name),
        opts=opts,
    )
    peering = servicenetworking.Connection(
        f"{name}-managed",
        network=network.id,
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=[reserved.name],
        # Google refuses to delete it for days after the last instance behind it is gone, and a
        # destroy would fail halfway; it ends with the network. Found again, it is taken over.
        deletion_policy="ABANDON",
        update_on_creation_fail=True,
        opts=opts,
    )
    closed = compute.NetworkPeeringRoutesConfig(
        f"{name}-managed",
        network=network.name,
        peering=peering.peering,
        # Managed services answer the VPC and nobody behind it, and bring it no routes.
        export_custom_routes=False,
        import_custom_routes=False,
        opts=opts,
    )
    return after(network.id, closed.export_custom_routes)
