"""The network on one machine: a Docker network for each subnet."""

from ipaddress import IPv4Network

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.foundation import FoundationOutputs
from components.naming import labels, physical_name
from components.network import NetworkOutputs, NetworkSpec
from components.network.host import HostRanges
from components.network.plan import address_plan, dynamic_pool, host
from components.outputs import after

NO_WAY_OUT = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
"""What leaves has an address that nobody outside the host sends an answer to; the host may still
publish ports."""
NOT_EVEN_THE_HOST = {"com.docker.network.bridge.inhibit_ipv4": "true"}
"""The host has no address in it: neither reaches the other."""


def docker_networks(
    name: str, spec: NetworkSpec, _foundation: FoundationOutputs, opts: ResourceOptions
) -> NetworkOutputs:
    plan = address_plan(spec.cidr)
    free = HostRanges(f"{name}-host", str(spec.cidr), opts)

    def subnet(
        role: str,
        cidr: IPv4Network,
        *,
        internal: bool = False,
        options: dict[str, str] | None = None,
    ) -> docker.Network:
        return docker.Network(
            f"{name}-{role}",
            # The name passes through the check, so nothing is made on a host whose ranges clash.
            name=free.cidr.apply(lambda _: physical_name(role)),
            internal=internal,
            options=options,
            ipam_configs=[
                docker.NetworkIpamConfigArgs(
                    subnet=str(cidr), gateway=str(host(cidr, 1)), ip_range=str(dynamic_pool(cidr))
                )
            ],
            labels=[
                docker.NetworkLabelArgs(label=label, value=value)
                for label, value in labels(name).items()
            ],
            # Two networks can't have the same range at a time.
            opts=ResourceOptions(parent=opts.parent, delete_before_replace=True),
        )

    public = subnet("public", plan.public, options=NO_WAY_OUT)
    private = subnet("private", plan.private)
    database = subnet("database", plan.database, internal=True, options=NOT_EVEN_THE_HOST)

    def usable(network: docker.Network) -> Output[str]:
        return after(network.name, network.id)

    return NetworkOutputs(
        id=usable(private),
        public_subnet=usable(public),
        private_subnet=usable(private),
        database_subnet=usable(database),
        managed_services=usable(database),
        egress_addresses=Output.from_input(list[str]()),
        private_cidr=Output.from_input(str(plan.private)),
        database_cidr=Output.from_input(str(plan.database)),
        pods_cidr=Output.from_input(str(plan.pods)),
        services_cidr=Output.from_input(str(plan.services)),
        control_plane_cidr=Output.from_input(str(plan.control_plane)),
        managed_services_cidr=Output.from_input(str(plan.database)),
    )
