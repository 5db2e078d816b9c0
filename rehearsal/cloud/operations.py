"""Long-running operations, in the two forms that Google's APIs have."""

import datetime
import hashlib
import re
import threading
import uuid
from typing import Any

from rehearsal.cloud.documents import Json
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud

PARENT = r"projects/[^/]+(?:/(?:locations|regions|zones)/[^/]+|/global)?|"
LOWER_CASE = {"dns"}
"""APIs whose status is `done`, not `DONE`."""


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def number(text: str) -> str:
    """A number of 19 digits that `text` always has."""
    return str(int(hashlib.sha256(text.encode()).hexdigest()[:15], 16) % 10**18 + 10**18)


def link(call: Call, path: str) -> str:
    """The URL of a resource, in the version that was called."""
    method = call.method
    old = method.api in ("compute", "storage")
    return ("https://www.googleapis.com/" if old else method.document.root) + method.prefix + path


def answer(cloud: Cloud, call: Call, resource: Json, kind: str) -> Json:
    """The response to a change: the resource itself, or an operation that makes it."""
    method = call.method
    if not method.response:
        return {}
    if "peration" not in method.response:
        return resource if method.response == method.resource else {}
    name = f"operation-{uuid.uuid4()}"
    parent = _parent(call.resource)
    if "done" in method.properties(method.response):
        operation = _longrunning(call, parent, name, resource)
    else:
        operation = _status(cloud, call, parent, name, resource, kind)
    cloud.operations[name] = operation
    call.operation = name
    work = cloud.work.get(method.id)
    if work:
        _set_done(operation, False)
        threading.Thread(target=_do, args=(cloud, call, operation, work), daemon=True).start()
    return operation


def _do(cloud: Cloud, call: Call, operation: Json, work: Any) -> None:
    try:
        work(cloud, call)
    except Exception as error:
        fail(call, operation, str(error))
    else:
        _set_done(operation, True)


def fail(call: Call, operation: Json, message: str, word: str = "INTERNAL") -> None:
    """Let an operation end with an error, in its API's form: a list of them, or `google.rpc.Status`
    (13 is INTERNAL there)."""
    _set_done(operation, True)
    operation.pop("response", None)
    known = call.method.properties(call.method.response)
    schema = known.get("error", {})
    several = "errors" in (call.method.schema(schema.get("$ref", "")) or schema)["properties"]
    status = {"code": 13, "message": message}
    operation["error"] = {"errors": [{"code": word, "message": message}]} if several else status
    if "statusMessage" in known and not several:  # GKE's: where the provider looks
        operation["statusMessage"] = message


def _set_done(operation: Json, done: bool) -> None:
    if "done" in operation:
        operation["done"] = done
    else:
        operation["status"] = "DONE" if done else "RUNNING"
        if "progress" in operation:
            operation["progress"] = 100 if done else 0


def never_ending(operation: Json) -> None:
    _set_done(operation, False)


def _parent(path: str) -> str:
    found = re.match(PARENT, path)
    return found[0] if found else ""


def _longrunning(call: Call, parent: str, name: str, resource: Json) -> Json:
    """`google.longrunning.Operation`."""
    kind = f"type.googleapis.com/google.{call.method.api}.{call.method.resource}"
    return {
        "name": f"{parent}/operations/{name}".lstrip("/"),
        "done": True,
        "metadata": {"@type": "type.googleapis.com/google.protobuf.Empty"},
        "response": {"@type": kind, **resource},
    }


def _status(cloud: Cloud, call: Call, parent: str, name: str, resource: Json, kind: str) -> Json:
    """Compute's, GKE's, Cloud SQL's and DNS' own: a status, and fields of which each has some."""
    path = call.resource
    last_part = path.split("/")[-1]
    fields = {
        "name": name,
        "status": "done" if call.method.api in LOWER_CASE else "DONE",
        "operationType": kind,
        "progress": 100,
        "targetId": last_part,
        "id": number(name),
        "targetLink": resource.get("selfLink", link(call, path)),
        "targetProject": cloud.project,
        "selfLink": link(call, f"{parent}/operations/{name}"),
        "startTime": now(),
        "endTime": now(),
        "insertTime": now(),
        "user": "rehearsal",
        **{one: link(call, parent) for one in ("region", "zone") if f"/{one}s/" in path},
    }
    known = call.method.properties(call.method.response)
    if "targetProject" not in known:
        fields["targetId"] = resource.get("id", "0")
    kept = {k: v for k, v in fields.items() if k in known and "$ref" not in known[k]}
    default = known.get("kind", {}).get("default")
    return {**kept, **({"kind": default} if default else {})}


def progress(cloud: Cloud, call: Call) -> Json:
    """How far an operation is."""
    name = next((one for one in call.key.split("/") if one.startswith("operation-")), "")
    if name not in cloud.operations:
        raise Refused(404, f"The operation '{call.resource}' was not found")
    call.operation = name
    return cloud.operations[name]
