"""What each kind of method does to a resource, for every API alike."""

import copy
import re
import urllib.parse
import uuid
from typing import Any, cast

from rehearsal.cloud.along import created, shown
from rehearsal.cloud.documents import Json, Method
from rehearsal.cloud.fields import camel, last, masked, merge, pruned
from rehearsal.cloud.known import KNOWN
from rehearsal.cloud.operations import answer, number, progress
from rehearsal.cloud.outputs import changes_with_it, fill, output_only
from rehearsal.cloud.policies import VERBS as POLICY_VERBS
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.special import IDENTIFIERS, KEPT_BY_PUT, PRUNING, SINGULAR_STATES
from rehearsal.cloud.state import Call, Cloud
from rehearsal.cloud.usage import user_of

NOT_AN_ID = {"requestId", "clientOperationId", "kmsKeyId"}
"""Parameters that end in Id and do not name what is created."""


def kind(method: Method) -> str:
    """What a method does, by its verb, HTTP method and response."""
    verb = method.verb
    if verb in POLICY_VERBS:
        return verb
    polled = method.http == "GET" and "/operations" in method.template
    if verb == "wait" or ("peration" in method.response and polled):
        return "operation"
    if verb.startswith(("create", "insert")):
        return "create"
    if verb.startswith("update") and method.http == "POST":
        return "update"
    reading = "list" if listed(method) else "read"
    usual = {"GET": reading, "DELETE": "delete", "PUT": "update", "PATCH": "update"}
    return usual.get(method.http, "act")


def listed(method: Method) -> str:
    """The field of a list's response that holds the resources; empty where it lists none."""
    if not method.verb.startswith("list") and "List" not in method.response:
        return ""
    fields = method.properties(method.response).items()
    return next((k for k, p in fields if p.get("type") == "array" and "$ref" in p["items"]), "")


def create(cloud: Cloud, call: Call) -> Json:
    method = call.method
    given, wrapper = unwrapped(call)
    resource: Json = copy.deepcopy(given)
    for name in output_only(method, method.resource) - {"name"}:
        resource.pop(name, None)
    if method.api in PRUNING:
        resource = pruned(resource)
    full = _name(cloud, call, resource, wrapper)
    if full and "name" in method.properties(method.resource):
        resource["name"] = call.resource
    if call.key in cloud.store:
        raise Refused(409, f"The resource '{call.resource}' already exists")
    parent = call.key.rsplit("/", 2)[0]
    if parent not in cloud.store and any(
        one.document is method.document for one in cloud.readers(parent.partition(":")[2])
    ):
        raise Refused(404, f"The resource '{parent.partition(':')[2]}' was not found")
    cloud.store[call.key] = fill(cloud, call, call.key, resource, KNOWN)
    created(cloud, call, cloud.store[call.key])
    return answer(cloud, call, cloud.store[call.key], "insert")


def _name(cloud: Cloud, call: Call, resource: Json, wrapper: Json) -> bool:
    """Find what the new resource is called and make that the call's key; whether its field `name`
    is the whole path (in the newer APIs) or the last part alone."""
    if call.method.http != "POST":
        return True
    ids = [
        value
        for name, value in {**call.query, **wrapper}.items()
        if camel(name).endswith("Id") and name not in NOT_AN_ID
    ]
    name = resource.get("name")
    made = IDENTIFIERS.get(f"{call.method.api}.{call.method.resource}", "{}")
    if ids:
        own = made.format(ids[0], project=cloud.project)
    elif name:
        own = last(name)
    else:
        own = _referred(call) or number(str(uuid.uuid4()))
    call.key += "/" + urllib.parse.quote(str(own), safe="@._-~():")
    return not name or bool(ids) or "/" in name


def _referred(call: Call) -> str | None:
    """An id inside of a reference: `datasetReference.datasetId`, where the path ends in
    `{datasetId}`."""
    if not call.method.get:
        return None
    parameter = re.findall(r"\{\+?(\w+)\}", call.method.get.template)[-1]
    inner = (cast(Json, one) for one in call.body.values() if isinstance(one, dict))
    return next((one[parameter] for one in inner if parameter in one), None)


