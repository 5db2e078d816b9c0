"""A stack's settings: what is taken, what is refused, and in which words."""

import json
from typing import Any

import hypothesis
import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.cache import CacheSpec
from components.cluster import ClusterSpec
from components.database import DatabaseSpec
from components.service import ServiceSpec
from stacks.config import Settings, parse
from stacks.defaults import DEFAULTS
from tests.programs import STACKS, stack_config

LOCAL = {"alphintra:target": "local", "alphintra:environment": "dev"}
FILE = "Pulumi.dev.yaml"


def errors(config: dict[str, Any]) -> list[str]:
    """The lines of the error that `config` ends with, without the first."""
    with pytest.raises(pulumi.RunError) as error:
        parse(config, FILE)
    first, *lines = str(error.value).split("\n  ")
    assert first.endswith("nothing was changed.")
    assert first.split()[0] == str(len(lines))
    return lines


def given_as(**capabilities: dict[str, Any]) -> dict[str, str]:
    """A local stack's configuration, objects as JSON, as Pulumi hands them over."""
    objects = {f"alphintra:{key}": json.dumps(value) for key, value in capabilities.items()}
    return {**LOCAL, **objects}


def waived(*waivers: dict[str, str]) -> dict[str, str]:
    return {**LOCAL, "alphintra:waivers": json.dumps(waivers)}


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_valid(stack: str):
    settings = parse(stack_config(stack), f"Pulumi.{stack}.yaml")
    assert settings.environment == stack
    assert settings.target == ("local" if stack == "dev" else "gcp")


@pytest.mark.parametrize("environment", DEFAULTS)
@pytest.mark.parametrize("target", ["local", "gcp"])
def test_any_size_stands_on_any_target(environment: str, target: str):
    config = {**stack_config("dev"), "alphintra:environment": environment}
    assert parse({**config, "alphintra:target": target}, FILE).target == target


def test_one_word_moves_a_stack_to_the_cloud():
    here, there = (
        parse({**stack_config("dev"), "alphintra:target": target}, FILE).model_dump()
        for target in ("local", "gcp")
    )
    assert {key for key in here if here[key] != there[key]} == {"target"}


def test_the_stack_file_wins_over_the_table():
    settings = parse(given_as(cache={"memory_gb": 7}, cluster={"agents": 3}), FILE)
    assert settings.cache.memory_gb == 7
    assert settings.cluster.agents == 3
    assert settings.cluster.published_ports == {8080: 30080}, "the rest stays as in the table"


CACHE_KEYS = ", ".join(sorted(CacheSpec.model_fields))

