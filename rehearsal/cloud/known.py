"""Fields that Google fills in and no document's words tell: by resource, with what reads them."""

import base64
import re
from collections.abc import Callable
from typing import Any

from policy.google import REGIONS
from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import last
from rehearsal.cloud.state import Cloud

PEM = "-----BEGIN CERTIFICATE-----\nMIIBrehearsal\n-----END CERTIFICATE-----\n"
"""An authority that vouches for nobody: where no real server stands behind."""


def region(key: str) -> str:
    found = re.search(r"/(?:locations|regions)/([^/]+)", key)
    return found[1] if found else ""


def zones(key: str) -> list[str]:
    return list(REGIONS.get(region(key), ()))[:3]


def address(cloud: Cloud, key: str, base: str = "10.255") -> str:
    """An address that is always the same for a resource, in a range that nobody has."""
    number = sum(key.encode())
    return f"{base}.{number // 7 % 250}.{number % 250 + 2}"


def private_address(cloud: Cloud, key: str, resource: Json) -> str:
    """The next free one of the range that is reserved for Google's managed services."""
    return cloud.managed_address(key) or address(cloud, key)


def sql_addresses(cloud: Cloud, key: str, resource: Json) -> list[Json]:
    network = resource["settings"].get("ipConfiguration", {}).get("privateNetwork")
    kind = "PRIVATE" if network else "PRIMARY"
    made = private_address(cloud, key, resource) if network else address(cloud, key, "34.76")
    return [{"type": kind, "ipAddress": made}]


def sql_names(cloud: Cloud, key: str, resource: Json) -> list[Json]:
    """As Cloud SQL names servers behind private service access: `<id>.<label>.<region>.…`."""
    own = f"{sum(key.encode()):012x}.{sum(cloud.project.encode()):06x}.{resource.get('region')}"
    return [
        {
            "name": f"{own}.sql-psa.goog.",
            "connectionType": "PRIVATE_SERVICES_ACCESS",
            "dnsScope": "INSTANCE",
        }
    ]


def instance_type(_cloud: Cloud, _key: str, resource: Json) -> str:
    replica = resource.get("masterInstanceName")
    return "READ_REPLICA_INSTANCE" if replica else "CLOUD_SQL_INSTANCE"


def gke_endpoint(cloud: Cloud, key: str, _resource: Json) -> str:
    return f"gke-{sum(key.encode()):08x}-{cloud.number}.{region(key)}.gke.goog"


def group_urls(cloud: Cloud, key: str, _resource: Json) -> list[str]:
    base = f"https://www.googleapis.com/compute/v1/projects/{cloud.project}/zones"
    return [f"{base}/{zone}/instanceGroupManagers/{last(key)}" for zone in zones(key)]


def authority(cloud: Cloud, _key: str, _resource: Json) -> str:
    return cloud.authority or PEM


def server_ca(cloud: Cloud, _key: str, _resource: Json) -> Json:
    return {"cert": cloud.authority or PEM, "commonName": "rehearsal", "sha1Fingerprint": "00"}


def cache_cas(cloud: Cloud, _key: str, _resource: Json) -> list[Json]:
    cert = cloud.authority or PEM
    return [{"serialNumber": "1", "cert": cert, "sha1Fingerprint": "00"}]


def cache_port(_cloud: Cloud, _key: str, resource: Json) -> int:
    """With TLS another than without: components/cache/config.py."""
    return 6378 if resource.get("transitEncryptionMode") == "SERVER_AUTHENTICATION" else 6379


def cluster_ca(cloud: Cloud, _key: str, _resource: Json) -> str:
    return base64.b64encode((cloud.authority or PEM).encode()).decode()


def own(name: str) -> "Maker":
    """The resource's other field of that name."""
    return lambda _cloud, _key, resource: resource.get(name)


CLUSTER_VERSION = "1.33.5-gke.1"
"""A version of the stable channel in November 2026 would stand here; nothing depends on it."""

Maker = Callable[[Cloud, str, Json], Any]
"""From the cloud, the resource's key and what is known of it."""
KNOWN: dict[str, dict[str, Maker | str | list[str] | Json]] = {
    "iam.ServiceAccount": {"email": lambda _c, key, _r: last(key)},
    "redis.Instance": {
        "host": private_address,
        "port": cache_port,
        "readEndpoint": lambda c, key, r: private_address(c, f"{key}/read", r),
        "readEndpointPort": cache_port,
        "currentLocationId": lambda _c, key, _r: zones(key)[0],
        "locationId": lambda _c, key, _r: zones(key)[0],
        "alternativeLocationId": lambda _c, key, _r: zones(key)[1],
        "serverCaCerts": cache_cas,
        "reservedIpRange": "10.99.0.0/29",
        "connectMode": "DIRECT_PEERING",
        "persistenceIamIdentity": "serviceAccount:redis@rehearsal.iam.gserviceaccount.com",
    },
    "sqladmin.DatabaseInstance": {
        "state": "RUNNABLE",
        "backendType": "SECOND_GEN",
        "connectionName": lambda c, key, r: f"{c.project}:{r.get('region')}:{last(key)}",
        "ipAddresses": sql_addresses,
        "dnsNames": sql_names,
        "serverCaCert": server_ca,
        "gceZone": lambda _c, _k, r: f"{r.get('region')}-b",
        "instanceType": instance_type,
        "serviceAccountEmailAddress": "p1-rehearsal@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        "settings.settingsVersion": "1",
    },
    "container.Cluster": {
        "endpoint": lambda c, key, _r: address(c, key),
        "currentMasterVersion": CLUSTER_VERSION,
        "location": lambda _c, key, _r: region(key),
        "locations": lambda _c, key, _r: zones(key),
        "servicesIpv4Cidr": "10.8.0.0/20",
        "clusterIpv4Cidr": "10.4.0.0/14",
        "masterAuth.clusterCaCertificate": cluster_ca,
        "networkConfig.network": own("network"),
        "networkConfig.subnetwork": own("subnetwork"),
        "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint": gke_endpoint,
    },
    "container.NodePool": {
        "version": CLUSTER_VERSION,
        "locations": lambda _c, key, _r: zones(key),
        "status": "RUNNING",
        "instanceGroupUrls": group_urls,
    },
    "cloudkms.CryptoKey": {
        "primary": lambda _c, key, _r: {
            "name": f"{key.partition(':')[2]}/cryptoKeyVersions/1",
            "state": "ENABLED",
        }
    },
    "storage.Bucket": {
        "storageClass": "STANDARD",
        "metageneration": "1",
        "generation": "1",
        "locationType": "multi-region",
        "softDeletePolicy": {"retentionDurationSeconds": "604800"},
    },
    "logging.LogSink": {
        "writerIdentity": lambda _c, key, _r: (
            f"serviceAccount:service-{last(key)}@gcp-sa-logging.iam.gserviceaccount.com"
        )
    },
    "dns.ManagedZone": {
        "nameServers": [f"ns-cloud-a{n}.googledomains.com." for n in (1, 2, 3, 4)],
        "visibility": "public",
    },
    "compute.Address": {
        "address": lambda c, key, _r: address(c, key, "34.140"),
        "addressType": "EXTERNAL",
        "networkTier": lambda _c, _k, r: "PREMIUM" if r["addressType"] == "EXTERNAL" else None,
    },
    "compute.Subnetwork": {"gatewayAddress": lambda _c, _k, r: first_host(r["ipCidrRange"])},
}
"""`<api>.<schema>` → field → its value, or how it comes about."""


def first_host(block: str) -> str:
    return block.rsplit(".", 1)[0] + ".1"
