"""The network on Google Cloud, for the blocks that the three environments start from."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import ResourceOptions
from pulumi_gcp import compute

from components.network import NetworkSpec
from components.network.nat import (
    MAX_PORTS,
    MIN_PORTS,
    PORTS_OF_ADDRESS,
    addresses_needed,
)
from components.network.plan import address_plan, node_capacity
from stacks.defaults import DEFAULTS
from stacks.targets import TARGETS
from tests.graph import Graph, record
from tests.programs import GCP, STACKS, build, foundation

RESTRICTED = ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"]


@pytest.fixture(scope="module", params=STACKS)
def spec(request: pytest.FixtureRequest) -> NetworkSpec:
    return NetworkSpec.model_validate(DEFAULTS[request.param]["network"])


@pytest.fixture(scope="module")
def graph(spec: NetworkSpec) -> Graph:
    return build("network", "gcp", spec)


def inputs(graph: Graph, type_: str) -> dict[str, dict[str, Any]]:
    return {node.name: node.inputs for node in graph.of(type_)}


def test_the_vpc_begins_empty_and_obeys_the_policy_first(graph: Graph):
    network = graph.only("compute/network:Network").inputs
    assert network == {
        "project": "the-project",
        "autoCreateSubnetworks": False,
        "deleteDefaultRoutesOnCreate": True,
        "mtu": 1460,
        "networkFirewallPolicyEnforcementOrder": "BEFORE_CLASSIC_FIREWALL",
        "routingMode": "REGIONAL",
    }


def test_every_subnet_logs_every_flow_and_reaches_googles_apis(graph: Graph):
    subnets = inputs(graph, ":Subnetwork")
    assert set(subnets) == {"network-public", "network-private", "network-database"}
    for subnet in subnets.values():
        assert subnet["privateIpGoogleAccess"] is True
        assert subnet["stackType"] == "IPV4_ONLY"
        assert subnet["logConfig"] == {
            "aggregationInterval": "INTERVAL_5_SEC",
            "flowSampling": 1.0,
            "metadata": "INCLUDE_ALL_METADATA",
        }


def test_only_the_private_subnet_has_ranges_for_pods_and_services(graph: Graph, spec: NetworkSpec):
    plan = address_plan(spec.cidr)
    ranges = {
        name: {one["rangeName"]: one["ipCidrRange"] for one in subnet["secondaryIpRanges"]}
        for name, subnet in inputs(graph, ":Subnetwork").items()
    }
    assert ranges == {
        "network-public": {},
        "network-private": {"pods": str(plan.pods), "services": str(plan.services)},
        "network-database": {},
    }


def test_each_way_out_has_a_route_of_its_own(graph: Graph):
    routes = inputs(graph, ":Route")
    assert {name: route["destRange"] for name, route in routes.items()} == {
        "network-google-apis": "199.36.153.4/30",
        "network-internet": "0.0.0.0/0",
    }
    assert {route["nextHopGateway"] for route in routes.values()} == {"default-internet-gateway"}


def test_nat_serves_nodes_and_pods_from_static_addresses(graph: Graph):
    nat = graph.only(":RouterNat").inputs
    addresses = inputs(graph, "compute/address:Address")
    assert nat["natIpAllocateOption"] == "MANUAL_ONLY"
    assert nat["natIps"] == list(addresses) == ["network-egress-1", "network-egress-2"]
    assert graph.result["egress_addresses"] == [f"address of {name}" for name in addresses]
    assert {one["addressType"] for one in addresses.values()} == {"EXTERNAL"}
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    assert nat["subnetworks"] == [
        {
            "name": "network-private-id",
            "sourceIpRangesToNats": ["PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"],
            "secondaryIpRangeNames": ["pods"],
        }
    ]


def test_nat_gives_ports_on_demand_and_logs_all(graph: Graph):
    nat = graph.only(":RouterNat").inputs
    assert nat["enableDynamicPortAllocation"] is True
    assert nat["enableEndpointIndependentMapping"] is False
    assert (nat["minPortsPerVm"], nat["maxPortsPerVm"]) == (256, 16384)
    assert nat["logConfig"] == {"enable": True, "filter": "ALL"}


@pytest.mark.parametrize("ports", [MIN_PORTS, MAX_PORTS])
def test_ports_of_a_node_are_a_power_of_two(ports: int):
    """What dynamic allocation demands, and at least 32."""
    assert ports >= 32 and ports.bit_count() == 1 and MIN_PORTS < MAX_PORTS < PORTS_OF_ADDRESS


@given(st.integers(1, 2048))
def test_addresses_give_every_node_its_ports_and_none_is_idle(nodes: int):
    addresses = addresses_needed(nodes)
    assert addresses * PORTS_OF_ADDRESS >= nodes * MIN_PORTS
    assert (addresses - 1) * PORTS_OF_ADDRESS < nodes * MIN_PORTS


@pytest.mark.parametrize(("cidr", "addresses"), [("10.60.0.0/20", 1), ("10.60.0.0/14", 5)])
def test_a_larger_block_has_more_addresses(cidr: str, addresses: int):
    graph = build("network", "gcp", NetworkSpec.model_validate({"cidr": cidr}))
    assert graph.count("compute/address:Address") == addresses
    assert addresses == addresses_needed(node_capacity(address_plan(IPv4Network(cidr))))


def test_managed_services_get_their_own_range_behind_a_closed_peering(
    graph: Graph, spec: NetworkSpec
):
    managed = address_plan(spec.cidr).managed
    reserved = graph.only(":GlobalAddress").inputs
    assert (reserved["address"], reserved["prefixLength"]) == (
        str(managed.network_address),
        managed.prefixlen,
    )
    assert (reserved["purpose"], reserved["addressType"]) == ("VPC_PEERING", "INTERNAL")
    connection = graph.only(":Connection").inputs
    assert connection["reservedPeeringRanges"] == ["network-managed"]
    assert connection["deletionPolicy"] == "ABANDON"
    assert connection["updateOnCreationFail"] is True
    peering = graph.only(":NetworkPeeringRoutesConfig").inputs
    assert peering == {
        "network": "network",
        "peering": "to-google",
        "exportCustomRoutes": False,
        "importCustomRoutes": False,
    }


def test_names_of_google_lead_to_its_restricted_addresses(graph: Graph):
    zones = inputs(graph, ":ManagedZone")
    records: dict[str, dict[tuple[str, str], list[str]]] = {}
    for record_ in inputs(graph, ":RecordSet").values():
        zone = records.setdefault(zones[record_["managedZone"]]["dnsName"], {})
        zone[record_["name"], record_["type"]] = record_["rrdatas"]
    others = {
        domain: {(domain, "A"): RESTRICTED, (f"*.{domain}", "CNAME"): [domain]}
        for domain in ("gcr.io.", "gke.goog.", "pkg.dev.")
    }
    restricted = "restricted.googleapis.com."
    apis = {(restricted, "A"): RESTRICTED, ("*.googleapis.com.", "CNAME"): [restricted]}
    assert records == {**others, "googleapis.com.": apis}


def test_zones_are_seen_in_the_vpc_only(graph: Graph):
    for zone in inputs(graph, ":ManagedZone").values():
        assert zone["visibility"] == "private"
        assert zone["privateVisibilityConfig"] == {"networks": [{"networkUrl": "network-id"}]}


def test_dns_queries_are_logged(graph: Graph):
    policy = graph.only("dns/policy:Policy").inputs
    assert policy["enableLogging"] is True
    assert policy["enableInboundForwarding"] is False
    assert policy["networks"] == [{"networkUrl": "network-id"}]


def test_all_that_carries_labels_has_them(graph: Graph):
    for type_ in ("compute/address:Address", ":GlobalAddress", ":ManagedZone"):
        for made in inputs(graph, type_).values():
            assert made["labels"]["component"] == "network"


def test_a_machine_waits_until_its_subnet_can_be_used():
    """And for nothing else: were each rule or record waited for, adding one would make the subnet
    unknown in a preview, and the cluster in it would seem to be replaced."""

    def program() -> None:
        network = TARGETS["gcp"].network(
            "network",
            NetworkSpec.model_validate({"cidr": "10.60.0.0/16"}),
            foundation(),
            ResourceOptions(),
        )
        compute.Address("machine", subnetwork=network.private_subnet)

    graph = record(program, config=GCP)
    machine = graph.only("compute/address:Address", "machine")
    waits_for = [graph.nodes[urn] for urn in machine.dependencies]
    assert {(node.type.rsplit(":", 1)[1], node.name) for node in waits_for} == {
        ("Subnetwork", "network-private"),
        ("NetworkFirewallPolicyAssociation", "network"),
        ("RouterNat", "network-nat"),
        ("Route", "network-google-apis"),
        ("Route", "network-internet"),
        ("Policy", "network"),
    }


def test_what_ends_a_step_comes_last(graph: Graph):
    for last, before in (
        (":NetworkFirewallPolicyAssociation", ":NetworkFirewallPolicyRule"),
        ("dns/policy:Policy", ":RecordSet"),
    ):
        after = set(graph.only(last).dependencies)
        made = {urn for urn, node in graph.nodes.items() if node.type.endswith(before)}
        assert made and made <= after
