"""Methods that are not what their verb says, each with the reason."""

from typing import Any, cast

from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import last
from rehearsal.cloud.known import KNOWN
from rehearsal.cloud.operations import answer
from rehearsal.cloud.outputs import fill
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud


def enable(cloud: Cloud, call: Call) -> Json:
    """Services are there without being created."""
    for name in call.body.get("serviceIds") or [last(call.key)]:
        cloud.enable(name, call.method.verb != "disable")
    return answer(cloud, call, {}, "enable")


def services(cloud: Cloud, call: Call) -> Json:
    wanted = call.query.get("filter", "")
    found = cloud.under(f"serviceusage:projects/{cloud.project}/services/")
    return {"services": [one for one in found if one["state"] in wanted or not wanted]}


def service(cloud: Cloud, call: Call) -> Json:
    missing = {"name": call.resource, "config": {"name": last(call.key)}, "state": "DISABLED"}
    return cloud.store.get(call.key) or missing


def add_version(cloud: Cloud, call: Call) -> Json:
    """Versions of a secret are counted."""
    cloud.view(call.key)
    number = 1 + sum(key.startswith(f"{call.key}/versions/") for key in cloud.store)
    call.key = f"{call.key}/versions/{number}"
    version = {"name": call.resource, "state": "ENABLED"}
    cloud.store[call.key] = fill(cloud, call, call.key, version, KNOWN)
    cloud.secrets[call.key] = call.body["payload"]["data"]
    return cloud.store[call.key]


def access_version(cloud: Cloud, call: Call) -> Json:
    if last(call.key) == "latest":
        folder = call.key.rsplit("/", 1)[0]
        call.key = [key for key in cloud.store if key.startswith(f"{folder}/")][-1]
    return {"name": cloud.view(call.key)["name"], "payload": {"data": cloud.secrets[call.key]}}


def change_records(cloud: Cloud, call: Call) -> Json:
    """Records come and go in changes, which are resources of their own."""
    zone = call.key.rsplit("/", 1)[0]
    cloud.view(zone)
    for record in call.body.get("deletions", []):
        key = f"{zone}/rrsets/{record['name']}/{record['type']}"
        if cloud.store.pop(key, None) is None:
            raise Refused(
                404,
                f"The 'entity.change.deletions' resource named '{record['name']} "
                f"({record['type']})' does not exist.",
            )
    for record in call.body.get("additions", []):
        key = f"{zone}/rrsets/{record['name']}/{record['type']}"
        if key in cloud.store:
            raise Refused(
                409,
                f"The resource 'entity.change.additions' named '{record['name']} "
                f"({record['type']})' already exists",
            )
        cloud.store[key] = {**record, "kind": "dns#resourceRecordSet"}
    call.key = f"{call.key}/1"
    cloud.store[call.key] = {**call.body, "id": "1", "status": "done", "kind": "dns#change"}
    return cloud.store[call.key]


def auth_string(cloud: Cloud, call: Call) -> Json:
    instance = cloud.view(call.key.removesuffix("/authString"))
    return {"authString": cloud.cache_password} if instance.get("authEnabled") else {}


POOL_FIELDS = {"nodePoolAutoscaling": "autoscaling", "nodeVersion": "version"}
"""The word in `desiredX` → the pool's own."""
WRAPPED = ("labels", "taints", "tags", "resourceLabels")
"""Fields of a pool that its update carries in a message of their own."""
BESIDE_CONFIG = ("locations", "upgradeSettings", "networkConfig")


def update_cluster(cloud: Cloud, call: Call) -> Json:
    """GKE's changes are `desiredX`, of the cluster or of one of its pools."""
    desired: Json = {
        name[7].lower() + name[8:]: value
        for name, value in call.body["update"].items()
        if name.startswith("desired")
    }
    cluster = cloud.view(call.key)
    if pool := desired.pop("nodePoolId", None):
        changes: Json = {POOL_FIELDS.get(name, name): value for name, value in desired.items()}
        cloud.view(f"{call.key}/nodePools/{pool}").update(changes)
    else:
        cluster.update({name: value for name, value in desired.items() if value is not None})
    return answer(cloud, call, cluster, "UPDATE_CLUSTER")


def update_pool(cloud: Cloud, call: Call) -> Json:
    pool = cloud.view(call.key)
    for name, value in call.body.items():
        if name in WRAPPED:
            empty: Any = [] if name in ("taints", "tags") else {}
            value = next(iter(cast(Json, value).values()), empty)
        (pool if name in BESIDE_CONFIG else pool.setdefault("config", {}))[name] = value
    return answer(cloud, call, pool, "UPDATE_POOL")


def size_pool(cloud: Cloud, call: Call) -> Json:
    cloud.view(call.key)["initialNodeCount"] = call.body["nodeCount"]
    return answer(cloud, call, cloud.view(call.key), "SET_SIZE")
