"""The address plan, for any block that it takes."""

from dataclasses import astuple
from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.network.plan import (
    FIXED_HOSTS,
    LARGEST_PREFIX,
    SMALLEST_PREFIX,
    address_plan,
    dynamic_pool,
    host,
)

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
    assert plan.pods.prefixlen <= 21  # a /24 for each of 8 nodes at least
    assert plan.managed.prefixlen <= 24  # the smallest range that Cloud SQL can grow in


@given(blocks)
def test_fixed_addresses_are_never_given_out_on_demand(block: IPv4Network):
    database = address_plan(block).database
    fixed = [host(database, number) for number in FIXED_HOSTS.values()]
    assert len(set(fixed)) == len(FIXED_HOSTS)
    assert all(address in database for address in fixed)
    assert not any(address in dynamic_pool(database) for address in fixed)


@pytest.mark.parametrize("prefix", [SMALLEST_PREFIX - 1, LARGEST_PREFIX + 1])
def test_other_sizes_are_refused(prefix: int):
    with pytest.raises(ValueError, match=f"/{SMALLEST_PREFIX} to a /{LARGEST_PREFIX}"):
        address_plan(IPv4Network((10 << 24, prefix)))


@pytest.mark.parametrize("number", [0, -1, 255, 256])
def test_a_host_lies_between_network_and_broadcast_address(number: int):
    with pytest.raises(ValueError, match="no host number"):
        host(IPv4Network("10.0.0.0/24"), number)
