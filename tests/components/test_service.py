"""What a service has in the cluster, on both targets."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from components.namespaces import LABEL
from components.service import ServiceSpec
from components.service.environment import digest
from tests.graph import Graph, Node, holds_secret
from tests.programs import TARGETS, build, deploy

ALL = ServiceSpec(
    database="trading",
    cache=True,
    registry=True,
    internet=True,
    calls=("auth", "service"),
    exposed=True,
    cpus=3,
    memory_gb=6,
    pods=7,
    volumes_gb=8,
)
NOTHING = ServiceSpec()
INSIDE = "core/v1:Namespace::service"


def policies(graph: Graph) -> dict[str, Any]:
    return {
        node.inputs["metadata"]["name"]: node.inputs["spec"] for node in graph.of(":NetworkPolicy")
    }


def destinations(policy: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """The ranges of a policy for egress, each with its ports."""
    return [
        (peer["ipBlock"]["cidr"], [int(port["port"]) for port in rule["ports"]])
        for rule in policy["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
    ]


@pytest.fixture(params=list(TARGETS))
def target(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_namespace_of_its_own_takes_restricted_pods_only(target: str):
    labels = build("service", target, ALL).only(":Namespace").inputs["metadata"]["labels"]
    modes = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    assert labels.items() >= {LABEL: "service", **modes}.items()


def test_all_of_it_is_in_the_namespace_and_goes_with_it(target: str):
    graph = build("service", target, ALL)
    others = [
        node
        for node in graph.nodes.values()
        if node.type.startswith("kubernetes:") and node.type != "kubernetes:core/v1:Namespace"
    ]
    assert len(others) >= 15
    for node in others:
        assert node.inputs["metadata"]["namespace"] == "service"
        assert node.request.deletedWith.endswith(INSIDE), node.name


@pytest.mark.parametrize(("stack", "cluster"), [("dev", "Cluster::cluster"), ("prod", "")])
def test_only_on_one_machine_a_namespace_goes_with_its_cluster(stack: str, cluster: str):
    """On Google Cloud its disks and load balancers would stay, and cost."""
    graph = deploy(stack)
    namespaces, (job,) = graph.of(":Namespace"), graph.of(":Job")
    assert len(namespaces) == 4
    for one in (*namespaces, job):
        assert one.request.deletedWith.endswith(cluster) and bool(one.request.deletedWith) == bool(
            cluster
        )


def test_everything_is_closed_but_what_is_declared(target: str):
    google = {"allow-google"} if target == "gcp" else set[str]()
    closed = policies(build("service", target, NOTHING))
    assert set(closed) == {"default-deny", "allow-dns", "allow-callers", *google}
    assert closed["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert set(policies(build("service", target, ALL))) == {
        *closed,
        "allow-database",
        "allow-cache",
        "allow-registry",
        "allow-internet",
        "allow-calls",
        "allow-outside",
    }


@pytest.mark.parametrize(
    ("policy", "reaches"),
    [
        ("allow-dns", [("169.254.20.10/32", [53, 53]), ("169.254.169.254/32", [53, 53])]),
        ("allow-database", [("10.60.64.0/20", [5432])]),
        ("allow-cache", [("10.60.64.0/20", [6378, 6379])]),
        ("allow-registry", [("10.60.16.10/32", [5000])]),
        ("allow-internet", [("0.0.0.0/0", [443])]),
    ],
)
def test_an_allowance_lets_to_one_thing_alone(target: str, policy: str, reaches: Any):
    given = policies(build("service", target, ALL))[policy]
    assert given["podSelector"] == {}
    assert given["policyTypes"] == ["Egress"]
    assert destinations(given) == reaches


def test_the_internet_is_not_private_space_nor_a_machines_metadata(target: str):
    (rule,) = policies(build("service", target, ALL))["allow-internet"]["egress"]
    private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]
    assert rule["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": private}}]


def test_names_are_asked_of_the_clusters_dns(target: str):
    (rule,) = policies(build("service", target, NOTHING))["allow-dns"]["egress"]
    assert rule["to"][0] == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    assert {port["protocol"] for port in rule["ports"]} == {"UDP", "TCP"}


def test_services_call_one_another_by_both_ends_consent():
    def names(peers: list[Any]) -> list[str]:
        return [peer["namespaceSelector"]["matchLabels"][LABEL] for peer in peers]

    given = policies(build("service", "local", ALL))
    (calls,), (callers,) = given["allow-calls"]["egress"], given["allow-callers"]["ingress"]
    assert names(calls["to"]) == ["auth", "service"]
    assert names(callers["from"]) == ["auth"]


def test_requests_from_outside_are_none_of_another_services_pods(target: str):
    (rule,) = policies(build("service", target, ALL))["allow-outside"]["ingress"]
    assert rule["from"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.60.128.0/17"]}}]


def variables(graph: Graph) -> dict[str, str]:
    return graph.only(":Secret").inputs["stringData"]


def test_credentials_are_a_secret_and_the_same_on_both_targets():
    found = {target: build("service", target, ALL) for target in TARGETS}
    for graph in found.values():
        assert graph.only(":Secret").inputs["metadata"]["name"] == "platform"
        assert "stringData" in graph.only(":Secret").secrets
    assert variables(found["local"]) == variables(found["gcp"])


def test_a_client_finds_the_database_by_variables_and_by_url():
    given = variables(build("service", "local", ALL))
    assert given["PGSSLMODE"] == "verify-full"
    assert given["PGPASSWORD"] == "pass/word"
    for name, host in (
        ("DATABASE_URL", given["PGHOST"]),
        ("DATABASE_READER_URL", "reader.example"),
    ):
        url = urlsplit(given[name])
        assert (url.username, url.hostname, url.port) == (given["PGUSER"], host, 5432)
        assert unquote(url.password or "") == given["PGPASSWORD"]
        assert url.path == f"/{given['PGDATABASE']}" == "/trading"
        assert url.query == f"sslmode=verify-full&sslrootcert={given['PGSSLROOTCERT']}"


def test_a_client_finds_the_cache_by_variables_and_by_url():
    given = variables(build("service", "local", ALL))
    for prefix in ("CACHE_", "CACHE_READER_"):
        url = urlsplit(given[f"{prefix}URL"])
        assert url.scheme == "rediss"
        assert (url.hostname, str(url.port)) == (given[f"{prefix}HOST"], given[f"{prefix}PORT"])
        assert url.username == given["CACHE_USERNAME"]
        assert unquote(url.password or "") == given["CACHE_PASSWORD"] == "its@own"
        assert url.query == f"ssl_ca_certs={given['CACHE_CA_FILE']}"


def test_the_authorities_are_the_files_that_the_environment_names():
    graph = build("service", "local", ALL)
    files = graph.only(":ConfigMap").inputs
    named = {variables(graph)[key] for key in ("PGSSLROOTCERT", "CACHE_CA_FILE")}
    assert files["metadata"]["name"] == "platform-authorities"
    assert {f"/etc/platform/{file}" for file in files["data"]} == named
    assert files["data"]["database-ca.pem"] == "authority of the database"


def test_who_uses_nothing_is_given_nothing():
    graph = build("service", "local", NOTHING)
    assert not graph.only(":Secret").inputs.get("stringData")
    assert not graph.only(":ConfigMap").inputs.get("data")


def test_a_service_has_the_password_of_its_own_role_alone():
    graph = deploy("dev")
    passwords = graph.result["database_passwords"] | graph.result["cache_passwords"]
    secrets = {node.name: node.inputs["stringData"] for node in graph.of("core/v1:Secret")}
    assert set(secrets) == {"auth", "connectivity-check", "strategy-engine", "trading-api"}
    for service, given in secrets.items():
        own = service.replace("-", "_")
        assert given["PGUSER"] == own
        assert given["PGPASSWORD"] == graph.result["database_passwords"][own]
        assert given["CACHE_PASSWORD"] == graph.result["cache_passwords"][own]
        others = {password for role, password in passwords.items() if role != own}
        assert not others & set(given.values())


def quota(spec: ServiceSpec) -> dict[str, str]:
    return build("service", "local", spec).only(":ResourceQuota").inputs["spec"]["hard"]


def test_a_quota_is_what_the_stack_file_says():
    assert quota(ALL) == {
        "requests.cpu": "3",
        "requests.memory": "6Gi",
        "limits.memory": "6Gi",
        "pods": "7",
        "requests.storage": "8Gi",
        "services.loadbalancers": "1",
        "services.nodeports": "2",
    }


def test_who_is_not_exposed_has_no_way_in():
    closed = quota(NOTHING)
    assert (closed["services.loadbalancers"], closed["services.nodeports"]) == ("0", "0")


def test_a_pod_that_says_nothing_has_all_that_the_quota_counts():
    """Kubernetes refuses it otherwise."""
    (limits,) = build("service", "local", NOTHING).only(":LimitRange").inputs["spec"]["limits"]
    assert limits["type"] == "Container"
    given = {
        *(f"requests.{key}" for key in limits["defaultRequest"]),
        *(f"limits.{key}" for key in limits["default"]),
    }
    counted = {key for key in quota(NOTHING) if key.endswith((".cpu", ".memory"))}
    assert counted <= given


def test_rights_are_bound_in_the_namespace_to_both_groups(target: str):
    graph = build("service", target, NOTHING)
    bound = {
        node.inputs["metadata"]["name"]: (
            node.inputs["roleRef"]["name"],
            [subject["name"] for subject in node.inputs["subjects"]],
        )
        for node in graph.of(":RoleBinding")
    }
    assert bound == {
        "developers": ("the-developer", ["developers"]),
        "operators": ("the-operator", ["operators"]),
    }


def account(graph: Graph) -> Node:
    return graph.only("core/v1:ServiceAccount")


def test_locally_pods_are_nobody_outside_the_cluster():
    graph = build("service", "local", NOTHING)
    assert not account(graph).inputs["metadata"].get("annotations")
    assert not [node for node in graph.nodes.values() if node.type.startswith("gcp:")]


def test_on_gcp_its_pods_alone_act_as_its_google_account():
    graph = build("service", "gcp", NOTHING)
    google = graph.only("serviceaccount/account:Account")
    grant = graph.only("IAMMember").inputs
    assert google.inputs["accountId"] == "dev-service"
    assert grant["role"] == "roles/iam.workloadIdentityUser"
    assert grant["member"] == "serviceAccount:the-project.svc.id.goog[service/service]"
    assert account(graph).inputs["metadata"]["annotations"] == {
        "iam.gke.io/gcp-service-account": "dev-service@the-project.example"
    }


def test_on_gcp_it_is_granted_nothing_in_the_project():
    assert build("service", "gcp", ALL).count("projects/iAMMember:IAMMember") == 0


def test_on_gcp_pods_reach_googles_tokens_and_apis():
    given = policies(build("service", "gcp", NOTHING))["allow-google"]
    assert destinations(given) == [
        ("169.254.169.254/32", [80]),
        ("169.254.169.254/32", [8080]),
        ("169.254.169.252/32", [988]),
        ("199.36.153.4/30", [443]),
    ]


def test_no_pod_has_a_token_of_the_cluster_unasked(target: str):
    assert account(build("service", target)).inputs["automountServiceAccountToken"] is False


def test_the_fingerprint_changes_with_a_credential_and_tells_none():
    first, second = digest({"PGPASSWORD": "s3cret"}), digest({"PGPASSWORD": "other"})
    assert first != second
    assert "s3cret" not in first


def test_outputs_are_names_and_none_is_secret():
    graph = deploy("dev")
    (outputs,) = [v for urn, v in graph.outputs.items() if urn.endswith("index:Service::auth")]
    assert not any(map(holds_secret, outputs.values()))
    assert outputs["namespace"] == outputs["account"] == "auth"
