"""What a month costs is what the deployment guide says, resource by resource."""

import pytest

from ops.preview_report import cost
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


def test_what_costs_by_its_use_is_listed_with_by_what():
    bill = cost.bill(preview(step("create", "gcp:storage/bucket:Bucket", "b", None, {})))
    ((step_, by),) = bill.usage
    assert step_.name == "b" and "stores" in by
