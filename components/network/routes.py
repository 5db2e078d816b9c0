"""The ways out of the VPC, each by a route that has a name."""

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import compute

from components.network.plan import GOOGLE_APIS

DESTINATIONS = {"google-apis": str(GOOGLE_APIS), "internet": "0.0.0.0/0"}
"""Name → where it leads. Google's APIs stay reachable if the way to the Internet is closed; GKE
stops working without (https://cloud.google.com/kubernetes-engine/docs/troubleshooting/
network-isolation). Cloud NAT serves only destinations that such a route leads to, and gives an
address to nobody but the private subnet; the firewall decides who may use either."""


def routes(name: str, network: Input[str], opts: ResourceOptions) -> list[Output[str]]:
    """Where they lead, known once they do."""
    return [
        compute.Route(
            f"{name}-{role}",
            network=network,
            dest_range=destination,
            next_hop_gateway="default-internet-gateway",
            opts=opts,
        ).dest_range
        for role, destination in DESTINATIONS.items()
    ]
