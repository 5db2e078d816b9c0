"""The virtual clock, and what it says of the stacks."""

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ops.lifecycle import PLACES
from rehearsal import chart, duration
from rehearsal.clock import GOAL_SECONDS, Schedule, play
from rehearsal.times import TABLE, Resource, figure, resources, unknown
from tests.cloud_tables import graph
from tests.programs import ROOT
from tests.test_deploying import same

STACKS = ["staging", "prod"]
PREFIX = "urn:pulumi:prod::alphintra::alphintra:index:Platform$alphintra:index:Network$"
NETWORK, SUBNET = "gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"
USER, SERVER = "gcp:sql/user:User", "gcp:sql/databaseInstance:DatabaseInstance"


def urn(type_: str, name: str) -> str:
    return f"{PREFIX}{type_}::{name}"


def one(type_: str, name: str, *needs: str, **inputs: Any) -> Resource:
    return Resource(urn(type_, name), type_, inputs, frozenset(needs))


def seconds(type_: str) -> float:
    return TABLE["kind"][type_]["typical"]


def times(schedule: Schedule) -> dict[str, tuple[float, float]]:
    return {run.resource.name: (run.start, run.end) for run in schedule.runs.values()}


def of_program(stack: str) -> list[Resource]:
    """The graph that the program registers, in an order that does not change."""
    nodes = graph(stack).nodes
    return [
        Resource(
            urn,
            node.type,
            node.inputs,
            frozenset(
                {*node.dependencies, node.parent, node.provider.rpartition("::")[0]}
                & set(nodes) - {urn}
            ),
        )
        for urn, node in sorted(nodes.items())
    ]


def test_what_needs_another_begins_when_that_is_made():
    network, subnet = one(NETWORK, "n"), one(SUBNET, "s", urn(NETWORK, "n"))
    schedule = play([subnet, network])
    made = seconds(NETWORK)
    assert times(schedule) == {"n": (0, made), "s": (made, made + seconds(SUBNET))}
    assert [run.resource.name for run in schedule.critical] == ["n", "s"]


def test_what_needs_nothing_of_each_other_is_made_together():
    schedule = play([one(NETWORK, "a"), one(NETWORK, "b")])
    assert schedule.seconds == seconds(NETWORK)


def test_without_a_place_it_waits():
    schedule = play([one(NETWORK, name) for name in "abc"], places=2)
    assert times(schedule)["c"] == (seconds(NETWORK), 2 * seconds(NETWORK))
    assert [run.why for run in schedule.critical] == ["made", "place"]


def test_one_at_a_time_waits_in_its_place():
    """As the provider's mutex does: the users of a server, one after the other, and what else is
    ready has no place meanwhile."""
    users = [one(USER, name, instance="db") for name in "ab"]
    made = seconds(USER)
    schedule = play([*users, one(NETWORK, "n")], places=2)
    assert times(schedule) == {"a": (0, made), "b": (made, 2 * made), "n": (made, made + 22)}
    assert schedule.runs[urn(USER, "b")].why == "database server db"
    elsewhere = play([one(USER, "a", instance="db"), one(USER, "b", instance="other")])
    assert elsewhere.seconds == made


def test_a_replica_takes_another_time_than_a_server_and_holds_it():
    replica = one(SERVER, "r", masterInstanceName="db")
    found = figure(replica)
    assert found and found.typical == TABLE["kind"][SERVER]["with"]["masterInstanceName"]["typical"]
    schedule = play([replica, one(USER, "u", instance="db")])
    assert times(schedule)["u"] == (found.typical, found.typical + seconds(USER))


def test_components_take_no_time_and_no_place():
    parent = one("alphintra:index:Network", "network")
    schedule = play([parent, one(NETWORK, "n", parent.urn)], places=1)
    assert times(schedule) == {"network": (0, 0), "n": (0, seconds(NETWORK))}


def test_a_circle_is_an_error():
    a, b = urn(NETWORK, "a"), urn(NETWORK, "b")
    with pytest.raises(ValueError, match="wait for each other"):
        play([one(NETWORK, "a", b), one(NETWORK, "b", a)])


def test_what_would_be_gained():
    network, subnet = one(NETWORK, "n"), one(SUBNET, "s", urn(NETWORK, "n"))
    whole = play([network, subnet])
    assert whole.seconds - play([network, subnet], instant=subnet.urn).seconds == seconds(SUBNET)
    assert play([network, subnet], slow=True).seconds > whole.seconds


