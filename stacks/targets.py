"""The two worlds side by side. A target is one builder per capability; leave one out and the
program neither type-checks nor starts."""

from dataclasses import dataclass

from components.cache import CacheBuilder
from components.cache.gcp import memorystore
from components.cache.local import redis_containers
from components.cluster import ClusterBuilder
from components.cluster.gcp import gke
from components.cluster.local import k3d_cluster
from components.database import DatabaseBuilder
from components.database.gcp import cloud_sql
from components.database.local import postgres_container
from components.foundation import FoundationBuilder
from components.foundation.gcp import google_project
from components.foundation.local import one_machine
from components.network import NetworkBuilder
from components.network.gcp import vpc
from components.network.local import docker_networks
from components.registry import RegistryBuilder
from components.registry.gcp import artifact_registry
from components.registry.local import registry_container
from components.service import IdentityBuilder
from components.service.gcp import google_account
from components.service.local import nobody


@dataclass(frozen=True, kw_only=True)
class Target:
    foundation: FoundationBuilder
    network: NetworkBuilder
    registry: RegistryBuilder
    cluster: ClusterBuilder
    database: DatabaseBuilder
    cache: CacheBuilder
    identity: IdentityBuilder
    cluster_holds_all: bool
    """Whether all that services make goes with the cluster, so that `down` need not wait for each
    namespace. Not on Google Cloud: disks and load balancers would stay, and cost."""


TARGETS = {
    "local": Target(
        foundation=one_machine,
        network=docker_networks,
        registry=registry_container,
        cluster=k3d_cluster,
        database=postgres_container,
        cache=redis_containers,
        identity=nobody,
        cluster_holds_all=True,
    ),
    "gcp": Target(
        foundation=google_project,
        network=vpc,
        registry=artifact_registry,
        cluster=gke,
        database=cloud_sql,
        cache=memorystore,
        identity=google_account,
        cluster_holds_all=False,
    ),
}
