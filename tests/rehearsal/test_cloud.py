"""The played cloud, call by call: what is generic, and what an API does in its own way."""

import re

import pytest

from rehearsal.cloud import special
from rehearsal.cloud.documents import Json, neutral
from tests.rehearsal.cloud import (
    COMPUTE,
    LOCATION,
    NUMBER,
    REGION,
    P,
    call,
    network,
    peered,
    project,
    refused,
    subnet,
)


def test_a_resource_is_made_read_listed_changed_and_deleted():
    cloud = project("compute")
    operation = call(cloud, "POST", "compute", f"{COMPUTE}/global/networks", {"name": "net"})
    assert operation["kind"] == "compute#operation" and operation["status"] == "DONE"
    polled = f"{COMPUTE}/global/operations/{operation['name']}"
    assert call(cloud, "GET", "compute", polled)["targetLink"].endswith("/global/networks/net")

    url = f"{COMPUTE}/global/networks/net"
    made = call(cloud, "GET", "compute", url)
    assert made["selfLink"].endswith("/compute/v1/projects/a-project/global/networks/net")
    assert call(cloud, "GET", "compute", f"{COMPUTE}/global/networks/{made['id']}") == made
    assert call(cloud, "GET", "compute", f"{COMPUTE}/global/networks")["items"] == [made]
    call(cloud, "PATCH", "compute", url, {"routingConfig": {"routingMode": "GLOBAL"}})
    changed = call(cloud, "GET", "compute", url)
    assert changed["routingConfig"] == {"routingMode": "GLOBAL"} and changed["id"] == made["id"]
    call(cloud, "DELETE", "compute", url)
    assert refused(cloud, "GET", "compute", url).code == 404


def test_the_same_resource_answers_in_every_version_of_its_api():
    cloud = project("compute")
    network(cloud)
    beta = call(cloud, "GET", "compute", "compute/beta/projects/a-project/global/networks/net")
    assert beta["name"] == "net"
    assert neutral("compute/beta/projects/p") == neutral("v1beta4/projects/p") == "projects/p"


def test_the_other_form_of_operations_carries_the_resource():
    cloud = project("artifactregistry")
    body = {"format": "DOCKER", "mode": "STANDARD_REPOSITORY"}
    url = f"{LOCATION}/repositories?repositoryId=images"
    operation = call(cloud, "POST", "artifactregistry", url, body)
    name = f"{P}/locations/europe-west1/repositories/images"
    assert operation["done"] and operation["response"]["name"] == name
    read = call(cloud, "GET", "artifactregistry", f"v1/{operation['name']}")
    assert read["response"]["name"] == name


def test_a_mask_says_which_fields_change():
    cloud = project("pubsub")
    topic = f"v1/{P}/topics/notices"
    call(cloud, "PUT", "pubsub", topic, {"labels": {"a": "1"}, "messageRetentionDuration": "600s"})
    change = {"topic": {"labels": {"a": "2"}}, "updateMask": "labels,messageRetentionDuration"}
    call(cloud, "PATCH", "pubsub", topic, change)
    now = call(cloud, "GET", "pubsub", topic)
    assert now["labels"] == {"a": "2"} and "messageRetentionDuration" not in now


def test_what_only_google_sets_is_not_taken_from_a_client():
    cloud = project("compute")
    body = {"name": "net", "selfLink": "mine", "creationTimestamp": "never"}
    call(cloud, "POST", "compute", f"{COMPUTE}/global/networks", body)
    made = call(cloud, "GET", "compute", f"{COMPUTE}/global/networks/net")
    assert made["selfLink"] != "mine" and made["creationTimestamp"] != "never"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"nme": "net"}, 'Unknown name "nme": Cannot find field'),
        ({"name": "net", "routingConfig": {"mode": "GLOBAL"}}, "at 'routingConfig'"),
        ({"name": "net", "autoCreateSubnetworks": "no"}, "TYPE_BOOL"),
        ({"name": "net", "mtu": "large"}, "TYPE_INT32"),
        ({"name": "net", "routingConfig": {"routingMode": "WORLD"}}, "GLOBAL, REGIONAL"),
        ({"name": "Net"}, "must match"),
        ({"name": "net", "peerings": {}}, "a list"),
    ],
)
def test_a_body_is_held_to_its_schema(body: dict[str, object], words: str):
    error = refused(project("compute"), "POST", "compute", f"{COMPUTE}/global/networks", body)
    assert error.code == 400 and words in error.message


