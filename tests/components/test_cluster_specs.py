"""Pools, freezes, backups: what adds up, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from components.cluster import MOST_BACKUPS, PODS_PER_NODE, ClusterSpec
from components.cluster.gke_backup import SCHEDULES
from components.cluster.gke_maintenance import WINDOW_END, WINDOW_RECURRENCE, WINDOW_START
from components.cluster.gke_pools import SHAPES, UPGRADES, machine_type
from components.cluster.specs import GB_PER_CPU, ChangeFreeze, PoolSpec
from components.network.plan import address_plan
from stacks.defaults import DEFAULTS
from tests.programs import ROOT, STACKS


@st.composite
def pool_specs(draw: st.DrawFn) -> PoolSpec:
    cpus: Literal[2, 4, 8, 16] = draw(st.sampled_from([2, 4, 8, 16]))
    max_nodes = draw(st.integers(1, 1000))
    return PoolSpec(
        cpus=cpus,
        memory_gb=cpus * draw(st.sampled_from(GB_PER_CPU)),
        min_nodes=draw(st.integers(0, max_nodes)),
        max_nodes=max_nodes,
        upgrade=draw(st.sampled_from(["surge", "blue_green"])),
    )


@settings(deadline=None)
@given(pool_specs(), st.booleans())
def test_every_size_is_a_machine_type_that_google_has(pool: PoolSpec, confidential: bool):
    family, shape, cpus = machine_type(pool, confidential).split("-")
    assert family == ("n2d" if confidential else "e2")
    assert {"standard": 4, "highmem": 8}[shape] * int(cpus) == pool.memory_gb


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), pool_specs(), min_size=1))
def test_the_most_nodes_hold_every_upgrade(others: dict[str, PoolSpec]):
    pools = {**others, "general": PoolSpec()}
    most = ClusterSpec(pools=pools).max_nodes
    assert most > sum(pool.max_nodes for pool in pools.values())
    surge, blue_green = UPGRADES["surge"], {"strategy": "BLUE_GREEN"}
    assert surge == {"strategy": "SURGE", "max_surge": 1, "max_unavailable": 0}
    assert blue_green.items() <= UPGRADES["blue_green"].items()
    assert most == sum(
        2 * pool.max_nodes if pool.upgrade == "blue_green" else pool.max_nodes + 1
        for pool in pools.values()
    )


@pytest.mark.parametrize("environment", STACKS)
def test_the_address_plan_holds_the_most_nodes_of_an_environment(environment: str):
    plan = address_plan(IPv4Network(DEFAULTS[environment]["network"]["cidr"]))
    cluster = ClusterSpec.model_validate(DEFAULTS[environment]["cluster"])
    assert cluster.max_nodes * 2 * PODS_PER_NODE <= plan.pods.num_addresses
    assert cluster.max_nodes <= plan.private.num_addresses - 4  # Google takes four of a subnet


def test_tables_and_specs_name_the_same_choices():
    assert tuple(SHAPES) == GB_PER_CPU
    fields = ClusterSpec.model_fields["backup_interval_hours"].annotation
    assert str(fields).endswith(str(list(SCHEDULES)))


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ({"cpus": 4, "memory_gb": 20}, "given memory_gb 20 with cpus 4"),
        ({"min_nodes": 4, "max_nodes": 3}, "given min_nodes 4 with max_nodes 3"),
        ({"cpus": 3}, "2, 4, 8 or 16"),
        ({"reserved_for": "Trading!"}, "should match pattern"),
        ({"machine_type": "n2d-standard-4"}, "Extra inputs"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(pool: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        PoolSpec.model_validate(pool)


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ({"pools": {}}, "given none as pools"),
        ({"pools": {"a": {"min_nodes": 0}}}, "given a as pools"),
        ({"pools": {"Trading": {}}}, "should match pattern"),
        (
            {"pools": {"a": {"spot": True}, "b": {"reserved_for": "b"}}},
            "given a, b as pools",
        ),
        ({"backup_interval_hours": 6, "backup_retention_days": 91}, "given backup_retention_days"),
        ({"backup_retention_days": 7, "backup_lock_days": 8}, "given backup_retention_days 7"),
        ({"security_group": "admins@a-company.example"}, "should match pattern"),
        ({"signing_keys": {"1": "-----BEGIN PRIVATE KEY-----\n"}}, "should match pattern"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(cluster: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        ClusterSpec.model_validate(cluster)


@settings(deadline=None)
@given(st.dates(date(2026, 1, 1), date(2040, 1, 1)), st.integers(-40, 80))
def test_a_freeze_has_an_end_and_a_limit(first: date, days: int):
    freeze = {"first_day": first, "last_day": first + timedelta(days=days)}
    if 0 <= days < 30:
        assert ChangeFreeze.model_validate(freeze).last_day >= first
    else:
        with pytest.raises(ValidationError, match="given"):
            ChangeFreeze.model_validate(freeze)


@settings(deadline=None)
@given(st.sampled_from(list(SCHEDULES)), st.integers(1, 365))
def test_no_more_backups_are_kept_than_google_keeps(hours: int, days: int):
    wanted = {"backup_interval_hours": hours, "backup_retention_days": days}
    if days * 24 / hours <= MOST_BACKUPS:
        assert ClusterSpec.model_validate(wanted).backup_retention_days == days
    else:
        with pytest.raises(ValidationError, match="given"):
            ClusterSpec.model_validate(wanted)


@settings(deadline=None)
@given(st.integers(0, 400))
def test_the_window_leaves_google_48_hours_in_any_32_days(offset: int):
    start, end = datetime.fromisoformat(WINDOW_START), datetime.fromisoformat(WINDOW_END)
    nights = [day.removeprefix("BYDAY=") for day in WINDOW_RECURRENCE.split(";")][1].split(",")
    weekdays = {["MO", "TU", "WE", "TH", "FR", "SA", "SU"].index(day) for day in nights}
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=offset)
    open_days = [day for day in range(32) if (begin + timedelta(days=day)).weekday() in weekdays]
    assert start.weekday() in weekdays
    assert end - start >= timedelta(hours=4)  # shorter ones do not count
    assert len(open_days) * (end - start) >= timedelta(hours=48)


def test_the_page_counts_what_it_lists():
    page = (ROOT / "docs" / "cloud" / "cluster.md").read_text()
    settings = page[page.index("## Settings") : page.index("## Where the anchors")]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in settings.splitlines()[4:]
        if line.startswith("| ") and not line.startswith("| **")
    ]
    alike = sum(row[3].startswith("set") for row in rows)
    assert f"Of the {len(rows)} settings above, {alike} are set" in page
    defaults = " ".join(row[2] for row in rows).split()
    counts = ", ".join(f"{anchor} {defaults.count(anchor)}" for anchor in ("CFF", "TGM", "GP"))
    assert f"{counts} (an Autopilot cluster" in page
    assert f"{sum(not row[2] for row in rows)} are nobody's default" in page
    most = {e: ClusterSpec.model_validate(DEFAULTS[e]["cluster"]).max_nodes for e in STACKS}
    assert ", ".join(f"{environment} {nodes}" for environment, nodes in most.items()) in page
