"""What would lose data is refused, with the setting, the reason and the way out."""

import json
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from components.database import DatabaseSpec
from stacks import kept
from stacks.config import Settings, parse
from stacks.kept import DATA_VOLUMES, PROMISES, Recorded, losses, promises, recorded
from tests.graph import Graph
from tests.programs import STACKS, deploy, stack_config

PREFIX = "alphintra-dev-"


def settings(**changes: Any) -> Settings:
    """The dev stack's, with some changed."""
    given = {key: v if isinstance(v, str) else json.dumps(v) for key, v in changes.items()}
    return parse(stack_config("dev", **given), "Pulumi.dev.yaml")


def state(graph: Graph) -> dict[str, dict[str, Any]]:
    """What the engine answers once the program of `graph` was brought up."""
    return {
        urn: {"type": node.type, "outputs": {**node.inputs, **graph.outputs.get(urn, {})}}
        for urn, node in graph.nodes.items()
    }


def refused(before: Settings | Recorded, now: Settings) -> list[str]:
    if isinstance(before, Settings):
        before = Recorded(promises(before), frozenset(), frozenset())
    return [str(problem) for problem in losses(now, before, PREFIX)]


@pytest.mark.parametrize("target", ["local", "gcp"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_that_stands_is_not_refused_itself(stack: str, target: str):
    """And what it records is found in its state: its promises, databases and volumes."""
    before = recorded(state(deploy(stack, target=target)))
    now = parse(stack_config(stack, target=target), f"Pulumi.{stack}.yaml")
    assert list(losses(now, before, f"alphintra-{stack}-")) == []
    assert before.promises == promises(now)
    assert before.databases == {"connectivity_check", "trading", "strategies", "users"}
    assert before.volumes == {f"alphintra-{stack}-{name}" for name in DATA_VOLUMES[target]}


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a smaller disk": (
        {"database": {"disk_gb": 50}},
        {"database": {"disk_gb": 49}},
        "alphintra:database.disk_gb: given 49, and the stack has 50: no disk shrinks, so the "
        "server would be made anew without its data; allowed: 50 or more; `make backup`,",
    ),
    "another block": (
        {},
        {"network": {"cidr": "10.62.0.0/16"}},
        "alphintra:network.cidr: given 10.62.0.0/16, and the stack has 10.60.0.0/16: ",
    ),
    "another target": (
        {},
        {"target": "gcp"},
        "alphintra:target: given gcp, and the stack has local: nothing of the stack, ",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_would_lose_data_is_refused(change: str):
    before, now, line = CHANGES[change]
    (words,) = refused(settings(**before), settings(**now))
    assert words.startswith(line)


def test_a_number_is_said_as_it_was_given():
    """Pulumi's state has floating-point ones alone."""
    before = Recorded({"database.disk_gb": 50.0}, frozenset(), frozenset())
    (words,) = refused(before, settings(database={"disk_gb": 20}))
    assert "given 20, and the stack has 50: " in words and "allowed: 50 or more" in words


def test_a_larger_disk_and_other_sizes_are_not():
    now = settings(database={"disk_gb": 30, "memory_gb": 8}, cache={"memory_gb": 2})
    assert refused(settings(), now) == []


@pytest.mark.parametrize("component", ["database", "cache"])
def test_an_older_version_is_refused(component: str):
    now = settings()
    newer = {"database": "16", "cache": "7.10"}[component]
    before = Recorded({f"{component}.version": newer}, frozenset(), frozenset())
    (words,) = refused(before, now)
    assert f"and the stack has {newer}: an older server can't read what a newer one" in words


def test_a_version_that_is_none_is_refused_by_its_key():
    with pytest.raises(ValidationError, match="version"):
        DatabaseSpec.model_validate({"version": "14"})


def test_a_service_that_is_taken_away_keeps_its_database_or_says_so():
    before = Recorded({}, frozenset({"users"}), frozenset())
    gone: dict[str, Any] = {"services": {"auth": None}}
    (words,) = refused(before, settings(**gone))
    assert "the database users is no service's any more: it would be dropped with all" in words
    for way_out in (
        {"services": {"auth": None, "people": {"database": "users"}}},
        {**gone, "database": {"databases": {"users": "auth"}}},
        {**gone, "dropped_databases": ["users"]},
    ):
        assert refused(before, settings(**way_out)) == []
    assert refused(before, settings(**gone, dropped_databases=["trading"])) == [words]


def test_a_data_volume_of_another_name_is_refused():
    before = Recorded({}, frozenset(), frozenset({f"{PREFIX}db-data"}))
    (words,) = refused(before, settings())
    assert f"it names the volume {PREFIX}db-data no more: it would be removed with all" in words


def test_a_replicas_volume_may_go():
    """It holds a copy."""
    before = state(deploy("dev"))
    assert any(kept.COPY in urn for urn in map(json.dumps, before.values()))
    assert not [name for name in recorded(before).volumes if name.endswith(kept.COPY)]


def test_the_programs_state_is_asked_before_anything_is_made(monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []

    def answer(token: str, arguments: Any) -> Any:
        asked.append((token, arguments))
        if len(asked) == 1:
            raise Exception("failed to load checkpoint: EOF")  # the engine writes it just now
        outputs = {"promises": {"network.cidr": "10.99.0.0/16"}}
        here = {"urn": {"type": "alphintra:index:Platform", "outputs": outputs}}
        return SimpleNamespace(value={"outputs": here})

    monkeypatch.setattr(pulumi.runtime, "invoke", answer)
    monkeypatch.setattr(pulumi, "get_organization", lambda: "organization")
    monkeypatch.setattr(pulumi, "get_project", lambda: "alphintra")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    with pytest.raises(pulumi.RunError) as error:
        kept.refuse_losses(settings())
    assert "1 setting is wrong; nothing was changed.\n  Pulumi.dev.yaml: alphintra:network." in str(
        error.value
    )
    assert asked[0][1] == {"stackName": "organization/alphintra/dev"}


def test_every_promise_is_a_setting():
    dumped = settings().model_dump(mode="json")
    for key in PROMISES:
        value: Any = dumped
        for part in key.split("."):
            value = value[part]
        assert str(value) == str(promises(settings())[key])
