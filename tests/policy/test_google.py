"""The facts of Google Cloud: whole, sourced, and one with what the settings accept."""

import re

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cache import LARGEST_MEMORY_GB
from components.cache.memory import capacity_gb
from components.database import DatabaseSpec
from components.database.limits import conflicts, tier
from policy import google
from policy.rules.placement import PLACE
from tests.programs import ROOT

CHECKED = (
    r"Read from|read from|Compared with|Discovery document|[Nn]ot checked against Google's page"
)


def test_every_list_says_what_it_was_checked_with():
    text = (ROOT / "policy" / "data" / "google_cloud.toml").read_text()
    tables = re.split(r"^\[", text, flags=re.MULTILINE)[1:]
    assert [table.split("]")[0] for table in tables if not re.search(CHECKED, table)] == []


def test_a_region_has_three_zones_or_more():
    assert len(google.REGIONS) > 40
    for region, zones in google.REGIONS.items():
        assert re.fullmatch(r"[a-z]+-[a-z]+\d{1,2}", region)
        assert len(set(zones)) >= 3 and all(zone.startswith(f"{region}-") for zone in zones)


@pytest.mark.parametrize("place", ["europe-west1", "europe-west1-b", "eu", "global", None])
def test_a_place_is_known(place: str | None):
    assert PLACE.holds(place)


@pytest.mark.parametrize("place", ["europe-west1-a", "us-central1-d", "mars", "", "US-"])
def test_a_place_is_unknown(place: str):
    assert not PLACE.holds(place)


@hypothesis.settings(deadline=None)
@given(
    st.integers(1, 64).map(lambda half: 2 * half),
    st.integers(4, 640),
    st.sampled_from(["enterprise", "enterprise-plus"]),
)
def test_what_the_settings_accept_is_a_tier(cpus: int, memory_gb: int, edition: str):
    spec = DatabaseSpec.model_construct(cpus=cpus, memory_gb=memory_gb, edition=edition)
    if not list(conflicts(spec)):
        assert google.is_sql_tier(tier(spec))


@pytest.mark.parametrize(
    "size", ["db-custom-3-8192", "db-custom-2-1024", "db-custom-2-20480", "db-custom-98-102400"]
)
def test_what_cloud_sql_has_not_is_no_tier(size: str):
    assert not google.is_sql_tier(size)


@pytest.mark.parametrize(
    "size", ["db-perf-optimized-N-5", "db-perf-optimized-n-4", "n2-standard-4"]
)
def test_what_is_of_another_series_is_no_tier(size: str):
    assert not google.is_sql_tier(size)


def test_the_largest_cache_of_the_settings_is_the_largest_of_google():
    assert capacity_gb(LARGEST_MEMORY_GB) == google.REDIS_GB[1]


@pytest.mark.parametrize("project", ["alphintra-prod", "a12345"])
def test_a_project_id_is_one(project: str):
    assert google.PROJECT_ID.fullmatch(project)


@pytest.mark.parametrize("project", ["Alphintra", "a1234", "1alphintra", "alphintra-", "a" * 31])
def test_a_project_id_is_none(project: str):
    assert not google.PROJECT_ID.fullmatch(project)