def unwrapped(call: Call) -> tuple[Json, Json]:
    """The resource in a body, and the message that carries it in a field (`CreateXRequest{x}`)."""
    method = call.method
    if method.request != method.resource:
        for name, one in method.properties(method.request).items():
            if one.get("$ref") == method.resource:
                return call.body.get(name) or {}, call.body
    return call.body, {}


def read(cloud: Cloud, call: Call) -> Json:
    return shown(cloud, call.key, there(cloud, call))


def there(cloud: Cloud, call: Call) -> Json:
    """The resource. What nobody creates, such as a project's settings, is there from the start."""
    if call.key not in cloud.store and not call.method.creates:
        cloud.store[call.key] = fill(cloud, call, call.key, {"name": call.resource}, KNOWN)
    return cloud.view(call.key)


def list_(cloud: Cloud, call: Call) -> Json:
    method, field = call.method, listed(call.method)
    prefix = f"{call.key}/"
    below = method.get.template[len(method.template) :].count("/") if method.get else 1
    found = [
        shown(cloud, key, value)
        for key, value in cloud.store.items()
        if key.startswith(prefix) and key[len(prefix) :].count("/") < max(1, below)
    ]
    for name in ("name", "type", "network"):
        if name in call.query:
            found = [one for one in found if one.get(name, call.query[name]) == call.query[name]]
    return {field: found} if found else {}


def update(cloud: Cloud, call: Call) -> Json:
    given, wrapper = unwrapped(call)
    _named_by_query(cloud, call)
    old = there(cloud, call)
    mask = call.query.get("updateMask") or wrapper.get("updateMask") or call.body.get("updateMask")
    if mask:
        masked(old, given, mask)
    elif call.method.http == "PUT":
        schema = f"{call.method.api}.{call.method.resource}"
        own = output_only(call.method, call.method.resource) | KEPT_BY_PUT.get(schema, set())
        kept = {name: value for name, value in old.items() if name in own}
        old.clear()
        old.update(copy.deepcopy(given))
        old.update(kept)
    else:
        merge(old, copy.deepcopy(given))
    return changed(cloud, call, old, "update")


def changed(cloud: Cloud, call: Call, resource: Json, what: str) -> Json:
    """The answer to a change, with new etags and fingerprints."""
    for name in [name for name in resource if changes_with_it(name)]:
        del resource[name]
    fill(cloud, call, call.key, resource, KNOWN)
    return answer(cloud, call, resource, what)


def delete(cloud: Cloud, call: Call) -> Json:
    _named_by_query(cloud, call)
    resource = cloud.view(call.key)
    if user := user_of(cloud, call.key):
        raise Refused(
            400,
            f"The resource '{call.resource}' is already being used by '{user.partition(':')[2]}'",
            reason="resourceInUseByAnotherResource",
        )
    for key in [k for k in cloud.store if k == call.key or k.startswith(f"{call.key}/")]:
        del cloud.store[key]
        cloud.policies.pop(key, None)
    return answer(cloud, call, resource, "delete")


def _named_by_query(cloud: Cloud, call: Call) -> None:
    """Cloud SQL's users: `PUT …/users?name=…`."""
    if "name" in call.query and call.key not in cloud.store:
        call.key += "/" + urllib.parse.quote(call.query["name"], safe="@._-~():")


def act(cloud: Cloud, call: Call) -> Json:
    """A verb of the API's own: `setX` copies what the resource has, `addX` appends."""
    method, verb = call.method, call.method.verb
    known = method.properties(method.resource)
    resource: Json = cloud.view(call.key) if call.key in cloud.store or method.creates else {}
    several = f"{verb[3:4].lower()}{verb[4:]}s"
    if verb.startswith("add") and several in known:
        resource.setdefault(several, []).append(call.body)
    elif verb in SINGULAR_STATES:
        resource["state"] = SINGULAR_STATES[verb]
    else:
        own = {"name", "fingerprint"}
        merge(resource, {k: v for k, v in call.body.items() if k in known and k not in own})
    if not resource:
        return answer(cloud, call, resource, verb)
    return changed(cloud, call, resource, verb)


KINDS: dict[str, Any] = {
    "create": create,
    "read": read,
    "list": list_,
    "update": update,
    "delete": delete,
    "act": act,
    "operation": progress,
    **POLICY_VERBS,
}
