"""The nodes of a GKE cluster."""

from typing import cast

from pulumi import Output, ResourceOptions
from pulumi_gcp import container

from components.cluster import ClusterSpec
from components.cluster.gke_security import MEMORY
from components.cluster.specs import PoolSpec
from components.foundation import FoundationOutputs
from components.naming import cloud_labels

ZONES = 3
"""GKE spreads a regional cluster's nodes over three zones of its region."""
RESERVED_FOR = "io.alphintra/reserved-for"
FAMILIES = {False: "e2", True: "n2d"}
"""Whether memory is encrypted → machine family. E2 is the cheapest; N2D is the family with AMD SEV
that most zones have."""
SHAPES = {4: "standard", 8: "highmem"}
"""GiB of memory for each processor → Google's word for it."""
LOCATION_POLICIES = {False: "BALANCED", True: "ANY"}
"""Whether a pool is spot → how it is spread over zones: evenly, or wherever capacity is spare."""
UPGRADES: "dict[str, container.NodePoolUpgradeSettingsArgsDict]" = {
    "surge": {"strategy": "SURGE", "max_surge": 1, "max_unavailable": 0},
    "blue_green": {
        "strategy": "BLUE_GREEN",
        "blue_green_settings": {
            "standard_rollout_policy": {"batch_percentage": 0.33, "batch_soak_duration": "300s"},
            "node_pool_soak_duration": "3600s",
        },
    },
}


def machine_type(pool: PoolSpec, confidential: bool) -> str:
    return f"{FAMILIES[confidential]}-{SHAPES[pool.memory_gb // pool.cpus]}-{pool.cpus}"


def node_pools(
    name: str,
    spec: ClusterSpec,
    foundation: FoundationOutputs,
    cluster: Output[str],
    opts: ResourceOptions,
) -> list[Output[str]]:
    """Make every pool; the cluster of each, known once its nodes are ready. (Not their ids: those
    of a pool that is added later would make the kubeconfig, and all in the cluster, unknown in the
    preview.)"""
    return [
        container.NodePool(
            f"{name}-{role}",
            cluster=cluster,
            # Of each zone, and of the beginning: later the autoscaler decides.
            initial_node_count=-(-pool.min_nodes // ZONES),
            autoscaling={
                "total_min_node_count": pool.min_nodes,
                "total_max_node_count": pool.max_nodes,
                "location_policy": LOCATION_POLICIES[pool.spot],
            },
            management={"auto_repair": True, "auto_upgrade": True},
            upgrade_settings=UPGRADES[pool.upgrade],
            network_config={"enable_private_nodes": True},
            node_drain_configs=[{"respect_pdb_during_node_pool_deletion": True}],
            node_config=_node_config(f"{name}-{role}", pool, spec, foundation),
            opts=ResourceOptions(parent=opts.parent, ignore_changes=["initialNodeCount"]),
        ).cluster
        for role, pool in spec.pools.items()
    ]


def default_pool(
    args: "container.ClusterArgs", name: str, spec: ClusterSpec, foundation: FoundationOutputs
) -> None:
    """GKE makes a pool with the cluster; ours are resources of their own, so they can change alone.
    It lives for minutes, and is no less hardened than they are."""
    args.initial_node_count = 1
    args.remove_default_node_pool = True
    first = next(iter(spec.pools.values()))
    # The SDK has a class for each place, with the same fields.
    args.node_config = cast(
        "container.ClusterNodeConfigArgs", _node_config(f"{name}-default", first, spec, foundation)
    )


def _node_config(
    name: str, pool: PoolSpec, spec: ClusterSpec, foundation: FoundationOutputs
) -> "container.NodePoolNodeConfigArgsDict":
    reserved: dict[str, str] = {RESERVED_FOR: pool.reserved_for} if pool.reserved_for else {}
    return {
        "machine_type": machine_type(pool, spec.confidential_nodes),
        "spot": pool.spot,
        "boot_disk": {"disk_type": "pd-balanced", "size_gb": pool.disk_gb},
        "boot_disk_kms_key": foundation.key("cluster"),
        "service_account": foundation.node_account,
        # The account's roles say what a node may do; scopes are of an older world.
        "oauth_scopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "labels": reserved,
        "taints": [
            {"key": key, "value": value, "effect": "NO_SCHEDULE"} for key, value in reserved.items()
        ],
        "resource_labels": cloud_labels(name),
        "image_type": "COS_CONTAINERD",
        "shielded_instance_config": {
            "enable_secure_boot": True,
            "enable_integrity_monitoring": True,
        },
        "confidential_nodes": {
            "enabled": spec.confidential_nodes,
            "confidential_instance_type": MEMORY[spec.confidential_nodes],
        },
        "workload_metadata_config": {"mode": "GKE_METADATA"},
        "metadata": {"disable-legacy-endpoints": "true"},
        "kubelet_config": {"insecure_kubelet_readonly_port_enabled": "FALSE"},
        "linux_node_config": {"cgroup_mode": "CGROUP_MODE_V2"},
        "gcfs_config": {"enabled": True},
        "gvnic": {"enabled": True},
    }
