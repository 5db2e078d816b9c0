"""IAM policies, which any resource can have."""

import base64
import os

from rehearsal.cloud.documents import Json
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud

EMPTY_ETAG = "BwAAAAAAAAA="


def get_policy(cloud: Cloud, call: Call) -> Json:
    if call.method.creates:
        cloud.view(call.key)
    return cloud.policies.setdefault(
        call.key, {"version": 1, "etag": EMPTY_ETAG, "bindings": list[Json]()}
    )


def set_policy(cloud: Cloud, call: Call) -> Json:
    """Replace a policy, if nobody has since it was read."""
    old, new = get_policy(cloud, call), call.body.get("policy", call.body)
    if new.get("etag") and new["etag"] != old["etag"]:
        raise Refused(
            409,
            "There were concurrent policy changes. Please retry the whole read-modify-write with "
            "exponential backoff.",
            status="ABORTED",
            reason="aborted",
        )
    cloud.policies[call.key] = {**new, "etag": base64.b64encode(os.urandom(8)).decode()}
    return cloud.policies[call.key]


def test_permissions(_cloud: Cloud, call: Call) -> Json:
    """Whoever rehearses may do everything: what was needed is read from the calls."""
    return {"permissions": call.body.get("permissions") or call.query.get("permissions", [])}


VERBS = {
    "getIamPolicy": get_policy,
    "setIamPolicy": set_policy,
    "testIamPermissions": test_permissions,
}
