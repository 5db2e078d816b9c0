"""What a GKE cluster tells of itself, and what it has built in."""

from pulumi_gcp import container

CONTROL_PLANE = ("APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
LOGS = ("SYSTEM_COMPONENTS", "WORKLOADS", *CONTROL_PLANE)
METRICS = (
    "SYSTEM_COMPONENTS",
    *CONTROL_PLANE,
    *("STORAGE", "HPA", "POD", "DAEMONSET", "DEPLOYMENT", "STATEFULSET", "KUBELET", "CADVISOR"),
)
"""Google's golden path, without what needs a GPU (DCGM) or an add-on that we lack (JOBSET)."""


def observe(args: "container.ClusterArgs") -> None:
    args.logging_config = container.ClusterLoggingConfigArgs(enable_components=LOGS)
    args.monitoring_config = container.ClusterMonitoringConfigArgs(
        enable_components=METRICS,
        managed_prometheus=container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
        advanced_datapath_observability_config=(
            container.ClusterMonitoringConfigAdvancedDatapathObservabilityConfigArgs(
                enable_metrics=True, enable_relay=True
            )
        ),
    )
    args.cost_management_config = container.ClusterCostManagementConfigArgs(enabled=True)
    _add_ons(args)
    args.vertical_pod_autoscaling = container.ClusterVerticalPodAutoscalingArgs(enabled=True)
    # Pools are data, so none comes by itself; BALANCED keeps spare room, where the other profile
    # evicts pods to save a node.
    args.cluster_autoscaling = container.ClusterClusterAutoscalingArgs(
        enabled=False, autoscaling_profile="BALANCED"
    )


def _add_ons(args: "container.ClusterArgs") -> None:
    args.addons_config = container.ClusterAddonsConfigArgs(
        dns_cache_config=container.ClusterAddonsConfigDnsCacheConfigArgs(enabled=True),
        gce_persistent_disk_csi_driver_config=(
            container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(enabled=True)
        ),
        gke_backup_agent_config=container.ClusterAddonsConfigGkeBackupAgentConfigArgs(enabled=True),
        horizontal_pod_autoscaling=container.ClusterAddonsConfigHorizontalPodAutoscalingArgs(
            disabled=False
        ),
        http_load_balancing=container.ClusterAddonsConfigHttpLoadBalancingArgs(
            disabled=False  # the Gateway API needs it
        ),
        network_policy_config=container.ClusterAddonsConfigNetworkPolicyConfigArgs(
            disabled=True  # Dataplane V2 does it
        ),
    )
