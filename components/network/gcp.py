"""The network on Google Cloud: a custom VPC."""

from ipaddress import IPv4Network

from pulumi import Output, ResourceOptions
from pulumi_gcp import compute, servicenetworking

from components.foundation import FoundationOutputs
from components.network import PODS_RANGE, SERVICES_RANGE, NetworkOutputs, NetworkSpec
from components.network.plan import address_plan
from components.outputs import after


def vpc(
    name: str, spec: NetworkSpec, foundation: FoundationOutputs, opts: ResourceOptions
) -> NetworkOutputs:
    plan = address_plan(spec.cidr)
    network = compute.Network(
        name,
        project=foundation.project,
        auto_create_subnetworks=False,
        routing_mode="REGIONAL",
        opts=opts,
    )

    def subnet(role: str, cidr: IPv4Network, secondary: dict[str, IPv4Network]):
        return compute.Subnetwork(
            f"{name}-{role}",
            network=network.id,
            ip_cidr_range=str(cidr),
            private_ip_google_access=True,
            secondary_ip_ranges=[
                compute.SubnetworkSecondaryIpRangeArgs(range_name=key, ip_cidr_range=str(value))
                for key, value in secondary.items()
            ],
            opts=opts,
        )

    public = subnet("public", plan.public, {})
    private = subnet(
        "private", plan.private, {PODS_RANGE: plan.pods, SERVICES_RANGE: plan.services}
    )
    database = subnet("database", plan.database, {})

    # Only the cluster's subnet gets a way out; the database subnet has none, as locally.
    router = compute.Router(f"{name}-router", network=network.id, opts=opts)
    compute.RouterNat(
        f"{name}-nat",
        router=router.name,
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[
            compute.RouterNatSubnetworkArgs(
                name=private.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"]
            )
        ],
        opts=opts,
    )

    managed_range = compute.GlobalAddress(
        f"{name}-managed",
        purpose="VPC_PEERING",
        address_type="INTERNAL",
        address=str(plan.managed.network_address),
        prefix_length=plan.managed.prefixlen,
        network=network.id,
        opts=opts,
    )
    peering = servicenetworking.Connection(
        f"{name}-managed",
        network=network.id,
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=[managed_range.name],
        opts=opts,
    )

    return NetworkOutputs(
        id=network.id,
        public_subnet=public.id,
        private_subnet=private.id,
        database_subnet=database.id,
        managed_services=after(network.id, peering.id),
        private_cidr=private.ip_cidr_range,
        database_cidr=database.ip_cidr_range,
        pods_cidr=Output.from_input(str(plan.pods)),
        services_cidr=Output.from_input(str(plan.services)),
        control_plane_cidr=Output.from_input(str(plan.control_plane)),
    )
