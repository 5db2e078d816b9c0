"""A request's body against a document's schemas, refused in Google's words."""

import json
import re
from collections.abc import Collection
from typing import Any, cast

from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import camel

DURATION = r"-?\d+(\.\d+)?s"
WHOLE, NUMBER = r"-?\d*", r"-?\d+(\.\d+)?"


def complaints(value: Any, schema: str, schemas: Json, ignored: Collection[str]) -> list[str]:
    """What is wrong with a body that is to be a `schema`; fields in `ignored` may be anything."""
    check = _Check(schemas, ignored)
    check.value(value, {"$ref": schema}, "")
    return check.errors


def _names(pattern: str) -> bool:
    """Whether what is asked for is a resource's name: the references' matter; it may be a link."""
    return pattern.startswith("^projects")


class _Check:
    def __init__(self, schemas: Json, ignored: Collection[str]) -> None:
        self.schemas, self.ignored, self.errors = schemas, ignored, list[str]()

    def value(self, value: Any, schema: Json, at: str) -> None:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type", "object" if "properties" in schema else "any")
        check = getattr(self, f"_{kind}", None)
        if value is not None and check:
            check(value, schema, at)

    def _object(self, value: Any, schema: Json, at: str) -> None:
        if not isinstance(value, dict):
            return self._bad(at, value, "an object")
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, one in cast(Json, value).items():
            if name in self.ignored:
                continue
            found = properties.get(name) or properties.get(camel(name)) or others
            if found:
                self.value(one, found, f"{at}.{name}" if at else name)
            elif properties:
                place = f" at '{at}'" if at else ""
                self.errors.append(
                    f'Invalid JSON payload received. Unknown name "{name}"{place}: '
                    "Cannot find field."
                )
        return None

    def _array(self, value: Any, schema: Json, at: str) -> None:
        if not isinstance(value, list):
            return self._bad(at, value, "a list")
        for number, one in enumerate(cast(list[Any], value)):
            self.value(one, schema.get("items", {}), f"{at}[{number}]")
        return None

    def _boolean(self, value: Any, _schema: Json, at: str) -> None:
        if not isinstance(value, bool):
            self._bad(at, value, "TYPE_BOOL")

    def _integer(self, value: Any, _schema: Json, at: str) -> None:
        if isinstance(value, bool) or not re.fullmatch(NUMBER, str(value)):
            self._bad(at, value, "TYPE_INT32")

    def _number(self, value: Any, _schema: Json, at: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self._bad(at, value, "TYPE_DOUBLE")

    def _string(self, value: Any, schema: Json, at: str) -> None:
        form, pattern = schema.get("format", ""), schema.get("pattern", "")
        if form in ("int64", "uint64"):
            if not re.fullmatch(WHOLE, str(value)):
                self._bad(at, value, "TYPE_INT64")
        elif not isinstance(value, str):
            self._bad(at, value, "TYPE_STRING")
        elif "enum" in schema and value not in ("", *schema["enum"]):
            named = [one for one in schema["enum"] if not one.endswith("UNSPECIFIED")]
            self._bad(at, value, "one of " + ", ".join(named))
        elif form == "google-duration" and value and not re.fullmatch(DURATION, value):
            self._bad(at, value, "Field must be a duration such as 30s")
        elif value and not _names(pattern) and not re.fullmatch(pattern or ".*", value, re.DOTALL):
            self._bad(at, value, f"must match {pattern}")

    def _bad(self, at: str, value: Any, wanted: str) -> None:
        self.errors.append(f"Invalid value at '{at}' ({wanted}), {json.dumps(value)}")
