"""The address plan, for any block that it takes."""

from dataclasses import asdict, astuple
from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cluster import PODS_PER_NODE
from components.network.nat import MIN_PORTS, PORTS_OF_ADDRESS, addresses_needed
from components.network.plan import (
    FIXED_HOSTS,
    LARGEST_PREFIX,
    NODE_PREFIX,
    SMALLEST_PREFIX,
    address_plan,
    dynamic_pool,
    host,
    node_capacity,
)
from stacks.config import parse
from tests.programs import STACKS, stack_config

blocks = st.integers(SMALLEST_PREFIX, LARGEST_PREFIX).flatmap(
    lambda prefix: st.integers(0, 2 ** (prefix - 8) - 1).map(
        lambda number: IPv4Network(((10 << 24) | (number << (32 - prefix)), prefix))
    )
)


@given(blocks)
def test_ranges_fit_the_block_and_never_overlap(block: IPv4Network):
    ranges: tuple[IPv4Network, ...] = astuple(address_plan(block))
    assert len(ranges) == 7
    assert all(one.subnet_of(block) for one in ranges)
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))


@given(blocks)
def test_ranges_are_large_enough(block: IPv4Network):
    plan = address_plan(block)
    assert plan.control_plane.prefixlen == 28  # what GKE demands
    assert plan.pods.prefixlen <= 21  # a /25 for each of 16 nodes at least
    assert plan.managed.prefixlen <= 24  # the smallest range that Cloud SQL can grow in


@given(blocks)
def test_every_node_has_an_address_and_a_range_for_its_pods(block: IPv4Network):
    plan = address_plan(block)
    nodes = node_capacity(plan)
    assert nodes == len(list(plan.pods.subnets(new_prefix=NODE_PREFIX)))
    # Google keeps four addresses of a subnet: https://cloud.google.com/vpc/docs/subnets
    assert nodes <= plan.private.num_addresses - 4
    # GKE takes the smallest range with twice as many addresses as a node may have pods.
    assert 2 ** (32 - NODE_PREFIX) >= 2 * PODS_PER_NODE > 2 ** (31 - NODE_PREFIX)
    assert plan.services.num_addresses >= 256


@pytest.mark.parametrize("stack", STACKS)
def test_the_largest_cluster_of_a_stack_has_room_and_a_way_out(stack: str):
    settings = parse(stack_config(stack), f"Pulumi.{stack}.yaml")
    room = node_capacity(address_plan(settings.network.cidr))
    assert settings.cluster.max_nodes <= room
    assert room * MIN_PORTS <= addresses_needed(room) * PORTS_OF_ADDRESS


def test_the_stacks_blocks_never_overlap():
    """So any two of them can be peered, or share a machine."""
    cidrs = [parse(stack_config(s), f"Pulumi.{s}.yaml").network.cidr for s in STACKS]
    plans = [range_ for cidr in cidrs for range_ in astuple(address_plan(cidr))]
    assert len(plans) == 7 * len(STACKS)
    assert not any(one.overlaps(other) for one, other in combinations(plans, 2))


@given(blocks)
def test_fixed_addresses_are_never_given_out_on_demand(block: IPv4Network):
    ranges = asdict(address_plan(block))
    for subnet, hosts in FIXED_HOSTS.items():
        fixed = [host(ranges[subnet], number) for number in hosts.values()]
        assert len(set(fixed)) == len(hosts)
        assert host(ranges[subnet], 1) not in fixed  # the gateway
        assert not any(address in dynamic_pool(ranges[subnet]) for address in fixed)


def test_a_name_has_an_address_in_one_subnet():
    names = [name for hosts in FIXED_HOSTS.values() for name in hosts]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("prefix", [SMALLEST_PREFIX - 1, LARGEST_PREFIX + 1])
def test_other_sizes_are_refused(prefix: int):
    with pytest.raises(ValueError, match=f"/{SMALLEST_PREFIX} to a /{LARGEST_PREFIX}"):
        address_plan(IPv4Network((10 << 24, prefix)))


@pytest.mark.parametrize("number", [0, -1, 255, 256])
def test_a_host_lies_between_network_and_broadcast_address(number: int):
    with pytest.raises(ValueError, match="no host number"):
        host(IPv4Network("10.0.0.0/24"), number)
