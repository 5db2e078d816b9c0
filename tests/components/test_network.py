"""The network's builders."""

import pytest
from pydantic import ValidationError

from components.network import NetworkSpec
from tests.programs import build

NETWORK = "docker:index/network:Network"


def test_locally_only_the_database_network_is_internal():
    internal = {n.name: n.inputs["internal"] for n in build("network", "local").of(NETWORK)}
    assert internal == {
        "network-public": False,
        "network-private": False,
        "network-database": True,
    }


def test_locally_only_the_clusters_network_has_a_way_out():
    options = {n.name: n.inputs.get("options") for n in build("network", "local").of(NETWORK)}
    bridge = "com.docker.network.bridge"
    assert options == {
        "network-public": {f"{bridge}.enable_ip_masquerade": "false"},
        "network-private": {},  # nodes fetch images, services reach exchanges
        "network-database": {f"{bridge}.inhibit_ipv4": "true"},
    }


def test_locally_a_network_makes_room_for_the_one_that_replaces_it():
    networks = build("network", "local").of(NETWORK)
    assert all(node.request.deleteBeforeReplace for node in networks)


def test_managed_services_have_their_addresses_in_the_range_that_is_said():
    local, cloud = (build("network", target) for target in ("local", "gcp"))
    assert local.result["managed_services_cidr"] == local.result["database_cidr"]
    reserved = cloud.only("gcp:compute/globalAddress:GlobalAddress").inputs
    assert (
        f"{reserved['address']}/{int(reserved['prefixLength'])}"
        == cloud.result["managed_services_cidr"]
    )


def test_locally_nothing_is_made_before_the_addresses_are_checked():
    graph = build("network", "local")
    (check,) = [urn for urn, node in graph.nodes.items() if node.type.endswith(":HostRanges")]
    assert all(check in node.dependencies for node in graph.of(NETWORK))


def test_both_targets_cut_the_block_alike():
    local = {
        node.name: node.inputs["ipamConfigs"][0]["subnet"]
        for node in build("network", "local").of(NETWORK)
    }
    cloud = {
        node.name: node.inputs["ipCidrRange"]
        for node in build("network", "gcp").of("gcp:compute/subnetwork:Subnetwork")
    }
    assert local == cloud


def test_locally_the_public_addresses_are_the_hosts():
    assert build("network", "local").result["egress_addresses"] == []


def test_on_gcp_managed_services_wait_for_the_peering():
    known = build("network", "gcp").result["managed_services"]
    assert known == "network-id"
    assert build("network", "gcp", preview=True).result is None  # unknown until it is made


@pytest.mark.parametrize(
    "cidr", ["8.8.0.0/16", "169.254.0.0/16", "10.0.0.0/11", "10.0.0.0/21", "10.0.0.1/16", "x"]
)
def test_other_blocks_are_refused(cidr: str):
    with pytest.raises(ValidationError):
        NetworkSpec.model_validate({"cidr": cidr})


@pytest.mark.parametrize("cidr", ["172.16.0.0/12", "172.17.0.0/16", "172.17.128.0/20"])
def test_dockers_own_range_is_refused(cidr: str):
    with pytest.raises(ValidationError, match=r"overlaps 172\.17\.0\.0/16"):
        NetworkSpec.model_validate({"cidr": cidr})