CASES = {
    "a value out of range": (
        given_as(cache={"memory_gb": 0}),
        f"{FILE}: alphintra:cache.memory_gb: given 0; allowed: a whole number from 1 to 240",
    ),
    "a value of another type": (
        given_as(database={"highly_available": "perhaps"}),
        f"{FILE}: alphintra:database.highly_available: given 'perhaps'; allowed: true or false",
    ),
    "a word that is not on the list": (
        {**LOCAL, "alphintra:target": "aws"},
        f"{FILE}: alphintra:target: given 'aws'; allowed: one of local, gcp",
    ),
    "an unknown key": (
        given_as(cache={"memroy_gb": 1}),
        f"{FILE}: alphintra:cache.memroy_gb: an unknown key; allowed: {CACHE_KEYS} "
        "(did you mean memory_gb?)",
    ),
    "an unknown capability": (
        given_as(cahce={}),
        f"{FILE}: alphintra:cahce: an unknown key; allowed: baseline, cache, cluster, "
        "database, dropped_databases, environment, foundation, network, registry, services, "
        "target, waivers (did you mean cache?)",
    ),
    "a missing key": (
        {"alphintra:environment": "dev"},
        f"{FILE}: alphintra:target: nothing is given; allowed: one of local, gcp",
    ),
    "not an object": (
        {**LOCAL, "alphintra:cache": "big"},
        f"{FILE}: alphintra:cache: given 'big'; allowed: an object with the keys {CACHE_KEYS}",
    ),
    "a misspelt word of a list": (
        {**LOCAL, "alphintra:environment": "stagng"},
        f"{FILE}: alphintra:environment: given 'stagng'; allowed: one of dev, staging, prod "
        "(did you mean staging?)",
    ),
    "a block that is none": (
        given_as(network={"cidr": "10.60.0.0/33"}),
        f"{FILE}: alphintra:network.cidr: given '10.60.0.0/33'; allowed: a private block, /12 to "
        "/20",
    ),
    "a block that begins in its middle": (
        given_as(network={"cidr": "10.60.7.0/16"}),
        f"{FILE}: alphintra:network.cidr: given '10.60.7.0/16'; allowed: a private block, /12 to "
        "/20",
    ),
    "a machine that Google has not": (
        given_as(database={"cpus": 4, "memory_gb": 64}),
        f"{FILE}: alphintra:database: given memory_gb 64 with cpus 4; allowed: memory_gb from 4 "
        "to 26 for 4 processors in edition enterprise",
    ),
    "a public block": (
        given_as(network={"cidr": "8.8.0.0/16"}),
        f"{FILE}: alphintra:network.cidr: given '8.8.0.0/16'; allowed: a private block, /12 to /20",
    ),
    "a name that needs quotes": (
        given_as(database={"databases": {"Trading": "trading"}}),
        f"{FILE}: alphintra:database.databases.Trading: given the key Trading; allowed: "
        "text like ^[a-z][a-z0-9_]{0,62}$",
    ),
    "a port that is no NodePort": (
        given_as(cluster={"published_ports": {"8080": 80}}),
        f"{FILE}: alphintra:cluster.published_ports.8080: given 80; allowed: "
        "a whole number from 30000 to 32767",
    ),
    "a port given twice": (
        given_as(database={"host_port": 6380}),
        f"{FILE}: alphintra: given port 6380 for both database.host_port and cache.host_port + 1 "
        "(the replica); allowed: each port once",
    ),
    "a cloud stack without a region": (
        {**stack_config("staging"), "gcp:region": ""},
        f"{FILE}: gcp:region: nothing is given; allowed: a region of Google Cloud, such as "
        "europe-west1",
    ),
    "a region that Google has not": (
        {**stack_config("staging"), "gcp:region": "europe-wst1"},
        f"{FILE}: gcp:region: given 'europe-wst1'; allowed: a region of Google Cloud, such as "
        "europe-west1 (did you mean europe-west1?)",
    ),
    "a zone for a region": (
        {**stack_config("staging"), "gcp:region": "europe-west1-b"},
        f"{FILE}: gcp:region: given 'europe-west1-b'; allowed: a region of Google Cloud, such as "
        "europe-west1 (did you mean europe-west1?)",
    ),
    "the name of a project for its id": (
        {**stack_config("staging"), "gcp:project": "Alphintra Staging"},
        f"{FILE}: gcp:project: given 'Alphintra Staging'; allowed: text like "
        "^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
    ),
    "a waiver without a reason": (
        waived({"rule": "database-two-zones"}),
        f"{FILE}: alphintra:waivers.0.reason: nothing is given; allowed: a sentence that says why",
    ),
    "a waiver with a reason that is none": (
        waived({"rule": "database-two-zones", "reason": "cheap"}),
        f"{FILE}: alphintra:waivers.0.reason: given 'cheap'; allowed: a sentence that says why",
    ),
    "a waiver for a rule that there is not": (
        waived({"rule": "database-two-zone", "reason": "A rehearsal of an hour."}),
        f"{FILE}: alphintra:waivers.0.rule: given 'database-two-zone'; allowed: the id of a rule, "
        "as docs/policy.md lists them (did you mean database-two-zones?)",
    ),
    "a waiver until no day": (
        waived({"rule": "labelled", "reason": "A rehearsal of an hour.", "until": "soon"}),
        f"{FILE}: alphintra:waivers.0.until: given 'soon'; allowed: a date such as 2027-03-31",
    ),
    "a waiver with an unknown key": (
        waived({"rule": "labelled", "reason": "A rehearsal of an hour.", "because": "x"}),
        f"{FILE}: alphintra:waivers.0.because: an unknown key; allowed: reason, resource, rule, "
        "until",
    ),
    "a cloud stack whose project has no number": (
        stack_config(
            "staging",
            foundation=json.dumps(
                {"billing_account": "012345-6789AB-CDEF01", "alert_email": "a@company.example"}
            ),
        ),
        f"{FILE}: alphintra:foundation.project_number: nothing is given; allowed: the project's "
        "number: gcloud projects describe PROJECT --format='value(projectNumber)'",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_said_in_one_line(case: str):
    config, line = CASES[case]
    assert errors(config) == [line]


def test_all_that_is_wrong_is_said_at_once():
    lines = errors(
        {
            "alphintra:target": "aws",
            "alphintra:environment": "test",
            "alphintra:cache": json.dumps({"memory_gb": 0, "colour": "red"}),
            "alphintra:cluster": json.dumps({"agents": -1}),
        }
    )
    assert sorted(line.split(": ")[1] for line in lines) == [
        "alphintra:cache.colour",
        "alphintra:cache.memory_gb",
        "alphintra:cluster.agents",
        "alphintra:environment",
        "alphintra:target",
    ]


def test_of_a_long_value_there_is_as_much_as_one_can_read():
    """Found by generated configurations: lists of mappings of long texts, at any depth."""
    value = [{str(key): ["x" * 1000] * 9 for key in range(9)}] * 9
    (line,) = errors({**LOCAL, "alphintra:cluster": json.dumps(value)})
    assert "given [{'0': ['xxx" in line and " …; allowed: " in line
    assert len(line) < 700


def test_a_secret_setting_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    from stacks import config as module

    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"alphintra:target": "hunter2"}))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["alphintra:target"]))
    with pytest.raises(pulumi.RunError) as error:
        module.load()
    assert "hunter2" not in str(error.value)
    assert "alphintra:target: given [secret]" in str(error.value)


