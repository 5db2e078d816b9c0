"""A played project, and calls to it without a network."""

import json
from typing import Any

from rehearsal.cloud.control import handle, new_project, routed
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud

PROJECT, NUMBER = "a-project", "123456789012"
P = f"projects/{PROJECT}"
COMPUTE = f"compute/v1/{P}"
REGION = f"{COMPUTE}/regions/europe-west1"
LOCATION = f"v1/{P}/locations/europe-west1"


def project(*enabled: str) -> Cloud:
    cloud = new_project(PROJECT, NUMBER, "000000-000000-000000")
    for api in enabled:
        cloud.enable(f"{api}.googleapis.com")
    return cloud


def call(cloud: Cloud, http: str, api: str, url: str, body: Any = None) -> dict[str, Any]:
    """The answer; `api` is the host's first word."""
    path, _, query = url.partition("?")
    pairs = dict(one.split("=", 1) for one in query.split("&") if one)
    body = json.loads(json.dumps(body or {}))
    one = Call(f"{api}.googleapis.com", http, path, pairs, body)
    routed(cloud, one)
    return handle(cloud, one)


def refused(cloud: Cloud, http: str, api: str, url: str, body: Any = None) -> Refused:
    """The refusal; a call that goes through fails the test."""
    try:
        answer = call(cloud, http, api, url, body)
    except Refused as error:
        return error
    raise AssertionError(f"{http} {url} went through: {answer}")


def network(cloud: Cloud, name: str = "net") -> str:
    call(
        cloud,
        "POST",
        "compute",
        f"{COMPUTE}/global/networks",
        {"name": name, "autoCreateSubnetworks": False},
    )
    return f"{P}/global/networks/{name}"


def subnet(name: str, block: str, net: str = "net", **secondary: str) -> dict[str, Any]:
    return {
        "name": name,
        "network": f"{P}/global/networks/{net}",
        "ipCidrRange": block,
        "secondaryIpRanges": [
            {"rangeName": key, "ipCidrRange": value} for key, value in secondary.items()
        ],
    }


def peered(cloud: Cloud, name: str = "net") -> str:
    """A network that Google's managed services are connected to."""
    path = network(cloud, name)
    reserved = {
        "name": "managed",
        "purpose": "VPC_PEERING",
        "addressType": "INTERNAL",
        "address": "10.9.0.0",
        "prefixLength": 20,
        "network": path,
    }
    call(cloud, "POST", "compute", f"{COMPUTE}/global/addresses", reserved)
    connection = {"network": path, "reservedPeeringRanges": ["managed"]}
    call(
        cloud,
        "POST",
        "servicenetworking",
        "v1/services/servicenetworking.googleapis.com/connections",
        connection,
    )
    return path
