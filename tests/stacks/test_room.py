"""A network's block has room for the cluster's pools, or the settings are refused."""

import json

import pytest

from stacks.config import parse
from tests.programs import stack_config
from tests.stacks.test_config import FILE, LOCAL, errors

POOL = {"cpus": 4, "memory_gb": 16, "min_nodes": 1}
BLOCK = "10.70.0.0/20"
"""The smallest: 16 nodes."""


def objects(max_nodes: int) -> dict[str, str]:
    pools = {"general": {**POOL, "max_nodes": max_nodes}}
    return {"network": json.dumps({"cidr": BLOCK}), "cluster": json.dumps({"pools": pools})}


def test_the_last_node_may_be_one_of_an_upgrade():
    assert parse(stack_config("staging", **objects(15)), FILE).cluster.max_nodes == 16


def test_a_node_without_addresses_is_refused():
    assert errors(stack_config("staging", **objects(16))) == [
        f"{FILE}: alphintra: given cluster.pools of up to 17 nodes in network.cidr {BLOCK}; "
        "allowed: up to 16 nodes there, those of an upgrade included; or a larger block"
    ]


def test_one_machine_has_room_in_any_block():
    config = {f"alphintra:{key}": value for key, value in objects(100).items()}
    assert parse({**LOCAL, **config}, FILE).cluster.max_nodes == 101


@pytest.mark.parametrize(("block", "room"), [("10.80.0.0/19", False), ("10.80.0.0/18", True)])
def test_prod_needs_more_than_the_smallest_blocks(block: str, room: bool):
    config = stack_config("prod", network=json.dumps({"cidr": block}))
    if room:
        assert str(parse(config, FILE).network.cidr) == block
    else:
        assert "up to 42 nodes" in errors(config)[0]
