"""Stack configurations that nobody wrote: valid, nearly valid and hostile, from the settings' own
schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from hypothesis import strategies as st

from components.network.plan import LARGEST_PREFIX, SMALLEST_PREFIX
from policy.google import REGIONS
from policy.rules import RULES
from stacks.config import Settings
from stacks.defaults import SERVICES
from stacks.messages import SECRET

CAPABILITIES = (
    "baseline", "cache", "cluster", "database", "foundation", "network", "registry", "services",
)  # fmt: skip
MARK = "hunter2"
"""Stands in each secret: no message may hold it."""
TEXTS = [
    *("", " ", "\n", "\t", "\0", "\x1b[31mred", "x" * 64, "x" * 300, "x" * 20_000, "9" * 5000),
    *("'; DROP TABLE users; --", '"; DROP DATABASE trading; --', "\\'; --", "$$;", "\\gexec"),
    *("$(touch run)", "`touch run`", "; touch run", "&& touch run", "| cat", "> run", "${HOME}"),
    *("../../etc/passwd", "/etc/passwd", "a/b", "C:\\x", "~", "file:///x", "-x", "--help", "%s%n"),
    *("{{ .x }}", "{0}", "%[var(txn.x)]", "${jndi:ldap://x}", "<script>", "&amp;", "#", "a: b"),
    *("user default on nopass ~* +@all", "x\nuser y on nopass +@all", "x\nlisten y\n bind :1"),
    *("*a", "&a", "<<", "---", "!!python/object/apply:os.system [id]", "%YAML 1.1", "? x", "- x"),
    *("yes", "no", "Off", "null", "0o17", "017", "0x1F", "1_000", "1:30", "1e3", ".inf", ".nan"),
    # One letter in two forms, a ligature, wide and Cyrillic letters, letters that change their
    # length in lower case; text that runs backwards, has no width, or is half a character.
    *("\u00e9", "e\u0301", "\ufb01", "\uff21\uff22", "\u00df", "\u0130", "\u0430", "\u65e5\u672c"),
    *("\u202eabc", "\u200b", "\ufeff", "\u2028", "\ud800", "\udfff", "\U0001f4a5", "\U000e0041"),
    *("a\0b", "\uff12", "\u0663", "\u2167"),  # and digits of other scripts
    *("order", "user", "select", "none", "public", "postgres", "template1", "default", "pg_x"),
    *("con", "localhost", "kube-system", "constructor", "__proto__", "__class__", "model_fields"),
    *("True", "1", "-1", "0", "1.5", "NaN", "[", "{", "[]", "{}", '{"a": 1}', SECRET),
]  # fmt: skip
NUMBERS: list[Any] = [
    *(0, -1, 1, 2, 3, 65535, 65536, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**30, 10**400),
    *(0.1, -0.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan")),
]
OTHERS: list[Any] = [
    *(None, True, False, [], {}, [[]], [None], {"": None}, {"secure": MARK}, {"a": {"b": [1]}}),
]  # fmt: skip


@dataclass(frozen=True)
class Configuration:
    """What Pulumi would hand over."""

    stack: str
    values: Mapping[str, Any]

    def on(self, target: str) -> dict[str, Any]:
        """The same with its one word changed; a wrong one stays."""
        if self.values.get("alphintra:target") not in ("local", "gcp"):
            return dict(self.values)
        return {**self.values, "alphintra:target": target}


@cache
def schema() -> dict[str, Any]:
    return Settings.model_json_schema()


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = part.get("$ref")
    return {**schema()["$defs"][reference.rsplit("/", 1)[1]], **part} if reference else part


BLOCKS = st.tuples(st.integers(0, 15), st.integers(SMALLEST_PREFIX, LARGEST_PREFIX)).map(
    lambda block: f"10.{block[0] * 16}.0.0/{block[1]}"
)
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "cidr": BLOCKS,
    "rule": st.sampled_from([rule.id for rule in RULES]),
    "reason": st.just("A rehearsal that lasts for an hour."),
    "resource": st.sampled_from(["database", "cluster", "cache"]),
    "until": st.dates().map(str),
    "first_day": st.sampled_from(["2027-01-15", "2027-01-31", "2028-02-29"]),
    "last_day": st.sampled_from(["2027-01-15", "2027-02-10", "2028-03-01"]),
    "calls": st.lists(st.sampled_from(["auth", "trading-api", "ledger"]), max_size=2),
    "memory_gb": st.sampled_from([4, 8, 12, 16, 32]),
}
"""Field → values of it, where its schema does not say what goes with the others."""


@cache
def valid(name: str, kind: str) -> st.SearchStrategy[Any]:
    """Values that the schema `kind` (as JSON) of a field `name` allows."""
    return KNOWN[name] if name in KNOWN else _of(name, resolved(json.loads(kind)))


def field(name: str, part: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return valid(name, json.dumps(part))


def _of(name: str, part: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "const" in part:
        return st.just(part["const"])
    if "anyOf" in part:
        return st.one_of(*(field(name, one) for one in part["anyOf"]))
    match part.get("type"):
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            low, step = part.get("minimum", -(2**40)), part.get("multipleOf", 1)
            high = part.get("maximum", 2**40)
            return st.integers(-(-low // step), min(high, low + 4000) // step).map(
                lambda number: number * step
            ) | st.sampled_from([low, high])
        case "number":
            return st.floats(part["minimum"], part["maximum"])
        case "string":
            pattern: str = part.get("pattern", r"^[A-Za-z0-9]{0,20}$")
            return st.from_regex(pattern, fullmatch=True)
        case "array":
            return st.lists(field(name, part["items"]), max_size=3)
        case "object" if "properties" in part:
            return some_of(part)
        case _:
            patterns: dict[str, Any] = part.get("patternProperties", {})
            keys = st.from_regex(next(iter(patterns)), fullmatch=True) if patterns else PORTS
            inside = next(iter(patterns.values()), part.get("additionalProperties", {}))
            return st.dictionaries(keys, field(name, inside), max_size=3)


PORTS = st.integers(1, 65535).map(str)


def some_of(part: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with what it must have, and a few of the rest."""
    properties: dict[str, Any] = part["properties"]
    needed: list[str] = part.get("required", [])
    free = sorted(set(properties) - set(needed))

    def chosen(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(
            {name: field(name, properties[name]) for name in [*needed, *names]}
        )

    few = st.lists(st.sampled_from(free), max_size=2, unique=True) if free else st.just([])
    return few.flatmap(chosen)


def services() -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["auth", "ledger", "gateway", "order", "user", "a", "x" * 20]) | (
        st.from_regex(r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", fullmatch=True)
    )
    service = resolved({"$ref": "#/$defs/ServiceSpec"})
    return st.dictionaries(names, st.none() | some_of(service), max_size=3)


@st.composite
def well_formed(draw: st.DrawFn) -> dict[str, Any]:
    """Each value by itself as its schema has it; the target and what Google needs are given."""
    environment = draw(st.sampled_from(["dev", "staging", "prod"]))
    values: dict[str, Any] = {
        "alphintra:target": draw(st.sampled_from(["local", "gcp"])),
        "alphintra:environment": environment,
        "gcp:project": "alphintra-dev",
        "gcp:region": draw(st.sampled_from(sorted(REGIONS))),
        "alphintra:foundation": {
            "project_number": "100000000001",
            "billing_account": "000000-000000-000000",
            "alert_email": "platform@alphintra.example",
        },
    }
    if draw(st.integers(0, 2)):
        values["alphintra:services"] = dict.fromkeys(SERVICES)  # a graph of half the size
    for capability in draw(st.lists(st.sampled_from(CAPABILITIES), max_size=4, unique=True)):
        part = resolved(schema()["properties"][capability])
        some = services() if capability == "services" else some_of(part)
        values.setdefault(f"alphintra:{capability}", {}).update(draw(some))
    if draw(st.integers(0, 9)) == 0:
        waivers = st.lists(field("waivers", {"$ref": "#/$defs/Waiver"}), max_size=2)
        values["alphintra:waivers"] = draw(waivers)
    return values


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([*TEXTS, *NUMBERS, *OTHERS]) | st.text(max_size=30) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(TEXTS) | st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = ["dev", "d", "e2e", "team-a", "x1234567890"]
STRANGE_NAMES = [
    "Dev",
    "x" * 12,
    "x" * 100,
    "a_b",
    "a.b",
    "1dev",
    "-x",
    "x-",
    "dev.yaml",
    "default",
]
"""Names that Pulumi itself would take."""


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside `value`."""
    found = [path] if path else []
    inner = cast(dict[str, Any], value).items() if isinstance(value, dict) else ()
    return found + [one for key, item in inner for one in places(item, (*path, key))]


def spoil(draw: st.DrawFn, values: dict[str, Any]) -> None:
    """One thing in `values` becomes another."""
    *way, last = draw(st.sampled_from(places(values)))
    inside: dict[str, Any] = values
    for key in way:
        inside = inside[key]
    old = inside[last]
    match draw(st.sampled_from(["value", "key", "gone", "near", "added", "many", "deep"])):
        case "value":
            inside[last] = draw(ANYTHING)
        case "key":
            inside[draw(st.sampled_from(TEXTS))] = inside.pop(last)
        case "gone":
            del inside[last]
        case "near" if isinstance(old, (int, float)):
            inside[last] = draw(st.sampled_from([old + 1, old - 1, -old, old * 2, str(old), [old]]))
        case "added" if isinstance(old, dict):
            old[draw(st.sampled_from(TEXTS))] = draw(ANYTHING)
        case "many":
            inside[last] = draw(st.sampled_from([[old] * 300, {f"x{n}": old for n in range(300)}]))
        case "deep":
            for _ in range(draw(st.sampled_from([3, 200]))):
                old = [old]
            inside[last] = old
        case _:
            inside[last] = draw(st.sampled_from(TEXTS))


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Valid one by one; or with a few things spoilt; or hostile, in the settings or in the name."""
    values = draw(well_formed())
    stack = draw(st.sampled_from(NAMES))
    match draw(st.sampled_from(["valid", "near", "near", "hostile", "name"])):
        case "near":
            for _ in range(draw(st.integers(1, 2))):
                spoil(draw, values)
        case "hostile":
            keys = st.sampled_from([*values, *(f"alphintra:{text}" for text in TEXTS)])
            values |= draw(st.dictionaries(keys, ANYTHING, min_size=1, max_size=6))
        case "name":
            stack = draw(st.sampled_from(STRANGE_NAMES))
        case _:
            pass
    return Configuration(stack, {key: handed_over(value) for key, value in values.items()})


def handed_over(value: Any) -> Any:
    """As Pulumi does: objects as JSON, a value with a secret inside as a secret, all else text."""
    text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
    return SECRET if MARK in text else text
