"""The services of a stack file: merged over the default ones, and what is refused."""

import json
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.service import RESERVED
from stacks.config import Settings, parse
from stacks.defaults import SERVICES
from stacks.services import callers, merged, with_databases, with_users
from tests.programs import STACKS, stack_config

LOCAL = {"alphintra:target": "local", "alphintra:environment": "dev"}
FILE = "Pulumi.dev.yaml"
KEY = f"{FILE}: alphintra:services"


def settings(services: Any, **others: Any) -> Settings:
    objects = {f"alphintra:{key}": json.dumps(value) for key, value in others.items()}
    return parse({**LOCAL, **objects, "alphintra:services": json.dumps(services)}, FILE)


def refused(services: Any, **others: Any) -> list[str]:
    """The lines of the error that they end with, without the first."""
    with pytest.raises(pulumi.RunError) as error:
        settings(services, **others)
    return str(error.value).split("\n  ")[1:]


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_the_default_services(stack: str):
    services = parse(stack_config(stack), f"Pulumi.{stack}.yaml").services
    assert {name: one.database for name, one in services.items()} == {
        "trading-api": "trading",
        "strategy-engine": "strategies",
        "auth": "users",
    }


def test_a_service_is_added_changed_or_taken_away():
    services = settings({"gateway": {"exposed": True}, "auth": {"pods": 3}, "trading-api": None})
    assert set(services.services) == {"gateway", "auth", "strategy-engine"}
    assert services.services["auth"].pods == 3
    assert services.services["auth"].database == "users"
    assert services.services["gateway"].exposed


names = st.sampled_from([*SERVICES, "gateway", "ledger"])
entries = st.one_of(st.none(), st.dictionaries(st.sampled_from(["pods", "cpus"]), st.just(5)))


@given(st.dictionaries(names, entries))
def test_merging_keeps_what_is_not_named_and_takes_away_what_is_null(stack_file: dict[str, Any]):
    together = merged(SERVICES, stack_file)
    assert set(together) == (set(SERVICES) | set(stack_file)) - {
        name for name, entry in stack_file.items() if entry is None
    }
    for name, entry in together.items():
        assert entry == {**SERVICES.get(name, {}), **stack_file.get(name, {})}


def test_a_database_has_its_services_role_as_owner():
    owned = with_databases(
        settings({}, database={"databases": {"audit": "auditor"}}).database,
        settings({}).every_service,
    )
    assert owned.databases == {
        "audit": "auditor",
        "trading": "trading_api",
        "strategies": "strategy_engine",
        "users": "auth",
        "connectivity_check": "connectivity_check",
    }


def test_who_uses_the_cache_is_a_user_of_it_once():
    given_users = settings({"gateway": {}}, cache={"users": ["reports", "auth"]})
    users = with_users(given_users.cache, given_users.every_service).users
    assert sorted(users) == sorted(set(users))
    assert set(users) == {
        *("reports", "auth", "trading_api", "strategy_engine", "connectivity_check")
    }


def test_callers_are_those_that_name_it():
    services = settings({"gateway": {"calls": ["auth"]}, "auth": {"calls": ["auth"]}}).services
    assert set(callers("auth", services)) == {"gateway", "auth"}
    assert list(callers("gateway", services)) == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown service is called": (
        {"gateway": {"calls": ["trading-apo"]}},
        f"{KEY}.gateway.calls: given 'trading-apo'; allowed: auth, gateway, "
        "strategy-engine, trading-api (did you mean trading-api?)",
    ),
    "one that was taken away is called": (
        {"auth": None, "gateway": {"calls": ["auth"]}},
        f"{KEY}.gateway.calls: given 'auth'; allowed: gateway, strategy-engine, trading-api",
    ),
    "two services with one database": (
        {"ledger": {"database": "trading"}},
        f"{KEY}.ledger.database: given 'trading', which trading-api owns; allowed: a database "
        "that no other service owns; it can call that service",
    ),
    "the check's database": (
        {"ledger": {"database": "connectivity_check"}},
        f"{KEY}.connectivity-check.database: given 'connectivity_check', which ledger owns; "
        "allowed: a database that no other service owns; it can call that service",
    ),
    "a name that is no namespace": (
        {"Ledger": {}},
        f"{KEY}.Ledger: given the key Ledger; "
        "allowed: text like ^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
    ),
    "a database that is none": (
        {"ledger": {"database": "Ledger-DB"}},
        f"{KEY}.ledger.database: given 'Ledger-DB'; allowed: text like ^[a-z][a-z0-9_]{{0,62}}$ "
        "or null",
    ),
    "an unknown key": (
        {"ledger": {"databse": "ledger"}},
        f"{KEY}.ledger.databse: an unknown key; allowed: cache, calls, cpus, database, exposed, "
        "internet, memory_gb, pods, registry, volumes_gb (did you mean database?)",
    ),
    "not an object": ({"ledger": 5}, f"{KEY}.ledger: given 5; allowed: an object with the keys "),
}


@pytest.mark.parametrize(("services", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_in_one_line(services: dict[str, Any], line: str):
    (found,) = refused(services)
    assert found.startswith(line)


@pytest.mark.parametrize("name", [*RESERVED, "kube-proxy", "gke-x", "gmp-x", "pg-x", "cloudsqlx"])
def test_a_reserved_name_is_refused(name: str):
    (found,) = refused({name: {}})
    assert found.startswith(f"{KEY}.{name}: given {name}, a reserved name; allowed: none of ")


def test_a_database_that_another_role_owns_is_refused():
    (found,) = refused({}, database={"databases": {"users": "clerk"}})
    assert found == (
        f"{KEY}.auth.database: given 'users', which alphintra:database.databases gives to clerk; "
        "allowed: a database that nobody else owns; or auth as its owner there"
    )
    assert settings({}, database={"databases": {"users": "auth"}}).services["auth"]


def test_the_google_account_of_a_service_has_room_for_its_name():
    config = {
        **stack_config("staging"),
        "alphintra:services": json.dumps({"an-exchange-connector-of-old": {}}),
    }
    with pytest.raises(pulumi.RunError) as error:
        parse(config, "Pulumi.staging.yaml")
    assert (
        "alphintra:services.an-exchange-connector-of-old: a name of 36 characters for its Google "
        "service account (staging-an-exchange-connector-of-old); allowed: 6 to 30, the stack's "
        "name included"
    ) in str(error.value)
    assert parse({**config, "alphintra:target": "local"}, "Pulumi.staging.yaml")
