"""The cluster on Google Cloud: a private, regional GKE cluster.

Standard, not Autopilot: pools by purpose, blue-green upgrades and confidential nodes are ours to
set, and trading is to keep its nodes. Sources and reasons of all settings: docs/cloud/cluster.md.
"""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, container

from components.cluster import ClusterOutputs, ClusterSpec
from components.cluster.gke_backup import backup_plan
from components.cluster.gke_images import signed_images_only
from components.cluster.gke_maintenance import maintain
from components.cluster.gke_network import endpoint_host, private_network
from components.cluster.gke_observability import observe
from components.cluster.gke_pools import default_pool, node_pools
from components.cluster.gke_security import harden
from components.cluster.kubeconfig import kubeconfig
from components.foundation import FoundationOutputs
from components.naming import cloud_labels
from components.network import NetworkOutputs
from components.registry import RegistryOutputs


def gke(
    name: str,
    spec: ClusterSpec,
    foundation: FoundationOutputs,
    network: NetworkOutputs,
    registry: RegistryOutputs,
    opts: ResourceOptions,
) -> ClusterOutputs:
    args = container.ClusterArgs(
        location=config.region,
        description="The platform's cluster. Managed by Pulumi: changes by hand are undone.",
        resource_labels=cloud_labels(name),
        deletion_protection=spec.deletion_protection,
    )
    private_network(args, network)
    harden(args, spec, foundation)
    observe(args)
    maintain(args, name, spec, foundation, opts)
    default_pool(args, name, spec, foundation)
    cluster = container.Cluster(
        name,
        args,
        # What only the default pool had, which is gone: GKE reports those of another pool.
        ResourceOptions(parent=opts.parent, ignore_changes=["nodeConfig", "initialNodeCount"]),
    )
    pools = node_pools(name, spec, foundation, cluster.id, opts)
    images = signed_images_only(name, spec, foundation, registry, opts)
    backup_plan(name, spec, foundation, cluster.id, opts)
    return ClusterOutputs(
        name=cluster.name,
        disposable=Output.from_input(False),
        # After the images' policy: nothing that it would refuse gets in before it.
        kubeconfig=kubeconfig(cluster.name, endpoint_host(cluster), *pools, images),
    )
