"""The cluster's way out: Cloud NAT on static addresses, for nodes and pods alone."""

from dataclasses import dataclass
from math import ceil

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import compute

from components.naming import cloud_labels
from components.network import PODS_RANGE

PORTS_OF_ADDRESS = 64_512
"""What an address can be shared by: https://cloud.google.com/nat/docs/ports-and-addresses"""
MIN_PORTS, MAX_PORTS = 256, 16_384
"""Ports of a node, powers of two. It has the first at once, so that its 64 pods can open four
connections each to one exchange with no wait for more; with the second it can use up a quarter of
an address and no more."""


@dataclass(frozen=True)
class WayOut:
    subnets: Output[str]
    """Whom it serves, known once it does."""
    addresses: Output[list[str]]


def addresses_needed(nodes: int) -> int:
    """How many addresses give each of `nodes` its MIN_PORTS."""
    return ceil(nodes * MIN_PORTS / PORTS_OF_ADDRESS)


def way_out(
    name: str,
    network: Input[str],
    subnet: Input[str],
    nodes: int,
    project: Input[str],
    opts: ResourceOptions,
) -> WayOut:
    """NAT for `subnet` and its pods, with room for `nodes`."""
    addresses = [
        # Static, so that an exchange can tie an API key to them; a number names them, since one
        # is as good as another.
        compute.Address(
            f"{name}-egress-{number}",
            project=project,
            address_type="EXTERNAL",
            network_tier="PREMIUM",
            labels=cloud_labels(name),
            opts=opts,
        )
        for number in range(1, addresses_needed(nodes) + 1)
    ]
    router = compute.Router(f"{name}-router", network=network, opts=opts)
    nat = compute.RouterNat(
        f"{name}-nat",
        router=router.name,
        nat_ip_allocate_option="MANUAL_ONLY",
        nat_ips=[address.self_link for address in addresses],
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[
            {
                "name": subnet,
                "source_ip_ranges_to_nats": ["PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"],
                "secondary_ip_range_names": [PODS_RANGE],
            }
        ],
        enable_dynamic_port_allocation=True,
        min_ports_per_vm=MIN_PORTS,
        max_ports_per_vm=MAX_PORTS,
        # Dynamic ports exclude it, and it wastes ports.
        enable_endpoint_independent_mapping=False,
        # Translations too: only they tell which node stood behind an address and a port.
        log_config={"enable": True, "filter": "ALL"},
        opts=opts,
    )
    return WayOut(
        nat.source_subnetwork_ip_ranges_to_nat,
        Output.all(*[address.address for address in addresses]),
    )
