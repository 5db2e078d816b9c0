"""What a month costs is what the deployment guide says, resource by resource."""

from typing import Any

import pytest

from ops.preview_report import cost, usage
from tests.cloud_tables import costs, graph, settings
from tests.ops.preview_report.logs import preview, step
from tests.programs import STACKS

POOL = "gcp:container/nodePool:NodePool"
CACHE = "gcp:redis/instance:Instance"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_the_resources_of_a_stack_cost_what_its_settings_do(stack: str):
    priced = [cost.price(node.type, node.inputs) for node in graph(stack).nodes.values()]
    assert sum(one.usd for one in priced if one) == pytest.approx(
        sum(costs(settings(stack)).values()), abs=1
    )


def test_every_price_is_used_and_has_a_source_and_a_date():
    assert all(one["source"] and one["date"] for one in cost.PRICES.values())


def test_a_server_in_two_zones_of_enterprise_plus_by_hand():
    settings = {
        "tier": "db-perf-optimized-N-4",
        "edition": "ENTERPRISE_PLUS",
        "availabilityType": "REGIONAL",
        "diskSize": 200,
    }
    priced = cost.price(SQL, {"settings": settings})
    assert priced
    # 2 servers: (4 x 0.0535 + 32 x 0.00905) x 1.3 x 730 h = 478.114; the disk 200 x 0.204 = 40.8
    machine = (4 * 0.0535 + 32 * 0.00905) * 1.3 * 730
    assert priced.usd == pytest.approx(2 * (machine + 40.8))


def test_a_resize_is_told_with_both_reckonings():
    def pool(cpus: int):
        return {
            "nodeConfig": {"machineType": f"n2d-standard-{cpus}", "bootDisk": {"sizeGb": 100}},
            "autoscaling": {"totalMinNodeCount": 3},
        }

    bill = cost.bill(preview(step("update", POOL, "p", pool(4), pool(8))))
    (line,) = bill.lines
    assert line.delta == pytest.approx(3 * 4 * 0.046473 * 730)
    assert line.old and "4 vCPU" in line.old.how
    assert bill.before and bill.delta == line.delta


def test_what_has_no_price_is_listed_and_not_guessed():
    big = {"tier": "STANDARD_HA", "memorySizeGb": 64, "readReplicasMode": "READ_REPLICAS_ENABLED"}
    odd = {"nodeConfig": {"machineType": "z9-standard-4", "diskSizeGb": 1}, "nodeCount": 1}
    bill = cost.bill(
        preview(step("create", CACHE, "cache", None, big), step("create", POOL, "pool", None, odd))
    )
    assert [one.name for one in bill.unpriced] == ["cache", "pool"]
    assert bill.after == 0


def test_what_costs_by_its_use_is_apart_with_what_is_assumed():
    bill = cost.bill(preview(step("create", "gcp:storage/bucket:Bucket", "b", None, {})))
    (line,) = bill.usage
    assert line.step.name == "b" and bill.after == 0
    assert line.new and "50 assumed * 0.02 a GB stored" in line.new.how
    assert line.delta == pytest.approx(50 * 0.02)  # docs/cloud/usage.toml


def test_a_key_that_moves_into_hardware_costs_more_by_its_use():
    def key(level: str) -> dict[str, Any]:
        return {"versionTemplate": {"protectionLevel": level}}

    type_ = "gcp:kms/cryptoKey:CryptoKey"
    (line,) = cost.bill(preview(step("replace", type_, "k", key("SOFTWARE"), key("HSM")))).usage
    assert line.delta == pytest.approx(4 * (1.00 - 0.06))


def test_what_costs_by_its_use_without_a_price_says_by_what():
    (line,) = cost.bill(preview(step("create", "gcp:pubsub/topic:Topic", "t", None, {}))).usage
    assert line.delta is None and line.new and line.new.how == "by GiB through it"


def test_every_price_by_use_has_a_source_a_date_and_an_assumption():
    priced = [one for one in usage.PRICES if "usd" in one]
    assert priced and all(one["source"] and one["date"] and one["assumed"] for one in priced)
