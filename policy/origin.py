"""Which setting of the stack file an input of a resource comes from."""

import re
import tomllib
from pathlib import Path

FILE = Path(__file__).parent / "data" / "settings.toml"
"""Type → input → settings; made by the tests, which change each setting and see what differs."""
_TABLE: dict[str, dict[str, list[str]]] = tomllib.loads(FILE.read_text())
_PROVIDER = {"project": "gcp:project", "region": "gcp:region", "location": "gcp:region"}
_PROBLEM = re.compile(
    r"(gcp:\S+) resource '([^']+)' has a problem: .*Examine values at '\2\.([^']+)'"
)


def settings_of(type_: str, path: str) -> list[str]:
    """The keys, as they are typed in a stack file, that say what stands at `path` of a resource of
    `type_`, or at what holds it. Empty where the program alone says it."""
    table, parts = _TABLE.get(type_, {}), re.sub(r"\[\d+\]", "", path).split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in table:
            return [f"alphintra:{setting}" for setting in table[prefix]]
    return [_PROVIDER[path]] if path in _PROVIDER else []


def settings_of_problem(message: str) -> list[str]:
    """The keys that the value comes from which the provider's `message` complains about."""
    problem = _PROBLEM.search(message)
    return settings_of(problem[1], problem[3]) if problem else []
