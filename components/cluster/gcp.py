"""The cluster on Google Cloud: a private, regional GKE cluster with one node pool."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, container

from components.cluster import ClusterOutputs, ClusterSpec
from components.foundation import FoundationOutputs
from components.network import PODS_RANGE, SERVICES_RANGE, NetworkOutputs
from components.registry import RegistryOutputs


def gke(
    name: str,
    spec: ClusterSpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    _registry: RegistryOutputs,
    opts: ResourceOptions,
) -> ClusterOutputs:
    cluster = container.Cluster(
        name,
        location=config.region,
        network=network.id,
        subnetwork=network.private_subnet,
        networking_mode="VPC_NATIVE",
        datapath_provider="ADVANCED_DATAPATH",
        ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
            cluster_secondary_range_name=PODS_RANGE,
            services_secondary_range_name=SERVICES_RANGE,
        ),
        private_cluster_config=container.ClusterPrivateClusterConfigArgs(
            enable_private_nodes=True,
            enable_private_endpoint=False,
            master_ipv4_cidr_block=network.control_plane_cidr,
        ),
        release_channel=container.ClusterReleaseChannelArgs(channel="REGULAR"),
        min_master_version=spec.kubernetes_version,
        workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=f"{config.project}.svc.id.goog"
        ),
        # GKE makes a pool with the cluster; ours is a resource of its own, so it can change alone.
        remove_default_node_pool=True,
        initial_node_count=1,
        deletion_protection=spec.deletion_protection,
        opts=opts,
    )
    pool = container.NodePool(
        f"{name}-general",
        cluster=cluster.id,
        node_count=max(1, spec.agents),
        management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        node_config=container.NodePoolNodeConfigArgs(
            machine_type=f"e2-standard-{spec.node_cpus}",
            oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
            shielded_instance_config=container.NodePoolNodeConfigShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_integrity_monitoring=True
            ),
            workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(
                mode="GKE_METADATA"
            ),
        ),
        opts=opts,
    )
    return ClusterOutputs(
        name=cluster.name,
        disposable=Output.from_input(False),
        kubeconfig=Output.secret(
            Output.json_dumps(
                kubeconfig(
                    cluster.name,
                    cluster.endpoint,
                    cluster.master_auth.apply(lambda auth: auth.cluster_ca_certificate or ""),
                    pool.id,
                )
            )
        ),
    )


def kubeconfig(
    name: Output[str], endpoint: Output[str], ca: Output[str], pool: Output[str]
) -> Output[dict[str, object]]:
    """A kubeconfig (as JSON is YAML) that signs in as whoever `gke-gcloud-auth-plugin` says; known
    once `pool` is."""

    def render(values: list[str]) -> dict[str, object]:
        name, endpoint, ca, _ = values
        plugin = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "gke-gcloud-auth-plugin",
            "interactiveMode": "Never",
            "provideClusterInfo": True,
            "installHint": "gcloud components install gke-gcloud-auth-plugin",
        }
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": f"https://{endpoint}",
                        "certificate-authority-data": ca,
                    },
                }
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [{"name": name, "user": {"exec": plugin}}],
        }

    return Output.all(name, endpoint, ca, pool).apply(render)