def test_a_duration_is_one():
    cloud = project("pubsub")
    url, body = f"v1/{P}/topics/notices", {"messageRetentionDuration": "a week"}
    assert "duration such as 30s" in refused(cloud, "PUT", "pubsub", url, body).message


def test_an_api_that_is_not_enabled_answers_nothing_else():
    cloud = project()
    error = refused(cloud, "GET", "dns", f"dns/v1/{P}/managedZones")
    assert (error.code, error.reason) == (403, "accessNotConfigured")
    call(cloud, "POST", "serviceusage", f"v1/{P}/services/dns.googleapis.com:enable")
    assert call(cloud, "GET", "dns", f"dns/v1/{P}/managedZones") == {}


def test_a_name_is_taken_once():
    cloud = project("compute")
    network(cloud)
    error = refused(cloud, "POST", "compute", f"{COMPUTE}/global/networks", {"name": "net"})
    assert (error.code, error.status) == (409, "ALREADY_EXISTS")


def test_what_is_in_use_stays():
    cloud = project("compute")
    network(cloud)
    call(cloud, "POST", "compute", f"{REGION}/subnetworks", subnet("a", "10.0.0.0/24"))
    error = refused(cloud, "DELETE", "compute", f"{COMPUTE}/global/networks/net")
    assert error.reason == "resourceInUseByAnotherResource"
    assert "subnetworks/a" in error.message
    call(cloud, "DELETE", "compute", f"{REGION}/subnetworks/a")
    call(cloud, "DELETE", "compute", f"{COMPUTE}/global/networks/net")


def test_the_peering_with_managed_services_is_the_networks_and_goes_with_it():
    cloud = project("compute", "servicenetworking")
    peered(cloud)
    (peering,) = call(cloud, "GET", "compute", f"{COMPUTE}/global/networks/net")["peerings"]
    url = f"{COMPUTE}/global/networks/net/updatePeering"
    change = {"networkPeering": {"name": peering["name"], "exportCustomRoutes": True}}
    call(cloud, "PATCH", "compute", url, change)
    (peering,) = call(cloud, "GET", "compute", f"{COMPUTE}/global/networks/net")["peerings"]
    assert peering["exportCustomRoutes"] is True
    call(cloud, "DELETE", "compute", f"{COMPUTE}/global/addresses/managed")
    call(cloud, "DELETE", "compute", f"{COMPUTE}/global/networks/net")


def test_two_who_change_a_policy_at_once_find_out():
    cloud = project("iam")
    url = f"v1/{P}:getIamPolicy"
    old = call(cloud, "POST", "cloudresourcemanager", url)
    new: Json = {"policy": {"etag": old["etag"], "bindings": []}}
    call(cloud, "POST", "cloudresourcemanager", f"v1/{P}:setIamPolicy", new)
    error = refused(cloud, "POST", "cloudresourcemanager", f"v1/{P}:setIamPolicy", new)
    assert (error.code, error.status) == (409, "ABORTED")


def test_versions_of_a_secret_are_counted_and_kept_out_of_its_resource():
    cloud = project("secretmanager")
    replication: Json = {"replication": {"automatic": {}}}
    call(cloud, "POST", "secretmanager", f"v1/{P}/secrets?secretId=s", replication)
    for number, data in enumerate(("b25l", "dHdv"), 1):
        url = f"v1/{P}/secrets/s:addVersion"
        made = call(cloud, "POST", "secretmanager", url, {"payload": {"data": data}})
        assert made["name"].endswith(f"/versions/{number}") and data not in str(made)
    latest = call(cloud, "GET", "secretmanager", f"v1/{P}/secrets/s/versions/latest:access")
    assert latest["payload"]["data"] == "dHdv"


def test_a_project_is_known_by_its_number_too():
    cloud = project()
    found = call(cloud, "GET", "cloudresourcemanager", f"v1/projects/{NUMBER}")
    assert found["projectId"] == "a-project"


def test_a_host_that_no_document_names_is_not_googles():
    error = refused(project(), "GET", "unheard-of", "v1/things")
    assert error.code == 501 and "no description of Google's" in error.message


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in special.HANDLERS])
def test_every_special_row_is_about_a_method_that_there_is(pattern: str):
    documents = project().documents.values()
    methods = [one.id for document in documents for one in document.methods]
    assert any(re.fullmatch(pattern, one) for one in methods), pattern
