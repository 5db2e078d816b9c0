"""Google's APIs at addresses that are not on the Internet, and the names that lead there."""

from typing import Any

from pulumi import Output, Resource, ResourceOptions
from pulumi_gcp import compute, dns

from components.naming import cloud_labels
from components.network.plan import GOOGLE_APIS

DOMAINS = {
    "googleapis.com": "restricted.googleapis.com",
    "gcr.io": "gcr.io",
    "gke.goog": "gke.goog",
    "pkg.dev": "pkg.dev",
}
"""Domain → the name in it that has the addresses; all other names of the domain refer to it. GKE
pulls its own images from gcr.io and pkg.dev, the platform's are in pkg.dev, and a cluster's DNS
endpoint is in gke.goog. https://cloud.google.com/vpc/docs/configure-private-google-access"""

TTL_SECONDS = 300


def private_names(name: str, network: "compute.Network", opts: ResourceOptions) -> Output[Any]:
    """Zones for Google's domains, and a log of all queries, which comes last: what it is for, known
    once names resolve."""
    records = [record for domain in DOMAINS for record in _zone(name, domain, network, opts)]
    return dns.Policy(
        name,
        description="Every query is logged.",
        enable_logging=True,
        enable_inbound_forwarding=False,
        networks=[{"network_url": network.id}],
        opts=ResourceOptions(parent=opts.parent, depends_on=records),
    ).description


def _zone(
    name: str, domain: str, network: "compute.Network", opts: ResourceOptions
) -> list[Resource]:
    role = domain.replace(".", "-")
    zone = dns.ManagedZone(
        f"{name}-{role}",
        dns_name=f"{domain}.",
        description=f"{domain} at Google's restricted addresses",
        visibility="private",
        private_visibility_config={"networks": [{"network_url": network.id}]},
        labels=cloud_labels(name),
        opts=opts,
    )
    host = DOMAINS[domain]
    addresses = dns.RecordSet(
        f"{name}-{role}-addresses",
        managed_zone=zone.name,
        name=f"{host}.",
        type="A",
        ttl=TTL_SECONDS,
        rrdatas=[str(address) for address in GOOGLE_APIS],
        opts=opts,
    )
    others = dns.RecordSet(
        f"{name}-{role}-names",
        managed_zone=zone.name,
        name=f"*.{domain}.",
        type="CNAME",
        ttl=TTL_SECONDS,
        rrdatas=[f"{host}."],
        opts=opts,
    )
    return [addresses, others]
