"""Name → a resource that a preview accepts, and that Google refuses."""

from collections.abc import Callable
from typing import Any, cast

from pulumi_gcp import (
    artifactregistry,
    binaryauthorization,
    compute,
    container,
    dns,
    gkebackup,
    kms,
    logging,
    monitoring,
    projects,
    pubsub,
    redis,
    secretmanager,
    serviceaccount,
    sql,
    storage,
)
from right import NUMBER, PROJECT, REGION, Around, rule

Make = Callable[[str, Around], Any]
MISSING_KEY = f"projects/{PROJECT}/locations/{REGION}/keyRings/r/cryptoKeys/missing"
AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-cloudasset.iam.gserviceaccount.com"


def server(name: str, around: Around, settings: dict[str, Any] | None = None, **more: Any) -> Any:
    """A PostgreSQL server that is right but for what is given."""
    private = {"ipv4_enabled": False, "private_network": around.network}
    right: dict[str, Any] = {
        "edition": "ENTERPRISE",
        "tier": "db-custom-2-7680",
        "ip_configuration": private,
    }
    given: dict[str, Any] = {
        "database_version": "POSTGRES_15",
        "deletion_protection": False,
        **more,
    }
    return sql.DatabaseInstance(
        name,
        region=REGION,
        settings=cast(Any, {**right, **(settings or {})}),
        **given,
        opts=around.opts,
    )


def cache(name: str, around: Around, **more: Any) -> Any:
    given: dict[str, Any] = {
        "authorized_network": around.network,
        "connect_mode": "PRIVATE_SERVICE_ACCESS",
        "memory_size_gb": 1,
        "redis_version": "REDIS_7_0",
        **more,
    }
    return redis.Instance(name, region=REGION, **given, opts=around.opts)


def pool(name: str, around: Around, **config: Any) -> Any:
    return container.NodePool(
        name, cluster=around.cluster, node_count=1, node_config=cast(Any, config), opts=around.opts
    )


def cluster(name: str, around: Around, **more: Any) -> Any:
    given: dict[str, Any] = {"network": around.network, "subnetwork": around.subnet, **more}
    return container.Cluster(
        name,
        location=REGION,
        initial_node_count=1,
        deletion_protection=False,
        **given,
        opts=around.opts,
    )


def grant(name: str, around: Around, role: str, member: Any) -> Any:
    return projects.IAMMember(name, project=PROJECT, role=role, member=member, opts=around.opts)


def subnet(name: str, around: Around, block: str) -> Any:
    return compute.Subnetwork(name, network=around.network, ip_cidr_range=block, opts=around.opts)


def bucket(name: str, around: Around, **more: Any) -> Any:
    return storage.Bucket(name, location="EU", **more, opts=around.opts)


