"""The services of a stack: which there are, and what they mean for the database and the cache."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from components.cache import CacheSpec
from components.database import DatabaseSpec
from components.service import RESERVED, ServiceSpec, account_name
from stacks.messages import Problem, did_you_mean, shown

Services = Mapping[str, ServiceSpec]

KEY = "alphintra:services"
ACCOUNT_ID = (6, 30)
"""How many characters the name of a Google service account has: Google's rule
(https://cloud.google.com/iam/docs/service-accounts-create)."""


def merged(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The services of the stack file over the default ones, each key by key; null takes a default
    service away."""
    together = dict(defaults)
    for name, values in given.items():
        default = together.get(name)
        both = isinstance(values, dict) and isinstance(default, dict)
        together[name] = {**cast(Any, default), **cast(Any, values)} if both else values
    return {name: values for name, values in together.items() if values is not None}


def conflicts(
    services: Services, database: DatabaseSpec, target: str, stack: str
) -> Iterator[Problem]:
    """What no service can see by itself."""
    owners: dict[str, str] = {}
    for name, service in services.items():
        yield from _unknown_calls(name, service, services)
        if target == "gcp":
            yield from _account_id(name, f"{stack}-{name}")
        if service.database:
            yield from _owner(name, service.database, owners, database)
            owners.setdefault(service.database, name)


def _unknown_calls(name: str, service: ServiceSpec, services: Services) -> Iterator[Problem]:
    others = sorted(set(services) - set(RESERVED))
    for called in service.calls:
        if called not in services:
            allowed = f"{', '.join(others)}{did_you_mean(called, others)}"
            yield Problem(f"{KEY}.{name}.calls", shown(called), allowed)


def _account_id(name: str, account: str) -> Iterator[Problem]:
    least, most = ACCOUNT_ID
    if not least <= len(account) <= most:
        given = f"a name of {len(account)} characters for its Google service account ({account})"
        yield Problem(f"{KEY}.{name}", given, f"{least} to {most}, the stack's name included")


def _owner(
    name: str, owned: str, owners: Mapping[str, str], database: DatabaseSpec
) -> Iterator[Problem]:
    """One owner for each database, and that is the service's own role."""
    key, role = f"{KEY}.{name}.database", account_name(name)
    if owned in owners:
        given = f"given {owned!r}, which {owners[owned]} owns"
        yield Problem(key, given, "a database that no other service owns; it can call that service")
    elif (owner := database.databases.get(owned, role)) != role:
        given = f"given {owned!r}, which alphintra:database.databases gives to {owner}"
        yield Problem(key, given, f"a database that nobody else owns; or {role} as its owner there")


def with_databases(database: DatabaseSpec, services: Services) -> DatabaseSpec:
    """The same, and each service's database, owned by its role."""
    owned = {
        service.database: account_name(name)
        for name, service in services.items()
        if service.database
    }
    return database.model_copy(update={"databases": {**database.databases, **owned}})


def with_users(cache: CacheSpec, services: Services) -> CacheSpec:
    """The same, and a user for each service that uses the cache."""
    users = [account_name(name) for name, service in services.items() if service.cache]
    return cache.model_copy(update={"users": list(dict.fromkeys([*cache.users, *users]))})


def callers(of: str, services: Services) -> Sequence[str]:
    """The services that may call one."""
    return [name for name, service in services.items() if of in service.calls]
