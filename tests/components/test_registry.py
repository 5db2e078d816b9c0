"""The registry's builders."""

from collections.abc import Callable
from typing import Any

import pytest

from components.proxy import CONFIG_FILE
from components.registry import RegistrySpec
from components.registry.cleanup import CACHED_IMAGES, DAY, OWN_IMAGES
from components.registry.gate import LUA_FILE, keeping_tags, passing_all
from components.registry.local import LUA
from tests.graph import Graph
from tests.programs import STACKS, build, deploy

REPOSITORY = "gcp:artifactregistry/repository:Repository"
GRANT = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
NODES, PUBLISHER = "nodes@the-project.example", "publisher@the-project.example"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build("registry", "gcp")


def repository(graph: Graph, name: str) -> dict[str, Any]:
    return graph.only(REPOSITORY, name).inputs


def test_locally_an_image_is_for_the_machine_that_builds_it():
    result = build("registry", "local").result
    assert result["address"] == "localhost:5050"
    assert result["image_platform"] == ""


CONTAINER = "docker:index/container:Container"


def test_locally_the_storage_is_reached_through_the_gate_alone():
    graph = build("registry", "local")
    storage, gate = graph.only(CONTAINER, "registry"), graph.only(CONTAINER, "registry-gate")
    assert storage.inputs.get("ports", []) == []
    assert storage.inputs["networksAdvanced"] == [
        {"name": "database-subnet", "ipv4Address": "10.60.32.13"}
    ]
    assert gate.inputs["ports"] == [{"internal": 5000, "external": 5050, "ip": "127.0.0.1"}]
    assert gate.inputs["networksAdvanced"] == [
        {"name": "private-subnet", "ipv4Address": "10.60.16.10"},
        {"name": "database-subnet"},
    ]


def test_locally_nodes_and_pods_find_the_gate_at_its_fixed_address():
    result = build("registry", "local").result
    assert result["mirror"] == "http://10.60.16.10:5000"
    assert (result["cidr"], result["port"]) == ("10.60.16.10/32", 5000)


def test_locally_images_wait_for_the_gate_and_the_cluster_does_not():
    graph = deploy("dev")
    waits = {
        kind: {
            urn.rsplit("::", 1)[1] for urn in graph.only(f"dynamic/alphintra:{kind}").dependencies
        }
        for kind in ("PublishedImage", "K3dCluster")
    }
    assert "registry-gate" in waits["PublishedImage"] - waits["K3dCluster"]


@pytest.mark.parametrize(
    ("immutable", "configuration"), [(True, keeping_tags), (False, passing_all)]
)
def test_locally_the_gate_keeps_tags_where_that_is_asked_for(
    immutable: bool, configuration: Callable[[str], str]
):
    graph = build("registry", "local", RegistrySpec(immutable_tags=immutable))
    uploads = graph.only(CONTAINER, "registry-gate").inputs["uploads"]
    files = {upload["file"]: upload["content"] for upload in uploads}
    assert files == {CONFIG_FILE: configuration("10.60.32.13:5000"), LUA_FILE: LUA}


def test_on_gcp_images_are_pushed_to_the_own_repository_and_pulled_from_it(graph: Graph):
    assert graph.result == {
        "address": "europe-west1-docker.pkg.dev/the-project/registry",
        "host": "europe-west1-docker.pkg.dev",
        "mirror": "https://europe-west1-docker.pkg.dev",
        "cidr": "199.36.153.4/30",
        "port": 443,
        "image_platform": "linux/amd64",
    }


def test_the_address_is_known_only_once_the_grants_are_given():
    image = deploy("prod").only("dynamic/alphintra:PublishedImage")
    waited_for = {urn.rsplit("::", 1)[1] for urn in image.dependencies}
    assert {"registry", "registry-reader", "registry-writer"} <= waited_for


def test_all_are_encrypted_with_the_registrys_own_key_and_labelled(graph: Graph):
    assert graph.count(REPOSITORY) == 3
    for node in graph.of(REPOSITORY):
        assert node.inputs["kmsKeyName"] == "key-of-registry"
        assert node.inputs["location"] == "europe-west1"
        assert node.inputs["format"] == "DOCKER"
        assert node.inputs["labels"]["component"] == "registry"
        assert node.inputs["description"]


