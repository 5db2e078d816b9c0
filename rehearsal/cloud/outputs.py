"""What Google adds to a resource: by the names that it gives such fields everywhere."""

import base64
import copy
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.cloud.documents import Json, Method
from rehearsal.cloud.fields import last, place
from rehearsal.cloud.operations import link, now, number
from rehearsal.cloud.state import Call, Cloud

READY = (
    *("READY", "RUNNABLE", "RUNNING", "ACTIVE", "ENABLED", "SERVING", "RESERVED", "UP"),
    *("CREATED", "VERIFIED", "DONE"),
)
"""The words for a resource that can be used; the first that its schema has."""
TIMES = {
    *("creationTimestamp", "createTime", "updateTime", "timeCreated", "updated", "creationTime"),
    *("startTime", "lastUpdateTime"),
}
Known = Mapping[str, Mapping[str, Any]]
"""`<api>.<schema>` → field → its value, or a function of (cloud, key, resource)."""


def output_only(method: Method, schema: str) -> set[str]:
    """The fields that a document marks as Google's own: what a client sends there is ignored."""
    found = method.properties(schema).items()
    return {
        name
        for name, one in found
        if one.get("readOnly") or re.match(r"\[?output.only", one.get("description", ""), re.I)
    }


def changes_with_it(name: str) -> bool:
    """Whether a field tells one state of a resource from the next."""
    return name == "etag" or name.lower().endswith("fingerprint")


def fill(cloud: Cloud, call: Call, key: str, resource: Json, known: Known) -> Json:
    """Complete `resource`, in place."""
    method = call.method
    path = key.partition(":")[2]
    where = dict(re.findall(r"(regions|zones|locations)/([^/]+)", path))
    for name, schema in method.properties(method.resource).items():
        if resource.get(name):
            continue
        made = _value(cloud, call, key, path, where, name, schema)
        if made is not None:
            resource[name] = made
    for name, value in known.get(f"{method.api}.{method.resource}", {}).items():
        place(
            resource, name, value(cloud, key, resource) if callable(value) else copy.deepcopy(value)
        )
    return resource


def _value(
    cloud: Cloud,
    call: Call,
    key: str,
    path: str,
    where: dict[str, str],
    name: str,
    schema: Json,
) -> Any:
    makers: list[tuple[bool, Callable[[], Any]]] = [
        (name == "kind", lambda: schema.get("default")),
        (name in ("selfLink", "selfLinkWithId"), lambda: link(call, path)),
        (name == "id" and schema.get("format") == "uint64", lambda: number(key)),
        (name == "id" and schema.get("type") == "string", lambda: last(path)),
        (name in ("uniqueId", "uid", "oauth2ClientId"), lambda: number(key)),
        (name in TIMES and schema.get("format") == "int64", lambda: str(int(time.time() * 1000))),
        (name in TIMES and schema.get("type") == "string", now),
        (name == "etag" or _is_fingerprint(name, schema), _random),
        (name in ("state", "status") and "enum" in schema, lambda: _ready(schema["enum"])),
        (name == "region" and "regions" in where, lambda: _within(cloud, call, "regions", where)),
        (name == "zone" and "zones" in where, lambda: _within(cloud, call, "zones", where)),
        (name in ("project", "projectId"), lambda: cloud.project),
        (name == "projectNumber", lambda: cloud.number),
        (name == "location", lambda: where.get("locations")),
    ]
    return next((make() for fits, make in makers if fits), None)


def _is_fingerprint(name: str, schema: Json) -> bool:
    return name.lower().endswith("fingerprint") and schema.get("format") == "byte"


def _random() -> str:
    return base64.b64encode(os.urandom(6)).decode()


def _ready(words: list[str]) -> str:
    return next((one for one in READY if one in words), words[0])


def _within(cloud: Cloud, call: Call, kind: str, where: dict[str, str]) -> str:
    return link(call, f"projects/{cloud.project}/{kind}/{where[kind]}")
