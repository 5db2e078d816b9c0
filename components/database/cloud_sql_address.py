"""How a Cloud SQL server is reached and recognised: its DNS name, and the authorities."""

from typing import TYPE_CHECKING

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, dns, sql

from components.naming import cloud_labels
from components.network import NetworkOutputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_gcp.sql import outputs

DOMAIN = "sql-psa.goog."
"""Where Cloud SQL names servers on private service access: `<id>.<label>.<region>.` before it, the
server's id and the project's label, which Cloud SQL makes up. Certificates carry these names; to
resolve them is left to the network's owner. Not checked against Google's page
(https://cloud.google.com/sql/docs/postgres/configure-ssl-instance): read from n8n's documents,
which quote it."""
TTL_SECONDS = 300


def private_zone(name: str, network: NetworkOutputs, opts: ResourceOptions) -> "dns.ManagedZone":
    """The zone of Cloud SQL's names in this region, seen in the stack's network only. Not all of
    DOMAIN: the names that Cloud SQL keeps itself (`global`) still resolve."""
    return dns.ManagedZone(
        f"{name}-names",
        dns_name=f"{config.region}.{DOMAIN}",
        description="Cloud SQL servers, by the names in their certificates.",
        visibility="private",
        private_visibility_config={"networks": [{"network_url": network.id}]},
        labels=cloud_labels(name),
        opts=opts,
    )


def host(
    name: str, server: "sql.DatabaseInstance", zone: "dns.ManagedZone", opts: ResourceOptions
) -> Output[str]:
    """The DNS name of `server`, known once it resolves, with the dot that ends it: Cloud SQL's
    certificates have the name with that dot (GoogleCloudPlatform/cloud-sql-proxy's README;
    pgdogdev/pgdog#1405), and libpq, OpenSSL and Go compare it letter by letter."""
    record = dns.RecordSet(
        name,
        managed_zone=zone.name,
        name=server.dns_names.apply(private_name),
        type="A",
        ttl=TTL_SECONDS,
        rrdatas=[server.private_ip_address],
        opts=ResourceOptions(parent=opts.parent, delete_before_replace=True),
    )
    return record.name


def private_name(names: "Sequence[outputs.DatabaseInstanceDnsName]") -> str:
    """Which of a server's names is in the private network and its own, not a cluster's."""
    found = [
        one.name
        for one in names
        if (one.connection_type, one.dns_scope) == ("PRIVATE_SERVICES_ACCESS", "INSTANCE")
    ]
    if len(found) != 1 or not found[0]:
        raise ValueError(f"Cloud SQL gave the server {len(found)} private DNS names instead of one")
    return found[0]


def authorities(*servers: "sql.DatabaseInstance") -> Output[str]:
    """The authorities (PEM) of all `servers`, each once."""
    return Output.all(*(server.server_ca_certs.apply(certificates) for server in servers)).apply(
        lambda found: "".join(dict.fromkeys(one for several in found for one in several))
    )


def certificates(found: "Sequence[outputs.DatabaseInstanceServerCaCert]") -> list[str]:
    return [f"{one.cert.strip()}\n" for one in found if one.cert]
