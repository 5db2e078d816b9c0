"""What a stack's data rests on: as its last `up` recorded it, against what is asked for now.

It is compared before any resource is described, so what would lose data is refused by a preview
and by an `up` alike, however they are started. docs/decisions/2026-11-21-changes-with-data.md
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.naming import DATA
from stacks.config import NAMESPACE, Settings
from stacks.messages import Problem, report
from stacks.services import with_databases

ANEW = {
    "local": "`make backup`, `make down`, `make up` and `make restore FILE=…` take the data along",
    "gcp": "export the data, take the stack down, bring it up and import it",
}
"""Target → the way out where something has to be made anew."""
REGISTRY, DATABASE, CACHE = "registry", "database", "cache"
"""The components that hold data. Their volumes bear their names."""
DATA_VOLUMES = {
    "local": tuple(f"{name}{DATA}" for name in (REGISTRY, DATABASE, CACHE)),
    "gcp": (),
}
"""Target → the Docker volumes that hold data of which there need be no copy elsewhere. A replica's
is a copy, and may go with it."""
COPY = f"-replica{DATA}"
"""How the name of a replica's volume ends."""

READ = "pulumi:pulumi:readStackResourceOutputs"
PATIENCE_SECONDS, PAUSE_SECONDS = 5, 0.05

Outputs = Mapping[str, Any]


@dataclass(frozen=True)
class Promise:
    """A setting that the data there is depends on."""

    of: Callable[[Settings], Any]
    breaks: Callable[[Any, Any], bool]
    """Whether the data would not outlast the change from one value to the other."""
    why: str
    allowed: str
    """What may stand there instead; `{before}` is the value of the last `up`."""


def older(before: Any, now: Any) -> bool:
    return _version(now) < _version(before)


def smaller(before: Any, now: Any) -> bool:
    return now < before


def another(before: Any, now: Any) -> bool:
    return now != before


def _version(words: str) -> list[int]:
    return [int(number) for number in words.split(".")]


def _whole(value: Any) -> Any:
    """Pulumi gives every number back as a floating-point one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


OLDER = "an older server can't read what a newer one has written"
PROMISES: dict[str, Promise] = {
    "target": Promise(
        lambda settings: settings.target,
        another,
        "nothing of the stack, its data least of all, moves by itself",
        "{before}; or another stack, in a file of its own, beside this one",
    ),
    "network.cidr": Promise(
        lambda settings: str(settings.network.cidr),
        another,
        "all servers have their addresses in it and would be made anew, the cluster with all that "
        "is stored in it",
        "{before}",
    ),
    "database.version": Promise(
        lambda settings: settings.database.version, older, OLDER, "{before} or later"
    ),
    "database.disk_gb": Promise(
        lambda settings: settings.database.disk_gb,
        smaller,
        "no disk shrinks, so the server would be made anew without its data",
        "{before} or more",
    ),
    "cache.version": Promise(
        lambda settings: settings.cache.version, older, OLDER, "{before} or later"
    ),
}
"""Setting → what holds of it as long as the stack's data is to stay. The same on every target: what
Google Cloud refuses, or answers by making a server anew, is to be met here first."""


def promises(settings: Settings) -> dict[str, Any]:
    """Setting of `PROMISES` → value, to be recorded for the next `up`."""
    return {key: promise.of(settings) for key, promise in PROMISES.items()}


@dataclass(frozen=True)
class Recorded:
    """What the state of a stack says."""

    promises: Mapping[str, Any]
    databases: frozenset[str]
    volumes: frozenset[str]


DATABASES = {"PostgresDatabase": "database", "gcp:sql/database:Database": "name"}
"""How the type of a database ends → the output with its name."""
VOLUME, PLATFORM = "docker:index/volume:Volume", "alphintra:index:Platform"


def recorded(resources: Mapping[str, Mapping[str, Any]]) -> Recorded:
    """From the state's resources: URN → `type` and `outputs`."""
    found: list[tuple[str, Outputs]] = [
        (one["type"], one.get("outputs") or {}) for one in resources.values()
    ]
    promised: list[Outputs] = [
        outputs["promises"]
        for type_, outputs in found
        if type_ == PLATFORM and "promises" in outputs
    ]
    return Recorded(
        promises=promised[0] if promised else {},
        databases=frozenset(
            str(outputs[name])
            for type_, outputs in found
            for ending, name in DATABASES.items()
            if type_.endswith(ending)
        ),
        volumes=frozenset(
            str(outputs["name"])
            for type_, outputs in found
            if type_ == VOLUME and not outputs["name"].endswith(COPY)
        ),
    )


def losses(settings: Settings, before: Recorded, prefix: str) -> Iterator[Problem]:
    """What of the data that is there would be lost; `prefix` is that of the stack's volumes."""
    way_out = ANEW[settings.target]
    for key, promise in PROMISES.items():
        now, was = promise.of(settings), _whole(before.promises.get(key))
        if was is not None and promise.breaks(was, now):
            given = f"given {now}, and the stack has {was}: {promise.why}"
            allowed = f"{promise.allowed.format(before=was)}; {way_out}"
            yield Problem(f"{NAMESPACE}:{key}", given, allowed)
    wanted = set(with_databases(settings.database, settings.every_service).databases)
    dropped = set(settings.dropped_databases)
    for name in sorted(before.databases - wanted - dropped):
        yield Problem(
            f"{NAMESPACE}:services",
            f"the database {name} is no service's any more: it would be dropped with all that is "
            "in it",
            f"a service with `database: {name}`; `{name}` in {NAMESPACE}:database.databases, with "
            f"an owner, keeps it without one; `{NAMESPACE}:dropped_databases: [{name}]` lets it go",
        )
    volumes = {f"{prefix}{name}" for name in DATA_VOLUMES[settings.target]}
    if before.promises.get("target", settings.target) == settings.target:
        for name in sorted(before.volumes - volumes):
            yield Problem(
                "the program",
                f"it names the volume {name} no more: it would be removed with all that is in it",
                f"its old name; {way_out}",
            )


def own_state(name: str) -> Mapping[str, Any]:
    """The resources of the stack `name`: URN → what is recorded of it.

    The engine writes that file itself at this moment, in place where it is on this machine, and may
    find half of it.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = pulumi.runtime.invoke(READ, {"stackName": name})
        except Exception as error:
            if "checkpoint" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            value: dict[str, Any] = answer.value or {}
            return value.get("outputs") or {}


def refuse_losses(settings: Settings) -> None:
    """Raise `pulumi.RunError` with a line for each thing that would be lost; nothing is made then.

    The engine itself answers what the state holds; a stack that is yet to be made has nothing.
    """
    stack = pulumi.get_stack()
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    before = recorded(own_state(name))
    if found := list(losses(settings, before, f"{pulumi.get_project()}-{stack}-")):
        raise pulumi.RunError(report(f"Pulumi.{stack}.yaml", found))