def exported(**changes: Any) -> dict[str, Any]:
    """What `pulumi stack export` writes of one resource that stands on others."""
    others = [{"urn": urn(NETWORK, name), "type": NETWORK} for name in ("a", "b", "p", "v")]
    made = {
        "urn": urn(SUBNET, "s"),
        "type": SUBNET,
        "inputs": {"region": "r"},
        "parent": urn(NETWORK, "p"),
        "provider": f"{urn(NETWORK, 'v')}::4711",
        "dependencies": [urn(NETWORK, "a"), urn(NETWORK, "gone")],
        "propertyDependencies": {"network": [urn(NETWORK, "b")], "region": None},
        **changes,
    }
    return {"deployment": {"resources": [*others, made]}}


def test_a_state_is_read():
    found = {one.name: one for one in resources(exported())}
    assert found["s"].needs == {urn(NETWORK, name) for name in "abpv"}
    assert found["s"].inputs == {"region": "r"}
    assert "s" not in {one.name for one in resources(exported(delete=True))}


@pytest.mark.parametrize("stack", STACKS)
def test_the_table_has_all_that_the_stacks_make(stack: str):
    assert unknown(of_program(stack)) == []


def test_each_figure_has_its_source():
    rows = [
        row for kind in TABLE["kind"].values() for row in (kind, *kind.get("with", {}).values())
    ]
    for row in rows:
        assert set(row["source"]) <= set(TABLE["source"]) and row["source"]
        assert 0 < row["typical"] <= row["slow"]
        assert set(row.get("estimated", [])) <= {"typical", "slow"}
    assert all(source["date"].year >= 2021 for source in TABLE["source"].values())


def test_staging_is_within_the_goal():
    assert play(of_program("staging")).seconds < GOAL_SECONDS


def test_prod_is_over_the_goal_for_its_replica_alone():
    """Cloud SQL makes a replica of a server that is up: the two are longer than the goal."""
    found = of_program("prod")
    (replica,) = [one for one in found if (one.name, one.type) == ("database-replica", SERVER)]
    whole, without = play(found).seconds, play(found, instant=replica.urn).seconds
    assert without < GOAL_SECONDS < whole
    assert replica.urn in {run.resource.urn for run in play(found).critical}


@pytest.mark.parametrize("stack", STACKS)
def test_more_places_than_make_up_asks_for_gain_nothing(stack: str):
    found = of_program(stack)
    assert play(found, PLACES).seconds == play(found, duration.ENOUGH).seconds
    assert play(found, 8).seconds - play(found, PLACES).seconds > 60


def test_the_report_and_the_picture(tmp_path: Path):
    state = exported()
    (tmp_path / "state.json").write_text(json.dumps(state))
    (line,) = duration.report(tmp_path, "prod")
    assert "A first deployment of prod is expected to take 45 s" in line and "within" in line
    text = (tmp_path / duration.TEXT).read_text()
    assert " 0:00 to  0:22  " in text and " 0:22 to  0:45  s (Subnetwork)" in text
    picture = ElementTree.fromstring((tmp_path / duration.PICTURE).read_text())
    bars = picture.findall(".//{*}rect[@class='critical']")
    assert len(bars) == 2 and float(bars[1].get("x", 0)) > float(bars[0].get("x", 0))


def test_what_has_no_figure_is_told(tmp_path: Path):
    state = exported(type="gcp:run/service:Service")
    (tmp_path / "state.json").write_text(json.dumps(state))
    assert "gcp:run/service:Service: rehearsal/times.toml" in duration.report(tmp_path, "prod")[1]


def test_names_in_the_picture_can_do_no_harm():
    bad = one(NETWORK, "<script>alert(1)</script>")
    drawing = chart.svg(play([bad]), "</title><script>")
    assert "<script>" not in drawing
    ElementTree.fromstring(drawing)


def told() -> str:
    """What the page says of both stacks."""
    parts = ["\n".join(duration.text(of_program(stack), stack)) for stack in STACKS]
    return "\n\n".join(f"```\n{part}\n```" for part in parts)


def test_the_page_says_how_long_it_takes():
    same(ROOT / "docs/rehearsal.md", "duration", told())


@pytest.mark.parametrize("stack", STACKS)
def test_the_pages_picture_is_the_programs(stack: str):
    file = ROOT / f"docs/first-deployment-{stack}.svg"
    drawing = duration.picture(of_program(stack), stack)
    if os.environ.get("ACCEPT") == "1":
        file.write_text(drawing)
    assert file.read_text() == drawing, "ACCEPT=1 .venv/bin/pytest tests/rehearsal/test_times.py"
