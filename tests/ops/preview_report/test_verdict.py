"""The rules of `rules.toml`: each has an example that it fits and one that it does not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.cluster.k3d import REMAKING
from ops.preview_report import cost
from ops.preview_report.model import SECRET, UNKNOWN, Preview
from ops.preview_report.verdict import TABLE, Finding, Verdict, judge, worst
from tests.ops.preview_report import logs
from tests.ops.preview_report.logs import PLATFORM, diagnostic, policy, preview, step

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
MEMBER = "gcp:projects/iAMMember:IAMMember"
ROUTE = "gcp:compute/route:Route"
CONTAINER = "docker:index/container:Container"
IMAGE = "pulumi-python:dynamic/alphintra:Image"
K3D = "pulumi-python:dynamic/alphintra:K3dCluster"
POOL = "gcp:container/nodePool:NodePool"
SETTINGS = {"tier": "db-custom-2-8192", "diskSize": 10}
GRANT = {"role": "roles/owner", "member": "user:a@example.com"}


def found(of: Preview) -> list[Finding]:
    return judge(of, cost.bill(of))


def let_in(*ranges: str, action: str = "allow") -> Mapping[str, Any]:
    return {"direction": "INGRESS", "action": action, "match": {"srcIpRanges": list(ranges)}}


def renamed() -> str:
    line = json.loads(step("same", SQL, "new", {}, {}))
    line["resourcePreEvent"]["metadata"]["old"]["urn"] = logs.urn(SQL, "old")
    return json.dumps(line)


def waived(old: list[Any], new: list[Any]) -> str:
    return step("update", PLATFORM, "prod", {"waivers": old}, {"waivers": new})


def pool(cpus: int) -> Mapping[str, Any]:
    config = {"machineType": f"n2d-standard-{cpus}", "diskSizeGb": 100}
    return {"nodeConfig": config, "autoscaling": {"totalMinNodeCount": 3}}


WAIVER = {"rule": "database-two-zones", "reason": "It may be down for an hour."}
PROTECTED = "resource cannot be deleted\nbecause it is protected"
SQL_URN = logs.urn(SQL, "database")

FITS: dict[str, list[list[str]]] = {
    "stateful-replaced": [[step("replace", SQL, "database", {"region": "a"}, {"region": "b"})]],
    "stateful-deleted": [[step("delete", SQL, "database", {})]],
    "stateful-remade": [[step("update", K3D, "cluster", {"image_id": "a"}, {"image_id": "b"})]],
    "one-way": [
        [step("update", SQL, "d", {"databaseVersion": "P_15"}, {"databaseVersion": "P_16"})],
        [step("replace", IMAGE, "i", {"official": "postgres:15"}, {"official": "postgres:16"})],
    ],
    "protection-removed": [
        [step("update", SQL, "d", {"deletionProtection": True}, {"deletionProtection": False})],
        [step("update", SQL, "d", {"deletionProtection": True}, {})],
        [step("update", SQL, "d", {}, {}, old_more={"protect": True})],
        [step("update", SQL, "d", {}, {}, old_more={"retainOnDelete": True})],
        [step("update", SQL, "d", {"encryptionKeyName": "k"}, {})],
        [step("update", "gcp:storage/bucket:Bucket", "b", {}, {"forceDestroy": True})],
        [
            step(
                "update",
                SQL,
                "d",
                {"settings": {"backupConfiguration": {"transactionLogRetentionDays": 35}}},
                {"settings": {"backupConfiguration": {"transactionLogRetentionDays": 7}}},
            )
        ],
    ],
    "exposed": [
        [step("update", RULE, "r", let_in("10.0.0.0/8"), let_in("0.0.0.0/0"))],
        [step("create", RULE, "r", None, let_in("0.0.0.0/0"))],
        [step("update", RULE, "r", let_in("0.0.0.0/0", action="deny"), let_in("0.0.0.0/0"))],
        [
            step(
                "update",
                SQL,
                "d",
                {"settings": {"ipConfiguration": {"ipv4Enabled": False}}},
                {"settings": {"ipConfiguration": {"ipv4Enabled": True}}},
            )
        ],
        [
            step(
                "update",
                SQL,
                "d",
                {"settings": {"ipConfiguration": {}}},
                {
                    "settings": {
                        "ipConfiguration": {"authorizedNetworks": [{"value": "8.8.8.8/32"}]}
                    }
                },
            )
        ],
        [
            step(
                "update",
                CONTAINER,
                "c",
                {"ports": [{"internal": 1, "ip": "127.0.0.1"}]},
                {"ports": [{"internal": 1, "ip": "0.0.0.0"}]},
            )
        ],
    ],
    "iam-widened": [
        [step("create", MEMBER, "m", None, GRANT)],
        [step("replace", MEMBER, "m", {**GRANT, "role": "roles/viewer"}, GRANT)],
    ],
    "policy-violated": [[policy("database-two-zones", urn=SQL_URN)]],
    "waiver-added": [
        [waived([], [WAIVER])],
        [waived([WAIVER], [{**WAIVER, "reason": "Another reason altogether."}])],
    ],
    "unknown-step": [[step("transmogrify", ROUTE, "r", {}, {})], ['{"newKindEvent": {}}']],
    "refused": [[diagnostic(PROTECTED, urn=SQL_URN)]],
    "preview-failed": [[diagnostic("it broke", urn=SQL_URN)], [diagnostic("it broke")]],
    "replaced": [[step("replace", ROUTE, "r", {"a": 1}, {"a": 2}, keys=["a"])]],
    "deleted": [[step("delete", ROUTE, "r", {})]],
    "renamed": [[renamed()]],
    "stateful-updated": [
        [step("update", SQL, "d", {"settings": SETTINGS}, {"settings": {"tier": "x"}})]
    ],
    "reach-widened": [[step("update", RULE, "r", let_in("10.1.0.0/16"), let_in("10.0.0.0/8"))]],
    "grant-changed": [[step("delete", MEMBER, "m", GRANT)]],
    "unknown-in-stateful": [[step("update", SQL, "d", {"a": "b"}, {"a": UNKNOWN})]],
    "dearer": [[step("update", POOL, "p", pool(4), pool(8))]],
}

HARMLESS: list[list[str]] = [
    [],
    [step("create", SQL, "database", None, {"deletionProtection": True})],
    [step("update", SQL, "d", {"userLabels": {}}, {"userLabels": {"a": "b"}})],
    [step("update", SQL, "d", {}, {}, new_more={"protect": True})],
    [step("create", RULE, "r", None, let_in("10.0.0.0/8"))],
    [step("update", RULE, "r", let_in("0.0.0.0/0"), let_in("10.0.0.0/8"))],
    [step("create", RULE, "r", None, let_in("0.0.0.0/0", action="deny"))],
    [step("update", ROUTE, "r", {"tags": ["a"]}, {"tags": ["a", "b"]})],
    [step("update", POOL, "p", pool(8), pool(4))],
    [waived([WAIVER], [])],
    [waived([WAIVER], [WAIVER])],
    [policy("waived", "advisory")],
]


def test_each_rule_has_an_example_and_words():
    assert set(FITS) == set(TABLE["rule"])
    for rule in TABLE["rule"].values():
        assert rule["verdict"] in ("dangerous", "look")
        assert rule["title"] and rule["why"].endswith((".", "?"))


@pytest.mark.parametrize(
    ("rule", "lines"), [(rule, lines) for rule, examples in FITS.items() for lines in examples]
)
def test_a_rule_fits_its_example(rule: str, lines: list[str]):
    fitting = [one for one in found(preview(*lines)) if one.rule == rule]
    assert fitting
    assert worst(fitting).word == TABLE["rule"][rule]["verdict"]


@pytest.mark.parametrize("lines", HARMLESS)
def test_what_is_harmless_is_safe(lines: list[str]):
    assert found(preview(*lines)) == []


def test_a_danger_names_the_resource_the_property_and_both_values():
    line = step(
        "replace",
        SQL,
        "database",
        {"settings": {"tier": "a"}, "x": 1},
        {"settings": {"tier": "b"}, "x": 2},
        differs={"settings.tier": "update-replace"},
    )
    (one,) = [one for one in found(preview(line)) if one.verdict is Verdict.DANGEROUS]
    assert one.step and one.step.label == "database (DatabaseInstance)"
    assert (one.path, one.old, one.new) == ("settings.tier", "a", "b")


def test_the_worst_comes_first_and_decides():
    findings = found(preview(step("delete", ROUTE, "r", {}), step("delete", SQL, "d", {})))
    assert [one.rule for one in findings] == ["stateful-deleted", "deleted"]
    assert worst(findings) is Verdict.DANGEROUS
    assert worst([]) is Verdict.SAFE


def test_what_stays_when_it_is_no_longer_managed_is_not_deleted():
    line = step("delete", SQL, "database", {}, old_more={"retainOnDelete": True})
    assert [one.rule for one in found(preview(line))] == ["deleted"]


def test_a_new_name_without_an_alias_is_told_as_that():
    lines = [step("delete", SQL, "database", {}), step("create", SQL, "database-main", None, {})]
    (one,) = found(preview(*lines))
    assert 'aliases=[pulumi.Alias(name="database")]' in one.note


def test_a_log_without_an_end_is_no_basis():
    of = preview(step("same", SQL, "d", {}, {}))
    cut = Preview(of.steps, ended=False)
    assert [one.rule for one in found(cut)] == ["preview-failed"]


def test_secrets_that_change_are_dangers_without_values():
    password = "pulumi-python:dynamic/alphintra:Password"
    line = step("replace", password, "p", {"v": SECRET}, {"v": SECRET}, keys=["v"])
    (one,) = found(preview(line))
    assert (one.rule, one.old, one.new) == ("stateful-replaced", SECRET, SECRET)


def test_what_makes_the_local_cluster_anew_is_what_its_provider_says():
    (paths,) = (one["path"] for one in TABLE["property"] if one["rule"] == "stateful-remade")
    assert set(paths.split("|")) == set(REMAKING)