def test_what_holds_images_is_scanned_and_cleaned(graph: Graph):
    for name in ("registry", "registry-docker-hub"):
        inputs = repository(graph, name)
        assert inputs["vulnerabilityScanningConfig"] == {"enablementConfig": "INHERITED"}
        assert inputs["cleanupPolicyDryRun"] is False
        assert inputs["cleanupPolicies"]


def test_public_images_come_from_docker_hub_without_an_account(graph: Graph):
    inputs = repository(graph, "registry-docker-hub")
    assert inputs["mode"] == "REMOTE_REPOSITORY"
    config = inputs["remoteRepositoryConfig"]
    assert config["dockerRepository"] == {"publicRepository": "DOCKER_HUB"}
    assert "upstreamCredentials" not in config


def test_an_own_image_wins_over_a_public_one_of_its_name(graph: Graph):
    inputs = repository(graph, "registry-all")
    assert inputs["mode"] == "VIRTUAL_REPOSITORY"
    policies = inputs["virtualRepositoryConfig"]["upstreamPolicies"]
    by_priority = sorted(policies, key=lambda policy: policy["priority"], reverse=True)
    assert [p["repository"] for p in by_priority] == ["registry-id", "registry-docker-hub-id"]


def test_each_account_has_its_role_on_one_repository_and_nobody_else_has_any(graph: Graph):
    grants = {
        (node.inputs["repository"], node.inputs["role"], node.inputs["member"])
        for node in graph.of(GRANT)
    }
    assert grants == {
        ("registry", "roles/artifactregistry.reader", f"serviceAccount:{NODES}"),
        ("registry", "roles/artifactregistry.writer", f"serviceAccount:{PUBLISHER}"),
        ("registry-all", "roles/artifactregistry.reader", f"serviceAccount:{NODES}"),
    }


class TestCleanup:
    """What the policies match, told apart by what they do."""

    def actions(self, policies: list[Any], action: str) -> list[Any]:
        return [policy for policy in policies if policy["action"] == action]

    def test_only_untagged_images_of_our_own_are_deleted_after_thirty_days(self):
        (delete,) = self.actions(OWN_IMAGES, "DELETE")
        assert delete["condition"] == {"tag_state": "UNTAGGED", "older_than": f"{30 * DAY}s"}

    def test_releases_and_the_latest_ten_are_kept(self):
        releases, latest = self.actions(OWN_IMAGES, "KEEP")
        assert "v1" in releases["condition"]["tag_prefixes"]
        assert "v" not in releases["condition"]["tag_prefixes"]  # it would keep `vnext` too
        assert latest["most_recent_versions"] == {"keep_count": 10}

    @pytest.mark.parametrize("policies", [OWN_IMAGES, CACHED_IMAGES])
    def test_artifact_registrys_own_limits(self, policies: list[Any]):
        ids = [policy["id"] for policy in policies]
        assert len(set(ids)) == len(ids) <= 10


@pytest.mark.parametrize("stack", STACKS)
def test_tags_are_immutable_everywhere(stack: str):
    own = repository(deploy(stack, target="gcp"), "registry")
    assert own["dockerConfig"] == {"immutableTags": True}
    assert own["mode"] == "STANDARD_REPOSITORY"


@pytest.mark.parametrize(
    ("stack", "policy"), [("dev", "DELETE"), ("staging", "PREVENT"), ("prod", "PREVENT")]
)
def test_own_images_are_protected_where_they_matter(stack: str, policy: str):
    graph = deploy(stack, target="gcp")
    own = graph.only(REPOSITORY, "registry")
    assert own.inputs["deletionPolicy"] == policy
    assert own.request.protect is (policy == "PREVENT")
    assert "deletionPolicy" not in repository(graph, "registry-docker-hub")


def test_a_name_that_is_taken_is_freed_before_it_is_given_again(graph: Graph):
    assert all(node.request.deleteBeforeReplace for node in graph.of(REPOSITORY))


def test_tags_may_be_let_move():
    graph = build("registry", "gcp", RegistrySpec(immutable_tags=False))
    assert repository(graph, "registry")["dockerConfig"] == {"immutableTags": False}
