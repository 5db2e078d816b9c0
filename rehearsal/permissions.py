"""What the account that deploys must be allowed to do: from the calls that a rehearsal made.

Most methods take the permission `<service>.<collection>.<verb>`; what differs, and what Google asks
for besides, is in `permissions.toml` with its source. The calls of each stack, distilled, are kept
in `calls.toml`: a rehearsal verifies it, and `ACCEPT=1` renews it.
"""

import os
import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from rehearsal.facts import CALLS, Facts, of_run, recorded, written

HERE = Path(__file__).parent
TABLE: dict[str, Any] = tomllib.loads((HERE / "permissions.toml").read_text())
ROLES: dict[str, Any] = tomllib.loads((HERE / "roles.toml").read_text())


def of_method(method: str) -> frozenset[str]:
    """The permissions that Google asks for a call of `method`; empty where it asks for none."""
    exception = _exception("method", method)
    if exception is not None:
        return exception
    service, *_, collection, verb = method.split(".")
    return frozenset(
        {f"{TABLE['service'].get(service, service)}.{collection}.{TABLE['verb'].get(verb, verb)}"}
    )


def of_kind(kind: str) -> frozenset[str]:
    """The permissions for making, reading, changing and removing one in the cluster."""
    exception = _exception("kind", kind)
    if exception is not None:
        return exception
    name = kind.rpartition(":")[2]
    ending = {"y": "ies", "s": "ses"}.get(name[-1], f"{name[-1]}s")
    plural = f"{name[0].lower()}{name[1:-1]}{ending}"
    return frozenset(f"container.{plural}.{verb}" for verb in TABLE["cluster"]["verbs"])


def _exception(what: str, name: str) -> frozenset[str] | None:
    """Of the table `what`, the first row whose pattern fits."""
    row = next((row for one, row in TABLE[what].items() if fnmatchcase(name, one)), None)
    return None if row is None else frozenset(row["needs"])


def needed(facts: Facts) -> frozenset[str]:
    """The smallest set of permissions for the calls of `facts`: the methods' own, what Google asks
    for besides, and those for asking how a long-running operation goes."""
    found = {one for method in facts.methods for one in of_method(method)}
    found |= {one for kind in facts.kinds for one in of_kind(kind)}
    found |= set(TABLE["cluster"]["needs"] if facts.kinds else ())
    for pattern, row in TABLE["besides"].items():
        if pattern in facts.methods:
            found |= set(row["needs"])
    apis = {method.partition(".")[0] for method in facts.methods}
    for api, row in TABLE["waiting"].items():
        if api in apis:
            found |= set(row["needs"])
    return frozenset(found)


def every() -> frozenset[str]:
    """What any of the stacks needs."""
    return frozenset[str]().union(*(needed(facts) for facts in recorded().values()))


def holds(role: str) -> frozenset[str]:
    """Those of the permissions that some stack needs which `role` has."""
    return frozenset(ROLES[role]["has"])


def size(role: str) -> int:
    """How many permissions `role` has, whoever needs them."""
    return ROLES[role]["all"]


def missing(permissions: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    """Those that none of `roles` has."""
    return frozenset(permissions) - frozenset[str]().union(*(holds(role) for role in roles))


def spared(permissions: frozenset[str], roles: Sequence[str]) -> list[str]:
    """The roles without which the others would still have all of `permissions`."""
    return [
        role
        for role in roles
        if not missing(permissions, [one for one in roles if one != role])
        - missing(permissions, roles)
    ]


def report(out: Path, stack: str) -> list[str]:
    """What to say at the end of a rehearsal of `stack`; with `ACCEPT=1`, keeps what it called."""
    facts = of_run(out)
    if os.environ.get("ACCEPT") == "1":
        CALLS.write_text(written({**recorded(), stack: facts}))
        recorded.cache_clear()
    methods, permissions = len(facts.methods), len(needed(facts))
    return [
        f"{methods} methods were called, which take {permissions} permissions: section 1 of "
        "docs/deploying-to-gcp.md has them by role.",
        *problems(facts, stack),
    ]


def problems(facts: Facts, stack: str) -> list[str]:
    """What differs from what is kept of the last rehearsal that was accepted: the deployer's roles
    and the docs go by that."""
    kept = recorded().get(stack, Facts(frozenset(), frozenset()))
    new = (facts.methods - kept.methods) | (facts.kinds - kept.kinds)
    gone = (kept.methods - facts.methods) | (kept.kinds - facts.kinds)
    said = [f"new: {', '.join(sorted(new))}"] if new else []
    said += [f"no more: {', '.join(sorted(gone))}"] if gone else []
    return [
        f"rehearsal/calls.toml has other calls than were made. {one}. If that is meant: ACCEPT=1 "
        f"make rehearse STACK={stack}, then make check"
        for one in said
    ]
