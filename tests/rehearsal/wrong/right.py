"""What the wrong programs stand on."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import ResourceOptions
from pulumi_gcp import (
    artifactregistry,
    compute,
    container,
    dns,
    kms,
    projects,
    secretmanager,
    serviceaccount,
    servicenetworking,
)

PROJECT, REGION, NUMBER = "wrong-programs", "europe-west1", "100000000009"
APIS = ("compute", "container", "dns", "pubsub", "secretmanager", "servicenetworking")
MORE = ("artifactregistry", "binaryauthorization", "containeranalysis", "gkebackup", "logging")
DATABASES = ("redis", "sqladmin")


@dataclass
class Around:
    """What there is, for those who want to use it wrongly."""

    network: pulumi.Output[str]
    lonely: pulumi.Output[str]
    """A network that managed services are not connected to."""
    subnet: pulumi.Output[str]
    cluster: pulumi.Output[str]
    zone: pulumi.Output[str]
    policy: pulumi.Output[str]
    key: pulumi.Output[str]
    """A key that no service may use."""
    far_key: pulumi.Output[str]
    """One in another region."""
    account: pulumi.Output[str]
    secret: pulumi.Output[str]
    repository: pulumi.Output[str]
    opts: ResourceOptions


def standing() -> Around:
    enabled = [
        projects.Service(f"{api}-api", service=f"{api}.googleapis.com", disable_on_destroy=False)
        for api in (*APIS, *MORE, *DATABASES)
    ]
    here = ResourceOptions(depends_on=enabled)
    network = compute.Network("network", auto_create_subnetworks=False, opts=here)
    lonely = compute.Network("lonely", auto_create_subnetworks=False, opts=here)
    subnet = compute.Subnetwork(
        "subnet",
        network=network.id,
        ip_cidr_range="10.1.0.0/20",
        secondary_ip_ranges=[{"range_name": "pods", "ip_cidr_range": "10.2.0.0/16"}],
        opts=here,
    )
    reserved = compute.GlobalAddress(
        "managed",
        purpose="VPC_PEERING",
        address_type="INTERNAL",
        address="10.9.0.0",
        prefix_length=20,
        network=network.id,
        opts=here,
    )
    peering = servicenetworking.Connection(
        "managed",
        network=network.id,
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=[reserved.name],
        deletion_policy="ABANDON",
        opts=here,
    )
    ready = ResourceOptions(depends_on=[*enabled, peering, subnet])
    cluster = container.Cluster(
        "cluster",
        location=REGION,
        initial_node_count=1,
        network=network.id,
        subnetwork=subnet.id,
        deletion_protection=False,
        opts=ready,
    )
    zone = dns.ManagedZone("zone", dns_name="example.com.", description="A zone", opts=here)
    policy = compute.NetworkFirewallPolicy("policy", opts=here)
    compute.NetworkFirewallPolicyRule("rule", **rule(policy.name), opts=here)
    ring = kms.KeyRing("ring", location=REGION, opts=here)
    far_ring = kms.KeyRing("far-ring", location="us-east1", opts=here)
    account = serviceaccount.Account("account", account_id="account", opts=here)
    secret = secretmanager.Secret("secret", secret_id="secret", replication={"auto": {}}, opts=here)
    repository = artifactregistry.Repository(
        "repository", repository_id="taken", format="DOCKER", location=REGION, opts=here
    )
    return Around(
        network.id,
        lonely.id,
        subnet.id,
        cluster.id,
        zone.name,
        policy.name,
        kms.CryptoKey("key", key_ring=ring.id, opts=here).id,
        kms.CryptoKey("far-key", key_ring=far_ring.id, opts=here).id,
        account.email,
        secret.id,
        repository.name,
        ready,
    )


def rule(policy: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "firewall_policy": policy,
        "priority": 1000,
        "direction": "INGRESS",
        "action": "deny",
        "match": {
            "src_ip_ranges": ["0.0.0.0/0"],
            "layer4_configs": [{"ip_protocol": "all"}],
        },
    }