CASES: dict[str, Make] = {
    "sql-tier": lambda n, a: server(n, a, {"tier": "db-custom-3-7680"}),
    "sql-tier-of-the-other-edition": lambda n, a: server(n, a, {"edition": "ENTERPRISE_PLUS"}),
    "sql-version": lambda n, a: server(n, a, database_version="POSTGRES_15_3"),
    "sql-recovery-without-backups": lambda n, a: server(
        n,
        a,
        {"backup_configuration": {"enabled": False, "point_in_time_recovery_enabled": True}},
    ),
    "sql-network-without-peering": lambda n, a: server(
        n, a, {"ip_configuration": {"ipv4_enabled": False, "private_network": a.lonely}}
    ),
    "sql-replica-of-nothing": lambda n, a: server(n, a, master_instance_name="nowhere"),
    "sql-key-missing": lambda n, a: server(n, a, encryption_key_name=MISSING_KEY),
    "sql-key-not-granted": lambda n, a: server(n, a, encryption_key_name=a.key),
    "sql-key-elsewhere": lambda n, a: server(n, a, encryption_key_name=a.far_key),
    "redis-network-without-peering": lambda n, a: cache(n, a, authorized_network=a.lonely),
    "redis-version": lambda n, a: cache(n, a, redis_version="REDIS_8_1"),
    "redis-size": lambda n, a: cache(n, a, memory_size_gb=500),
    "redis-key-not-granted": lambda n, a: cache(n, a, customer_managed_key=a.key),
    "gke-machine-type": lambda n, a: pool(n, a, machine_type="n2d-standrd-4"),
    "gke-node-account-missing": lambda n, a: pool(
        n, a, service_account=f"nodes@{PROJECT}.iam.gserviceaccount.com"
    ),
    "gke-range-missing": lambda n, a: cluster(
        n, a, ip_allocation_policy={"cluster_secondary_range_name": "pod"}
    ),
    "gke-network-missing": lambda n, a: cluster(
        n, a, network=f"projects/{PROJECT}/global/networks/nowhere"
    ),
    "gke-topic-missing": lambda n, a: cluster(
        n,
        a,
        notification_config={
            "pubsub": {"enabled": True, "topic": f"projects/{PROJECT}/topics/nowhere"}
        },
    ),
    "backup-of-no-cluster": lambda n, a: gkebackup.BackupPlan(
        n,
        cluster=f"projects/{PROJECT}/locations/{REGION}/clusters/nowhere",
        location=REGION,
        opts=a.opts,
    ),
    "subnet-overlaps": lambda n, a: subnet(n, a, "10.1.8.0/24"),
    "subnet-in-managed-range": lambda n, a: subnet(n, a, "10.9.4.0/24"),
    "firewall-priority-taken": lambda n, a: compute.NetworkFirewallPolicyRule(
        n, **rule(a.policy), opts=a.opts
    ),
    "nat-address-missing": lambda n, a: compute.RouterNat(
        n,
        router=compute.Router(n, network=a.network, region=REGION, opts=a.opts).name,
        region=REGION,
        nat_ip_allocate_option="MANUAL_ONLY",
        nat_ips=[f"projects/{PROJECT}/regions/{REGION}/addresses/nowhere"],
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
        opts=a.opts,
    ),
    "region-misspelt": lambda n, a: compute.Address(n, region="europe-wst1", opts=a.opts),
    "record-in-no-zone": lambda n, a: dns.RecordSet(
        n,
        managed_zone="nowhere",
        name="a.example.com.",
        type="A",
        ttl=60,
        rrdatas=["10.0.0.1"],
        opts=a.opts,
    ),
    "registry-format": lambda n, a: artifactregistry.Repository(
        n, repository_id=n, format="DOCKR", location=REGION, opts=a.opts
    ),
    "registry-name-taken": lambda n, a: artifactregistry.Repository(
        n, repository_id=a.repository, format="DOCKER", location=REGION, opts=a.opts
    ),
    "registry-upstream-missing": lambda n, a: artifactregistry.Repository(
        n,
        repository_id=n,
        format="DOCKER",
        location=REGION,
        mode="VIRTUAL_REPOSITORY",
        virtual_repository_config={
            "upstream_policies": [
                {
                    "id": "own",
                    "priority": 1,
                    "repository": f"projects/{PROJECT}/locations/{REGION}/repositories/nowhere",
                }
            ]
        },
        opts=a.opts,
    ),
    "bucket-action": lambda n, a: bucket(
        n, a, lifecycle_rules=[{"action": {"type": "Destroy"}, "condition": {"age": 3}}]
    ),
    "bucket-key-not-granted": lambda n, a: bucket(n, a, encryption={"default_kms_key_name": a.key}),
    "role-misspelt": lambda n, a: kms.CryptoKeyIAMMember(
        n,
        crypto_key_id=a.key,
        role="roles/cloudkms.cryptoKeyEncryptorDecryptor",
        member=f"serviceAccount:service-{NUMBER}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        opts=a.opts,
    ),
    "account-missing": lambda n, a: grant(
        n, a, "roles/pubsub.viewer", f"serviceAccount:nobody@{PROJECT}.iam.gserviceaccount.com"
    ),
    "agent-not-made": lambda n, a: grant(n, a, "roles/cloudkms.viewer", AGENT),
    "workload-pool-missing": lambda n, a: serviceaccount.IAMMember(
        n,
        service_account_id=a.account.apply(lambda one: f"projects/{PROJECT}/serviceAccounts/{one}"),
        role="roles/iam.workloadIdentityUser",
        member=f"serviceAccount:{PROJECT}.svc.id.goog[default/default]",
        opts=a.opts,
    ),
    "secret-place-misspelt": lambda n, a: secretmanager.Secret(
        n,
        secret_id=n,
        replication={"user_managed": {"replicas": [{"location": "europe-wst1"}]}},
        opts=a.opts,
    ),
    "topic-retention": lambda n, a: pubsub.Topic(
        n, message_retention_duration="a week", opts=a.opts
    ),
    "sink-to-no-bucket": lambda n, a: logging.ProjectSink(
        n,
        destination=f"logging.googleapis.com/projects/{PROJECT}/locations/global/buckets/nowhere",
        opts=a.opts,
    ),
    "attestor-without-note": lambda n, a: binaryauthorization.Attestor(
        n,
        attestation_authority_note={"note_reference": f"projects/{PROJECT}/notes/nowhere"},
        opts=a.opts,
    ),
    "api-not-enabled": lambda n, a: monitoring.NotificationChannel(
        n, type="email", labels={"email_address": "a@example.com"}, opts=a.opts
    ),
}
"""All of what the provider's own checks pass."""
PASSED: dict[str, Make] = {
    "filter": lambda n, a: logging.ProjectSink(
        n,
        destination=f"logging.googleapis.com/projects/{PROJECT}/locations/global/buckets/_Default",
        filter="severity >>> ERROR",
        opts=a.opts,
    ),
    "expression": lambda n, a: projects.IAMMember(
        n,
        project=PROJECT,
        role="roles/pubsub.viewer",
        member="user:a@example.com",
        condition={"title": "t", "expression": "resource.nme =="},
        opts=a.opts,
    ),
    "database-flag": lambda n, a: server(
        n, a, {"database_flags": [{"name": "work_memory", "value": "4"}]}
    ),
    "cron": lambda n, a: gkebackup.BackupPlan(
        n,
        cluster=a.cluster,
        location=REGION,
        backup_schedule={"cron_schedule": "every night"},
        opts=a.opts,
    ),
}
"""What Google would refuse and the rehearsal lets through."""
