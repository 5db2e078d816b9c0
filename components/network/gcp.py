"""The network on Google Cloud: a custom VPC in which what may pass is named.

What is recommended, what is set and what is left out: docs/cloud/network.md.
"""

from pulumi import Output, ResourceOptions

from components.foundation import FoundationOutputs
from components.network import PODS_RANGE, SERVICES_RANGE, NetworkOutputs, NetworkSpec
from components.network.firewall import firewall
from components.network.google_apis import private_names
from components.network.managed import private_service_access
from components.network.nat import way_out
from components.network.plan import address_plan, node_capacity
from components.network.routes import routes
from components.network.subnets import custom_vpc, subnet
from components.outputs import after


def vpc(
    name: str, spec: NetworkSpec, foundation: FoundationOutputs, opts: ResourceOptions
) -> NetworkOutputs:
    plan = address_plan(spec.cidr)
    network = custom_vpc(name, foundation.project, opts)
    in_cluster = {PODS_RANGE: plan.pods, SERVICES_RANGE: plan.services}
    public = subnet(f"{name}-public", network.id, plan.public, {}, opts)
    private = subnet(f"{name}-private", network.id, plan.private, in_cluster, opts)
    database = subnet(f"{name}-database", network.id, plan.database, {}, opts)
    nat = way_out(name, network.id, private.id, node_capacity(plan), foundation.project, opts)
    ready = [
        firewall(name, network.id, plan, foundation.project, opts),
        private_names(name, network, opts),
        *routes(name, network.id, opts),
    ]
    return NetworkOutputs(
        id=network.id,
        public_subnet=after(public.id, *ready),
        private_subnet=after(private.id, nat.subnets, *ready),
        database_subnet=after(database.id, *ready),
        managed_services=private_service_access(name, network, plan.managed, opts),
        egress_addresses=nat.addresses,
        private_cidr=private.ip_cidr_range,
        database_cidr=database.ip_cidr_range,
        pods_cidr=Output.from_input(str(plan.pods)),
        services_cidr=Output.from_input(str(plan.services)),
        control_plane_cidr=Output.from_input(str(plan.control_plane)),
        managed_services_cidr=Output.from_input(str(plan.managed)),
    )
