"""The cluster on Google Cloud, as each environment gets it."""

import json
import re
from typing import Any

import pytest

from components.cluster import PODS_PER_NODE, ClusterSpec
from stacks.defaults import DEFAULTS
from tests.graph import Graph, Node
from tests.programs import STACKS, build, deploy

CLUSTER, POOL = "container/cluster:Cluster", "container/nodePool:NodePool"
POLICY, ATTESTOR = "binaryauthorization/policy:Policy", "binaryauthorization/attestor:Attestor"
KEY = "key-of-cluster"


def spec(environment: str, **changes: Any) -> ClusterSpec:
    return ClusterSpec.model_validate({**DEFAULTS[environment]["cluster"], **changes})


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return build("cluster", "gcp", spec(request.param))


def cluster(graph: Graph) -> dict[str, Any]:
    return graph.only(CLUSTER).inputs


def pools(graph: Graph) -> dict[str, dict[str, Any]]:
    return {pool.name: pool.inputs for pool in graph.of(POOL)}


def ignored(node: Node) -> list[str]:
    return list(node.request.ignoreChanges)


def test_nobody_reaches_it_but_through_the_endpoint_that_asks_iam(graph: Graph):
    assert cluster(graph)["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {
            "allowExternalTraffic": True,
            "enableK8sCertsViaDns": False,
            "enableK8sTokensViaDns": False,
        },
        "ipEndpointsConfig": {"enabled": False},
    }
    assert cluster(graph)["privateClusterConfig"] == {
        "enablePrivateEndpoint": True,
        "enablePrivateNodes": True,
        "masterIpv4CidrBlock": "10.60.80.0/28",
    }
    # The provider sends none while there is no address, and every preview would ask for them again.
    assert "masterAuthorizedNetworksConfig" not in cluster(graph)
    assert all(
        pool["networkConfig"] == {"enablePrivateNodes": True} for pool in pools(graph).values()
    )


