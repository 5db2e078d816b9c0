"""What comes along with a resource: what Google makes with it, and what it shows of others."""

import re

from rehearsal.cloud.documents import Json
from rehearsal.cloud.known import KNOWN
from rehearsal.cloud.outputs import fill
from rehearsal.cloud.state import Call, Cloud


def created(cloud: Cloud, call: Call, resource: Json) -> None:
    """What Google makes along with a resource."""
    if call.method.resource == "CryptoKey":
        name = f"{call.resource}/cryptoKeyVersions/1"
        cloud.store[f"{call.key}/cryptoKeyVersions/1"] = {"name": name, "state": "ENABLED"}
    if call.method.resource == "Cluster" and call.method.api == "container":
        _pools(cloud, call, resource)
    if call.method.resource == "ManagedZone":
        _authority_records(cloud, call, resource)


def _pools(cloud: Cloud, call: Call, cluster: Json) -> None:
    """A cluster's pools are resources of their own; without any it has a default one."""
    default = {
        "name": "default-pool",
        "initialNodeCount": cluster.get("initialNodeCount", 3),
        "config": cluster.get("nodeConfig", {}),
    }
    readers = (m for m in call.method.document.readers() if m.resource == "NodePool")
    reader = next(m for m in readers if "locations" in m.template)
    for pool in cluster.pop("nodePools", None) or [default]:
        key = f"{call.key}/nodePools/{pool['name']}"
        inner = Call(call.host, "GET", call.path)
        inner.method, inner.key = reader, key
        cloud.store[key] = fill(cloud, inner, key, pool, KNOWN)


def _authority_records(cloud: Cloud, call: Call, zone: Json) -> None:
    """A zone is never without its NS and SOA records."""
    for kind, data in (("NS", zone["nameServers"]), ("SOA", [f"{zone['nameServers'][0]} …"])):
        record = {"name": zone["dnsName"], "type": kind, "ttl": 21600, "rrdatas": data}
        cloud.store[f"{call.key}/rrsets/{zone['dnsName']}/{kind}"] = {
            **record,
            "kind": "dns#resourceRecordSet",
        }


def shown(cloud: Cloud, key: str, resource: Json) -> Json:
    """What a resource shows of others: a cluster its pools, a network its peerings."""
    if re.fullmatch(r"container:projects/[^/]+/locations/[^/]+/clusters/[^/]+", key):
        pools = list(cloud.under(f"{key}/nodePools/"))
        return {**resource, "nodePools": pools, "currentNodeCount": len(pools)}
    return resource