specs = {
    "cache": st.builds(
        CacheSpec,
        memory_gb=st.integers(1, 240),
        highly_available=st.booleans(),
        idle_timeout_seconds=st.integers(0, 10**6),
    ),
    "cluster": st.builds(
        ClusterSpec,
        agents=st.integers(0, 100),
        servers=st.sampled_from([1, 3]),
        published_ports=st.dictionaries(st.integers(10000, 20000), st.integers(30000, 32767)),
    ),
    "database": st.builds(
        DatabaseSpec,
        memory_gb=st.integers(4, 13),
        databases=st.dictionaries(
            st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
            st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
            max_size=4,
        ),
        checkpoint_completion_target=st.floats(0, 1),
    ),
}


@hypothesis.settings(deadline=None)  # the first parse builds the schema
@given(st.fixed_dictionaries(specs))
def test_settings_survive_the_way_through_yaml(wanted: dict[str, Any]):
    text = yaml.safe_dump({name: spec.inputs() for name, spec in wanted.items()})
    settings = parse(given_as(**yaml.safe_load(text)), FILE)
    assert {name: getattr(settings, name) for name in wanted} == wanted


@hypothesis.settings(deadline=None)
@given(
    st.sampled_from(
        [
            ("cache", "memory_gb", 1, 240),
            ("cluster", "agents", 0, 100),
            ("database", "work_mem_mb", 1, 2048),
            ("database", "max_connections", 14, 262143),
        ]
    ),
    st.integers(-(10**9), 10**9),
)
def test_a_number_out_of_range_is_refused_with_its_field(
    field: tuple[str, str, int, int], value: int
):
    capability, key, low, high = field
    config = given_as(**{capability: {key: value}})
    if low <= value <= high:
        assert getattr(getattr(parse(config, FILE), capability), key) == value
    else:
        (line,) = errors(config)
        assert line.startswith(f"{FILE}: alphintra:{capability}.{key}: given {value}; ")


def test_every_setting_of_the_table_exists():
    for environment, capabilities in DEFAULTS.items():
        services = capabilities["services"]
        assert all(set(service) <= set(ServiceSpec.model_fields) for service in services.values())
        for capability, values in capabilities.items():
            if capability == "services":
                continue
            model = Settings.model_fields[capability].annotation
            assert model is not None
            known = set(getattr(model, "model_fields"))  # noqa: B009
            assert set(values) <= known, f"{environment}.{capability}"