def test_the_kubeconfig_names_that_endpoint_and_no_credential(graph: Graph):
    config = json.loads(graph.result["kubeconfig"])
    assert config["clusters"] == [
        {"name": "cluster", "cluster": {"server": "https://cluster.europe-west1.gke.goog"}}
    ]
    assert config["users"][0]["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert graph.result["disposable"] is False


def test_dataplane_v2_enforces_network_policies(graph: Graph):
    inputs = cluster(graph)
    assert inputs["datapathProvider"] == "ADVANCED_DATAPATH"
    assert inputs["enableFqdnNetworkPolicy"] and inputs["enableIntranodeVisibility"]
    assert inputs["networkPolicy"] == {"enabled": False}  # the add-on would be a second one
    assert inputs["addonsConfig"]["networkPolicyConfig"] == {"disabled": True}
    assert inputs["serviceExternalIpsConfig"] == {"enabled": False}
    assert inputs["defaultMaxPodsPerNode"] == PODS_PER_NODE


def test_identities_are_googles_and_nobody_is_anonymous(graph: Graph):
    inputs = cluster(graph)
    assert inputs["workloadIdentityConfig"] == {"workloadPool": "a-project.svc.id.goog"}
    assert inputs["masterAuth"] == {"clientCertificateConfig": {"issueClientCertificate": False}}
    assert inputs["anonymousAuthenticationConfig"] == {"mode": "LIMITED"}
    assert not any(inputs["rbacBindingConfig"].values())
    assert inputs["enableLegacyAbac"] is False
    assert "authenticatorGroupsConfig" not in inputs


def test_a_google_group_can_be_named_in_rbac():
    group = "gke-security-groups@a-company.example"
    named = build("cluster", "gcp", spec("prod", security_group=group))
    assert cluster(named)["authenticatorGroupsConfig"] == {"securityGroup": group}


def test_what_is_stored_is_encrypted_with_the_clusters_key(graph: Graph):
    inputs = cluster(graph)
    assert inputs["databaseEncryption"] == {"keyName": KEY, "state": "ENCRYPTED"}
    disks = [inputs["nodeConfig"], *(pool["nodeConfig"] for pool in pools(graph).values())]
    assert {disk["bootDiskKmsKey"] for disk in disks} == {KEY}
    assert graph.only("pubsub/topic:Topic").inputs["kmsKeyName"] == KEY
    backup = graph.only("gkebackup/backupPlan:BackupPlan").inputs
    assert backup["backupConfig"]["encryptionKey"] == {"gcpKmsEncryptionKey": KEY}


def test_every_node_is_hardened_that_of_the_first_minutes_too(graph: Graph):
    for node in [cluster(graph)["nodeConfig"], *(p["nodeConfig"] for p in pools(graph).values())]:
        assert node["shieldedInstanceConfig"] == {
            "enableIntegrityMonitoring": True,
            "enableSecureBoot": True,
        }
        assert node["imageType"] == "COS_CONTAINERD"
        assert node["serviceAccount"] == "nodes@the-project.example"
        assert node["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
        assert node["metadata"] == {"disable-legacy-endpoints": "true"}
        assert node["kubeletConfig"] == {"insecureKubeletReadonlyPortEnabled": "FALSE"}
        assert node["gcfsConfig"] == node["gvnic"] == {"enabled": True}
    assert cluster(graph)["enableShieldedNodes"] and cluster(graph)["removeDefaultNodePool"]


def test_pools_are_repaired_upgraded_and_drained_with_care(graph: Graph):
    for node in graph.of(POOL):
        assert node.inputs["management"] == {"autoRepair": True, "autoUpgrade": True}
        assert node.inputs["nodeDrainConfigs"] == [{"respectPdbDuringNodePoolDeletion": True}]
        assert ignored(node) == ["initialNodeCount"]  # the autoscaler's from then on
    assert ignored(graph.only(CLUSTER)) == ["nodeConfig", "initialNodeCount"]


def test_dev_has_one_pool_staging_two_and_prod_three():
    by_environment = {name: pools(build("cluster", "gcp", spec(name))) for name in STACKS}
    expected = {
        "dev": ["cluster-general"],
        "staging": ["cluster-system", "cluster-trading"],
        "prod": ["cluster-system", "cluster-trading", "cluster-analytics"],
    }
    # They are registered side by side: in which order, nobody promises.
    assert {name: sorted(of) for name, of in by_environment.items()} == {
        name: sorted(of) for name, of in expected.items()
    }
    prod = {name: by_environment["prod"][name] for name in expected["prod"]}
    assert prod["cluster-system"]["autoscaling"] == {
        "locationPolicy": "BALANCED",
        "totalMaxNodeCount": 6,
        "totalMinNodeCount": 3,
    }
    assert [pool["initialNodeCount"] for pool in prod.values()] == [1, 1, 0]
    assert [pool["upgradeSettings"]["strategy"] for pool in prod.values()] == [
        *("SURGE", "BLUE_GREEN", "SURGE")
    ]
    analytics = prod["cluster-analytics"]
    assert analytics["autoscaling"]["locationPolicy"] == "ANY"
    assert analytics["nodeConfig"]["spot"]
    assert analytics["nodeConfig"]["taints"] == [
        {"key": "io.alphintra/reserved-for", "value": "analytics", "effect": "NO_SCHEDULE"}
    ]
    assert analytics["nodeConfig"]["machineType"] == "n2d-highmem-8"
    assert by_environment["dev"]["cluster-general"]["nodeConfig"]["machineType"] == "e2-standard-4"


@pytest.mark.parametrize(("environment", "encrypted"), [("dev", False), ("prod", True)])
def test_memory_is_encrypted_on_all_nodes_or_none(environment: str, encrypted: bool):
    graph = build("cluster", "gcp", spec(environment))
    wanted = {"enabled": encrypted} | ({"confidentialInstanceType": "SEV"} if encrypted else {})
    nodes = [cluster(graph)["nodeConfig"], *(p["nodeConfig"] for p in pools(graph).values())]
    assert cluster(graph)["confidentialNodes"] == wanted
    assert all(node["confidentialNodes"] == wanted for node in nodes)


def test_upgrades_come_on_weekend_nights_and_are_told():
    prod = build("cluster", "gcp", spec("prod"))
    assert cluster(prod)["releaseChannel"] == {"channel": "STABLE"}
    assert cluster(build("cluster", "gcp", spec("staging")))["releaseChannel"] == {
        "channel": "REGULAR"
    }
    (freeze,) = cluster(prod)["maintenancePolicy"]["maintenanceExclusions"]
    assert freeze == {
        "exclusionName": "year-end-2026",
        "startTime": "2026-12-19T00:00:00Z",
        "endTime": "2027-01-04T00:00:00Z",
        "exclusionOptions": {"scope": "NO_UPGRADES"},
    }
    assert cluster(prod)["maintenancePolicy"]["recurringWindow"]["recurrence"].endswith("SA,SU")
    assert cluster(prod)["notificationConfig"] == {
        "pubsub": {"enabled": True, "topic": "cluster-upgrades-id"}
    }


def test_it_tells_of_itself_down_to_the_control_plane(graph: Graph):
    inputs = cluster(graph)
    for told in (inputs["loggingConfig"], inputs["monitoringConfig"]):
        assert {"SYSTEM_COMPONENTS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"} <= set(
            told["enableComponents"]
        )
    assert "WORKLOADS" in inputs["loggingConfig"]["enableComponents"]
    assert inputs["monitoringConfig"]["managedPrometheus"] == {"enabled": True}
    assert inputs["monitoringConfig"]["advancedDatapathObservabilityConfig"]["enableMetrics"]
    assert inputs["costManagementConfig"] == {"enabled": True}
    assert inputs["securityPostureConfig"]["mode"] == "BASIC"


def test_only_signed_images_run(graph: Graph):
    assert cluster(graph)["binaryAuthorization"] == {
        "evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"
    }
    policy = graph.only(POLICY).inputs
    assert policy["globalPolicyEvaluationMode"] == "ENABLE"
    assert policy["defaultAdmissionRule"] == {
        "evaluationMode": "REQUIRE_ATTESTATION",
        "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
        "requireAttestationsBies": ["cluster-signing"],
    }
    assert policy["admissionWhitelistPatterns"] == [
        {"namePattern": "registry.example/images/connectivity-check@sha256:*"}
    ]
    assert graph.only(ATTESTOR).inputs["attestationAuthorityNote"]["publicKeys"] == []


def test_the_image_that_up_pushes_itself_is_the_one_that_may_run_unsigned():
    graph = deploy("prod")
    (container,) = graph.only("batch/v1:Job").inputs["spec"]["template"]["spec"]["containers"]
    (pattern,) = graph.only(POLICY).inputs["admissionWhitelistPatterns"]
    prefix = pattern["namePattern"].removesuffix("*")
    assert re.fullmatch(re.escape(prefix) + "[0-9a-f]+", container["image"])


def test_a_signing_key_is_trusted_once_its_public_half_stands_in_the_stack_file():
    pem = "-----BEGIN PUBLIC KEY-----\nMFk=\n-----END PUBLIC KEY-----\n"
    graph = build("cluster", "gcp", spec("prod", signing_keys={"2": pem}))
    (key,) = graph.only(ATTESTOR).inputs["attestationAuthorityNote"]["publicKeys"]
    assert key == {
        "id": "//cloudkms.googleapis.com/v1/cluster-signing-id/cryptoKeyVersions/2",
        "pkixPublicKey": {"publicKeyPem": pem, "signatureAlgorithm": "EC_SIGN_P256_SHA256"},
    }


def test_ci_may_sign_and_nobody_else(graph: Graph):
    grants = [
        node.inputs
        for node in graph.nodes.values()
        if node.type.lower().endswith("iammember") and "member" in node.inputs
    ]
    assert {grant["member"] for grant in grants} == {"serviceAccount:publisher@the-project.example"}
    assert sorted(grant["role"] for grant in grants) == [
        "roles/binaryauthorization.attestorsViewer",
        "roles/cloudkms.signerVerifier",
        "roles/containeranalysis.notes.attacher",
        "roles/containeranalysis.occurrences.editor",
    ]


@pytest.mark.parametrize(
    ("environment", "cron", "retention"),
    [("dev", "0 3 * * *", (7, 0)), ("prod", "0 */6 * * *", (35, 14))],
)
def test_all_namespaces_are_backed_up(environment: str, cron: str, retention: tuple[int, int]):
    plan = build("cluster", "gcp", spec(environment)).only("backupPlan:BackupPlan").inputs
    assert plan["backupSchedule"] == {"cronSchedule": cron}
    assert plan["retentionPolicy"] == {
        "backupRetainDays": retention[0],
        "backupDeleteLockDays": retention[1],
    }
    config = plan["backupConfig"]
    assert config["allNamespaces"] and config["includeSecrets"] and config["includeVolumeData"]
    assert config["permissiveMode"] is False


def test_protection_holds_for_the_cluster_and_its_signing_key():
    for environment, protected in (("dev", False), ("staging", True), ("prod", True)):
        graph = build("cluster", "gcp", spec(environment))
        assert cluster(graph)["deletionProtection"] is protected
        key = graph.only("kms/cryptoKey:CryptoKey").inputs
        assert key["deletionPolicy"] == ("PREVENT" if protected else "DELETE")


def test_costs_are_told_apart_by_pool(graph: Graph):
    assert cluster(graph)["resourceLabels"]["component"] == "cluster"
    for name, pool in pools(graph).items():
        assert pool["nodeConfig"]["resourceLabels"]["component"] == name
