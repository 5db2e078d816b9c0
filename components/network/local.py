"""The network on one machine: a Docker network for each subnet.

docs/decisions/2026-11-21-ways-in.md
"""

from dataclasses import asdict
from ipaddress import IPv4Network

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.foundation import FoundationOutputs
from components.naming import labels, physical_name
from components.network import NetworkOutputs, NetworkSpec
from components.network.host import HostRanges
from components.network.plan import address_plan, dynamic_pool, host
from components.outputs import after

OPTIONS: dict[str, dict[str, str]] = {
    # What leaves has an address that nobody outside the host sends an answer to; the host may
    # still publish ports.
    "public": {"com.docker.network.bridge.enable_ip_masquerade": "false"},
    # Nodes fetch images, services reach exchanges.
    "private": {},
    # The host has no address in it: neither reaches the other.
    "database": {"com.docker.network.bridge.inhibit_ipv4": "true"},
}
"""Subnet → what Docker is told of its network, which says who has a way out."""
INTERNAL = {"database"}
"""The subnets that Docker lets nothing leave."""


def docker_networks(
    name: str, spec: NetworkSpec, _foundation: FoundationOutputs, opts: ResourceOptions
) -> NetworkOutputs:
    plan = address_plan(spec.cidr)
    ranges: dict[str, IPv4Network] = {role: asdict(plan)[role] for role in OPTIONS}
    wanted = {
        physical_name(role): {"subnet": str(cidr), "options": OPTIONS[role]}
        for role, cidr in ranges.items()
    }
    free = HostRanges(f"{name}-host", str(spec.cidr), wanted, opts)
    networks = {role: docker_network(name, role, cidr, free, opts) for role, cidr in ranges.items()}

    def usable(role: str) -> Output[str]:
        return after(networks[role].name, networks[role].id)

    return NetworkOutputs(
        id=usable("private"),
        public_subnet=usable("public"),
        private_subnet=usable("private"),
        database_subnet=usable("database"),
        managed_services=usable("database"),
        egress_addresses=Output.from_input(list[str]()),
        private_cidr=Output.from_input(str(plan.private)),
        database_cidr=Output.from_input(str(plan.database)),
        pods_cidr=Output.from_input(str(plan.pods)),
        services_cidr=Output.from_input(str(plan.services)),
        control_plane_cidr=Output.from_input(str(plan.control_plane)),
        managed_services_cidr=Output.from_input(str(plan.database)),
    )


def docker_network(
    name: str, role: str, cidr: IPv4Network, free: HostRanges, opts: ResourceOptions
) -> docker.Network:
    return docker.Network(
        f"{name}-{role}",
        # The name passes through the check, so nothing is made on a host whose ranges clash.
        name=free.cidr.apply(lambda _: physical_name(role)),
        internal=role in INTERNAL,
        options=OPTIONS[role],
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
