"""Methods of compute and service networking that are not what their verb says."""

from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import last, merge
from rehearsal.cloud.operations import answer
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud

SERVICE = "services/servicenetworking.googleapis.com"
TENANT = "https://www.googleapis.com/compute/v1/projects/google-tenant/global/networks/services"
PEERING = {
    "network": TENANT,
    "state": "ACTIVE",
    "stackType": "IPV4_ONLY",
    "autoCreateRoutes": True,
    "exchangeSubnetRoutes": True,
    "exportCustomRoutes": False,
    "importCustomRoutes": False,
    "exportSubnetRoutesWithPublicIp": True,
    "importSubnetRoutesWithPublicIp": False,
}
"""What a network's side of a new connection is set to."""


def connect(cloud: Cloud, call: Call) -> Json:
    """A connection is known by its network, not by a name; the network shows it as a peering."""
    network = last(call.body["network"])
    parent = "servicenetworking:services/servicenetworking.googleapis.com/connections"
    call.key = f"{parent}/{network}"
    if call.http == "POST" and call.key in cloud.store:
        ranges = cloud.store[call.key]["reservedPeeringRanges"]
        raise Refused(
            400,
            "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection. "
            f"Existing allocated IP ranges: {ranges}.",
            status="FAILED_PRECONDITION",
        )
    peering = "servicenetworking-googleapis-com"
    cloud.store[call.key] = {**call.body, "peering": peering, "service": SERVICE}
    vpc = cloud.view(f"compute:projects/{cloud.project}/global/networks/{network}")
    one = {"name": peering, **PEERING}
    if peering not in [other["name"] for other in vpc.setdefault("peerings", [])]:
        vpc["peerings"].append(one)
    return answer(cloud, call, cloud.store[call.key], "connect")


def connections(cloud: Cloud, call: Call) -> Json:
    wanted = last(call.query.get("network", ""))
    found = cloud.under("servicenetworking:services/")
    return {"connections": [one for one in found if last(one.get("network", "")) == wanted]}


def disconnect(cloud: Cloud, call: Call) -> Json:
    network = last(call.body.get("consumerNetwork", call.key))
    for key in [
        k for k in cloud.store if k.startswith("servicenetworking:") and last(k) == network
    ]:
        del cloud.store[key]
    return answer(cloud, call, {}, "delete")


def update_peering(cloud: Cloud, call: Call) -> Json:
    """A peering is a field of its network, found by its name."""
    network, wanted = cloud.view(call.key), call.body["networkPeering"]
    peering = next((p for p in network.get("peerings", []) if p["name"] == wanted["name"]), None)
    if peering is None:
        raise Refused(404, f"There is no peering '{wanted['name']}' on network '{last(call.key)}'.")
    merge(peering, wanted)
    return answer(cloud, call, network, "update")


def add_rule(cloud: Cloud, call: Call) -> Json:
    """A firewall policy's rules are a field of it, each known by its priority."""
    policy = cloud.view(call.key)
    rules = policy.setdefault("rules", [])
    taken = next((one for one in rules if one["priority"] == call.body["priority"]), None)
    if taken:
        raise Refused(
            400,
            f"Invalid value for field 'resource.priority': '{taken['priority']}'. "
            "A rule with the same priority already exists.",
        )
    rules.append({"kind": "compute#firewallPolicyRule", "ruleTupleCount": 1, **call.body})
    return answer(cloud, call, policy, "addRule")


def get_rule(cloud: Cloud, call: Call) -> Json:
    wanted = int(call.query.get("priority", "0"))
    rules = cloud.view(call.key).get("rules", [])
    found = next((one for one in rules if one["priority"] == wanted), None)
    if found is None:
        raise Refused(404, f"There is no rule of priority {wanted} in '{call.resource}'.")
    return found


def patch_rule(cloud: Cloud, call: Call) -> Json:
    merge(get_rule(cloud, call), call.body)
    return answer(cloud, call, cloud.view(call.key), "patchRule")


def remove_rule(cloud: Cloud, call: Call) -> Json:
    policy = cloud.view(call.key)
    policy["rules"].remove(get_rule(cloud, call))
    return answer(cloud, call, policy, "removeRule")


def add_association(cloud: Cloud, call: Call) -> Json:
    policy = cloud.view(call.key)
    policy.setdefault("associations", []).append({**call.body, "firewallPolicyId": policy["id"]})
    return answer(cloud, call, policy, "addAssociation")


def get_association(cloud: Cloud, call: Call) -> Json:
    found = cloud.view(call.key).get("associations", [])
    one = next((one for one in found if one["name"] == call.query.get("name")), None)
    if one is None:
        raise Refused(404, f"The association '{call.query.get('name')}' was not found.")
    return one


def remove_association(cloud: Cloud, call: Call) -> Json:
    policy = cloud.view(call.key)
    policy["associations"].remove(get_association(cloud, call))
    return answer(cloud, call, policy, "removeAssociation")


def region(cloud: Cloud, call: Call) -> Json:
    """Regions and zones are Google's; nobody creates them."""
    name = last(call.key)
    zones = [f"projects/{cloud.project}/zones/{name}-{letter}" for letter in "bcd"]
    return {"name": name, "status": "UP", "zones": zones}
