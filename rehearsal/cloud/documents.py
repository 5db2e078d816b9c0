"""Google's discovery documents: what methods an API has, and what their messages look like.

They come with the Python package `google-api-python-client`, pinned beside the provider: both speak
of the same day's APIs. Only those that are asked for are read (the package has 600).
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import files
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PACKAGE = "google-api-python-client"


def folder() -> Path:
    """Where the package keeps its documents (it is not imported: that takes a second)."""
    one = next(f for f in files(PACKAGE) or [] if f.name == "compute.v1.json")
    return Path(str(one.locate())).parent


FOLDER = folder()
VERSION = r"(?:[a-z]+/)?(?:v\d\w*|beta|alpha)/"
"""How a path begins: `v1/`, `compute/v1/`, `sql/v1beta4/`, `compute/beta/`."""


def neutral(path: str) -> str:
    """A path without its version: the same resource in every version of its API."""
    return re.sub(rf"^{VERSION}", "", path)


@dataclass
class Method:
    """One method of an API, as a route."""

    document: "Document"
    id: str
    """As Google names it: `compute.networks.insert`."""
    http: str
    template: str
    """Its path below the host, with `{parameters}`."""
    request: str
    """The schema of its body; empty where it has none."""
    response: str
    parameters: Json
    get: "Method | None" = None
    """The method that reads one resource of the same collection, or this very singleton."""
    creates: bool = False
    """Whether resources of its collection are created; else they are there from the start."""

    @property
    def verb(self) -> str:
        return self.id.rsplit(".", 1)[-1]

    @property
    def api(self) -> str:
        return self.document.name

    @property
    def resource(self) -> str:
        """The schema of what the method's collection holds."""
        return (self.get or self).response or self.request

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        escaped = re.sub(r"\\\{(.*?)\\\}", "([^/]+)", re.escape(self.template))
        return re.compile(f"^{escaped}$")

    @cached_property
    def weight(self) -> int:
        """How much of the path is literal: the more, the more it is meant."""
        return len(re.sub(r"\{.*?\}", "", self.template))

    @property
    def prefix(self) -> str:
        """The version that begins the path."""
        found = re.match(VERSION, self.template)
        return found[0] if found else ""

    def schema(self, name: str) -> Json:
        return self.document.schemas.get(name, {})

    def properties(self, name: str) -> Json:
        return self.schema(name).get("properties", {})

    def holds(self, path: str) -> bool:
        """Whether a resource of this path, without version, is one that this method reads."""
        return self.verb == "get" and self.creates and bool(self.pattern.match(self.prefix + path))


@dataclass
class Document:
    """One version of one API."""

    name: str
    """`compute`: the same in all versions."""
    title: str
    root: str
    schemas: Json
    locations: frozenset[str]
    """The regions in which it has an endpoint of its own."""
    methods: list[Method] = field(default_factory=list[Method])

    @property
    def host(self) -> str:
        return self.root.split("/")[2]

    def route(self, http: str, path: str) -> Method | None:
        return next((m for m in self.methods if m.http == http and m.pattern.match(path)), None)

    def readers(self) -> list[Method]:
        return [m for m in self.methods if m.verb == "get" and m.creates]


@cache
def read(name: str, folder: Path = FOLDER) -> Document:
    """The document of an API and version: `compute.v1`. Nobody changes it."""
    raw: Json = json.loads((folder / f"{name}.json").read_text())
    document = Document(
        raw["name"],
        raw.get("title", ""),
        raw["rootUrl"],
        raw["schemas"],
        frozenset(one["location"] for one in raw.get("endpoints", []) if one.get("location")),
    )
    _walk(document, raw, raw["servicePath"])
    document.methods.sort(key=lambda method: -method.weight)
    return document


def _walk(document: Document, node: Json, base: str) -> None:
    group = [_method(document, raw, base) for raw in node.get("methods", {}).values()]
    get = next((one for one in group if one.verb == "get"), None)
    for one in group:
        one.creates = any(other.verb in ("create", "insert") for other in group)
        same = (m for m in group if m.http == "GET" and m.template == one.template)
        one.get = get or next(same, None)
    document.methods += group
    for child in node.get("resources", {}).values():
        _walk(document, child, base)


def _method(document: Document, raw: Json, base: str) -> Method:
    return Method(
        document,
        raw["id"],
        raw["httpMethod"],
        base + (raw.get("flatPath") or raw["path"]),
        raw.get("request", {}).get("$ref", ""),
        raw.get("response", {}).get("$ref", ""),
        raw.get("parameters", {}),
    )
