"""The foundation on Google Cloud: APIs, keys, accounts, audit logs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.foundation import DATA_CLASSES, FoundationSpec
from components.foundation.accounts import ROLES
from components.foundation.services import APIS, KEY_USERS, LATE_AGENTS, SERVICE_AGENTS
from components.naming import label_value
from ops.bootstrap.steps import AGENTS
from stacks.defaults import DEFAULTS
from tests.graph import Graph, Node
from tests.programs import SPECS, build

NUMBER = "123456789012"


def spec(environment: str) -> FoundationSpec:
    given = SPECS["foundation"].model_dump(exclude_defaults=True)
    return FoundationSpec.model_validate({**given, **DEFAULTS[environment]["foundation"]})


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def environment(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def graph(environment: str) -> Graph:
    return build("foundation", "gcp", spec(environment))


def keys(graph: Graph) -> dict[str, Node]:
    return {node.inputs["name"]: node for node in graph.of("kms/cryptoKey:CryptoKey")}


def test_apis_stay_enabled_when_the_stack_goes(graph: Graph):
    services = graph.of("projects/service:Service")
    assert {node.inputs["service"] for node in services} == {f"{a}.googleapis.com" for a in APIS}
    for node in services:
        assert node.inputs["disableOnDestroy"] is False
        assert node.inputs["disableDependentServices"] is False


def test_the_list_of_apis_has_no_twin_and_is_in_order():
    assert list(APIS) == sorted(set(APIS))


def test_everything_waits_for_the_apis(graph: Graph):
    enabled = {urn for urn, node in graph.nodes.items() if node.type.endswith("service:Service")}
    waiting = [n for n in graph.nodes.values() if "project" in n.inputs]
    assert len(waiting) > 10
    for node in waiting:
        assert set(node.dependencies) >= enabled, node.name
        assert node.inputs["project"] == "a-project"


def test_the_project_is_known_in_a_preview():
    """An API that is added later must not make it unknown: all that is made in the project would be
    shown as replaced."""
    preview = build("foundation", "gcp", preview=True)
    assert preview.only("kms/keyRing:KeyRing").inputs["project"] == "a-project"


def test_there_is_a_key_for_each_class_of_data(graph: Graph):
    assert keys(graph).keys() == set(DATA_CLASSES)
    assert graph.result["encryption_keys"].keys() == set(DATA_CLASSES)
    assert len(set(graph.result["encryption_keys"].values())) == len(DATA_CLASSES)


def test_keys_rotate_and_state_what_they_are(environment: str, graph: Graph):
    level = "HSM" if environment == "prod" else "SOFTWARE"
    for node in keys(graph).values():
        assert node.inputs["purpose"] == "ENCRYPT_DECRYPT"
        assert node.inputs["rotationPeriod"] == "7776000s"
        assert node.inputs["destroyScheduledDuration"] == "2592000s"
        assert node.inputs["versionTemplate"] == {
            "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION",
            "protectionLevel": level,
        }


def test_keys_are_protected_where_data_is_worth_it(environment: str, graph: Graph):
    policy = "DELETE" if environment == "dev" else "PREVENT"
    assert {node.inputs["deletionPolicy"] for node in keys(graph).values()} == {policy}


def test_a_ring_has_no_fixed_name_since_names_are_never_free_again(graph: Graph):
    ring = graph.only("kms/keyRing:KeyRing")
    assert "name" not in ring.inputs
    assert ring.inputs["location"] == "europe-west1"


def test_a_service_may_use_the_key_of_its_own_data_only(graph: Graph):
    key_ids = graph.result["encryption_keys"]
    allowed = {
        (node.inputs["cryptoKeyId"], node.inputs["member"])
        for node in graph.of("CryptoKeyIAMMember")
    }
    assert allowed == {
        (key_ids[data], f"serviceAccount:{SERVICE_AGENTS[api].format(number=NUMBER)}")
        for data, apis in KEY_USERS.items()
        for api in apis
    }
    roles = {node.inputs["role"] for node in graph.of("CryptoKeyIAMMember")}
    assert roles == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}


def test_the_tables_of_services_agree():
    assert KEY_USERS.keys() == set(DATA_CLASSES)
    assert {api for apis in KEY_USERS.values() for api in apis} == SERVICE_AGENTS.keys()
    assert SERVICE_AGENTS.keys() <= set(APIS)
    assert set(LATE_AGENTS) == SERVICE_AGENTS.keys() - {"compute", "storage"}
    assert all(agent.count("{number}") == 1 for agent in SERVICE_AGENTS.values())


def test_the_first_deployment_finds_the_agents_there():
    assert set(LATE_AGENTS) <= set(AGENTS)


@given(st.integers(10**5, 10**18))
def test_a_number_without_quotes_is_a_number_too(number: int):
    assert FoundationSpec.model_validate({"project_number": number}).project_number == str(number)


def test_there_is_an_account_for_each_role(graph: Graph):
    accounts = graph.of("serviceaccount/account:Account")
    assert {node.inputs["accountId"] for node in accounts} == {f"dev-{role}" for role in ROLES}
    assert graph.result["node_account"] == "dev-nodes@the-project.example"
    assert graph.result["publisher_account"] == "dev-publisher@the-project.example"
    for node in accounts:
        assert 6 <= len(node.inputs["accountId"]) <= 30, "Google's rule"


def test_accounts_may_do_what_their_role_needs(graph: Graph):
    grants = {
        (n.inputs["member"], n.inputs["role"]) for n in graph.of("projects/iAMMember:IAMMember")
    }
    assert grants == {
        (
            "serviceAccount:dev-nodes@the-project.example",
            "roles/container.defaultNodeServiceAccount",
        )
    }


BROAD = (
    "roles/owner",
    "roles/editor",
    "roles/viewer",
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountTokenCreator",
)


def test_no_role_is_basic_or_hands_out_others(graph: Graph):
    for node in graph.nodes.values():
        role = str(node.inputs.get("role", ""))
        assert role not in BROAD and "admin" not in role.lower(), node.name


def test_all_access_is_recorded_of_all_services_and_everybody(graph: Graph):
    audit = graph.only("projects/iAMAuditConfig:IAMAuditConfig").inputs
    assert audit["service"] == "allServices"
    kinds = [config.get("logType") for config in audit["auditLogConfigs"]]
    assert kinds == ["ADMIN_READ", "DATA_READ", "DATA_WRITE"]
    assert not any(config.get("exemptedMembers") for config in audit["auditLogConfigs"])


RETENTION = {"dev": (30, 30, False), "staging": (30, 90, False), "prod": (90, 400, True)}


def test_audit_logs_are_kept_apart_and_for_long(environment: str, graph: Graph):
    days, audit_days, locked = RETENTION[environment]
    ordinary = graph.only("ProjectBucketConfig", "foundation-logs").inputs
    assert (ordinary["bucketId"], ordinary["retentionDays"]) == ("_Default", days)
    audit = graph.only("ProjectBucketConfig", "foundation-audit-logs").inputs
    assert audit["location"] == "europe-west1"
    assert audit["bucketId"] == "alphintra-dev-audit"
    assert (audit["retentionDays"], audit["locked"]) == (audit_days, locked)
    assert audit["deletionPolicy"] == "ABANDON", "the record of a stack outlives it"


def test_audit_logs_find_their_bucket(graph: Graph):
    sink = graph.only("logging/projectSink:ProjectSink").inputs
    assert sink["destination"] == "logging.googleapis.com/foundation-audit-logs-id"
    assert sink["filter"] == 'logName:"cloudaudit.googleapis.com"'


def test_locally_the_stack_has_an_authority_of_its_own():
    local = build("foundation", "local")
    authority = local.only("alphintra:CertificateAuthority", "foundation-authority")
    assert authority.inputs["common_name"] == "alphintra dev authority"
    assert len(local.nodes) == 2  # and the stack
    assert local.result["authority_certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert local.result["encryption_keys"] == {}


@given(st.text(max_size=100))
def test_a_label_follows_googles_rule(text: str):
    value = label_value(text)
    assert len(value) <= 63
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-_" for c in value)


@given(st.from_regex(r"[a-z0-9_-]{0,63}", fullmatch=True))
def test_a_good_label_stays_as_it_is(text: str):
    assert label_value(text) == text


def test_whatever_carries_labels_says_whose_it_is(graph: Graph):
    labelled: list[dict[str, Any]] = [
        node.inputs[field]
        for node in graph.nodes.values()
        for field in ("labels", "userLabels")
        if field in node.inputs and "email_address" not in node.inputs[field]
    ]
    assert len(labelled) > len(DATA_CLASSES)
    for labels in labelled:
        assert labels == {
            "project": "alphintra",
            "stack": "dev",
            "environment": "dev",
            "component": "foundation",
            "managed-by": "pulumi",
        }
