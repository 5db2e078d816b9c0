"""What is wrong with a stack's settings, in words that say what to change and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from reprlib import Repr
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

SECRET = "[secret]"
MISSING = "nothing is given"
UNKNOWN_KEY = "an unknown key"
_WORDS = Repr()
_WORDS.maxstring = _WORDS.maxother = _WORDS.maxlong = 100
_WORDS.maxlevel = 3
LONGEST = 300
"""How much of a value is shown, in characters: lists of lists are long whatever is left out."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    key: str
    """The whole path of the key, as it would be typed: `alphintra:cache.memory_gb`."""
    given: str
    """What stands there, in words."""
    allowed: str
    """What may stand there."""

    def __str__(self) -> str:
        return f"{self.key}: {self.given}; allowed: {self.allowed}"


def report(file: str, found: Sequence[Problem]) -> str:
    """All that is wrong with `file`, a line each."""
    count = "1 setting is" if len(found) == 1 else f"{len(found)} settings are"
    lines = "".join(f"\n  {file}: {problem}" for problem in found)
    return f"{count} wrong; nothing was changed.{lines}"


def problems(error: ValidationError, model: type[BaseModel], namespace: str) -> list[Problem]:
    """What pydantic found, each with what the schema of `model` allows at that place."""
    schema = _schema(model)
    return [_problem(details, schema, namespace) for details in error.errors()]


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _problem(details: ErrorDetails, schema: dict[str, Any], namespace: str) -> Problem:
    kind = details["type"]
    path = [str(part) for part in details["loc"] if part != "[key]"]
    key = ":".join(filter(None, (namespace, ".".join(map(readable, path)))))
    if kind == "conflict":  # between settings: the error itself says what stands and what may
        return Problem(key, **details.get("ctx", {}))
    given = MISSING if kind == "missing" else shown(details["input"])
    if kind == "extra_forbidden":
        siblings = list(_at(schema, schema, path[:-1]).get("properties", {}))
        return Problem(key, UNKNOWN_KEY, _keys(path[-1], siblings))
    if "[key]" in details["loc"]:
        return Problem(
            key, f"given the key {readable(path[-1])}", _words(_keys_schema(schema, path[:-1]))
        )
    place = _at(schema, schema, path)
    hint = did_you_mean(details["input"], map(str, place.get("enum", ())))
    return Problem(key, given, _words(place) + hint)


def shown(value: Any) -> str:
    """A value that stands somewhere, in words: on one line, and no more of it than one can read."""
    words = SECRET if value == SECRET else _WORDS.repr(value)
    return f"given {words if len(words) <= LONGEST else f'{words[:LONGEST]} …'}"


def readable(word: str) -> str:
    """A name that somebody gave: as it is, unless a terminal would do something with it (controls,
    changes of direction, what has no width) or it is no name at all."""
    return word if word.isprintable() and 0 < len(word) <= 100 else _WORDS.repr(word)


def did_you_mean(wrong: Any, known: Iterable[str]) -> str:
    """What follows when something close to `wrong` is known."""
    near = get_close_matches(str(wrong), list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _keys(wrong: str, known: Sequence[str]) -> str:
    return f"{', '.join(sorted(known))}{did_you_mean(wrong, known)}"


def _at(root: dict[str, Any], schema: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The part of a JSON schema that says what may stand at `path`."""
    schema = _resolved(root, schema)
    if not path:
        return schema
    inside = schema.get("items") or schema.get("properties", {}).get(path[0])
    if inside is None:
        patterns: list[dict[str, Any]] = list(schema.get("patternProperties", {}).values())
        inside = patterns[0] if patterns else schema.get("additionalProperties") or {}
    return _at(root, inside, path[1:])


def _resolved(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """`schema`, or what it refers to; words that stand beside the reference are kept."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return {**root["$defs"][reference.rsplit("/", 1)[1]], **schema}


def _keys_schema(schema: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    mapping = _at(schema, schema, path)
    for pattern in mapping.get("patternProperties", {}):
        return {"type": "string", "pattern": pattern}
    return mapping.get("propertyNames", {"type": "string"})


def _words(schema: dict[str, Any]) -> str:
    """What a JSON schema allows, in words."""
    if "allowed" in schema:
        return schema["allowed"]
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "anyOf" in schema:  # a value, or null for none
        return " or ".join(
            "null" if one == {"type": "null"} else _words(one) for one in schema["anyOf"]
        )
    if "const" in schema:
        return str(schema["const"])
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "integer" | "number":
            noun = "a whole number" if schema["type"] == "integer" else "a number"
            low, high = schema.get("minimum"), schema.get("maximum")
            span = f" from {low}" * (low is not None) + f" to {high}" * (high is not None)
            return noun + span + _multiple(schema)
        case "string":
            return f"text like {schema['pattern']}" if "pattern" in schema else "text"
        case "object" if "properties" in schema:
            return f"an object with the keys {', '.join(sorted(schema['properties']))}"
        case "object":
            return "an object of names and values"
        case _:
            return "see the description of this setting"


def _multiple(schema: dict[str, Any]) -> str:
    return f", a multiple of {schema['multipleOf']}" if "multipleOf" in schema else ""
