"""Every field of every spec does on each target what its description says."""

import re
from functools import cache
from typing import Any

import pytest

from components.spec import Spec
from stacks.targets import TARGETS
from tests.programs import SPECS, build

ANOTHER: dict[str, Any] = {
    "foundation.project_number": "210987654321",
    "foundation.billing_account": "FEDCBA-987654-321000",
    "foundation.alert_email": "finance@a-company.example",
    "network.cidr": "10.99.0.0/16",
    "cluster.servers": 3,
    "cluster.agents": 2,
    "cluster.pools": {"general": {"cpus": 8, "memory_gb": 64}},
    "cluster.release_channel": "stable",
    "cluster.change_freezes": {"audit": {"first_day": "2027-03-01", "last_day": "2027-03-05"}},
    "cluster.security_group": "gke-security-groups@a-company.example",
    "cluster.signing_keys": {"1": "-----BEGIN PUBLIC KEY-----\nMFk=\n-----END PUBLIC KEY-----"},
    "cluster.unsigned_images": [],
    "cluster.backup_interval_hours": 6,
    "cluster.published_ports": {9090: 30090},
    "cluster.api_port": 6560,
    "database.cpus": 4,
    "database.edition": "enterprise-plus",
    "database.memory_gb": 8,
    "database.disk_gb": 100,
    "database.iam_users": ["trader@the-project.iam.gserviceaccount.com"],
    "database.recovery_days": 3,
    "database.shared_buffers_mb": 1024,
    "database.databases": {"audit": "auditor"},
    "cache.memory_gb": 6,
    "service.database": None,
    "service.calls": ["auth"],
    "baseline.developers": "dev@a-company.example",
    "baseline.operators": "ops@a-company.example",
    "baseline.developers_may": "deploy",
    "cache.eviction_policy": "noeviction",
    "cache.users": ["trading_api", "auth"],
}
"""Another valid value for a field, where it can't be guessed from the present one."""

BESIDE: dict[str, dict[str, Any]] = {"database.replica_host_port": {"read_replica": True}}
"""What must be set for a field to mean anything."""

NO_EFFECT = {"local": "Locally no effect", "gcp": "On GCP no effect"}
ONE_VALUE = {"database.version", "cache.version"}
"""Fields that allow one value only, so that no other can be tried."""

FIELDS = [
    (capability, field) for capability, spec in SPECS.items() for field in type(spec).model_fields
]


def another(capability: str, field: str) -> Any:
    value = getattr(SPECS[capability], field)
    key = f"{capability}.{field}"
    if key in ANOTHER:
        return ANOTHER[key]
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else 0.5


def with_field(capability: str, field: str, value: Any) -> Spec:
    spec = SPECS[capability]
    beside = BESIDE.get(f"{capability}.{field}", {})
    return type(spec).model_validate({**spec.model_dump(), **beside, field: value})


def facts(capability: str, target: str, spec: Spec) -> Any:
    graph = build(capability, target, spec)
    inputs = [(n.type, n.name, n.inputs) for n in graph.nodes.values()]
    return sorted(inputs, key=str), graph.result


@cache
def plain_facts(capability: str, target: str) -> Any:
    return facts(capability, target, SPECS[capability])


def facts_before(capability: str, field: str, target: str) -> Any:
    """Those that a change of `field` is compared with."""
    if f"{capability}.{field}" not in BESIDE:
        return plain_facts(capability, target)
    present = getattr(SPECS[capability], field)
    return facts(capability, target, with_field(capability, field, present))


@pytest.mark.parametrize(("capability", "field"), FIELDS, ids=lambda value: str(value))
def test_every_field_is_described(capability: str, field: str):
    description = type(SPECS[capability]).model_fields[field].description
    assert description and len(description) > 15


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("capability", "field"),
    [pair for pair in FIELDS if ".".join(pair) not in ONE_VALUE],
    ids=lambda value: str(value),
)
def test_a_field_reaches_the_provider_or_says_that_it_does_not(
    capability: str, field: str, target: str
):
    changed = with_field(capability, field, another(capability, field))
    differs = facts(capability, target, changed) != facts_before(capability, field, target)
    description = " ".join((type(changed).model_fields[field].description or "").split())
    # A host address is for people: publishing a port locally is not what a cloud can honour.
    assert differs != bool(re.search(NO_EFFECT[target], description)), description


def test_specs_are_frozen_and_closed():
    for spec in SPECS.values():
        assert spec.model_config.get("frozen")
        assert spec.model_config.get("extra") == "forbid"
