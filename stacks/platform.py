"""The platform: what it consists of, and what stands on what."""

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Output, ResourceOptions, log

from components.baseline import Baseline
from components.baseline.kubernetes import kubernetes_baseline
from components.cache import Cache
from components.cluster import Cluster
from components.connectivity import NAME as CHECK
from components.connectivity import ConnectivityCheck
from components.database import Database
from components.foundation import Foundation
from components.network import Network
from components.registry import Registry
from components.service import Service, Surroundings
from components.service.kubernetes import in_cluster
from stacks.config import Settings
from stacks.kept import CACHE, DATABASE, REGISTRY, promises
from stacks.services import callers, with_databases, with_users
from stacks.targets import Target

Exported = Output[str] | Output[int] | Output[list[str]] | Output[dict[str, str]]


class Platform(ComponentResource):
    """Everything of one stack, on one target."""

    def __init__(self, name: str, spec: Settings, target: Target) -> None:
        facts = spec.facts()
        super().__init__("alphintra:index:Platform", name, facts)
        here = ResourceOptions(parent=self)
        services = spec.every_service
        for waiver in spec.waivers:
            log.warn(str(waiver), self)

        base = Foundation("foundation", spec.foundation, target.foundation, here).outputs
        network = Network("network", spec.network, base, target.network, here).outputs
        registry = Registry(REGISTRY, spec.registry, base, network, target.registry, here).outputs
        nodes = Cluster("cluster", spec.cluster, base, network, registry, target.cluster, here)
        cluster = nodes.outputs
        databases = with_databases(spec.database, services)
        database = Database(DATABASE, databases, base, network, target.database, here).outputs
        users = with_users(spec.cache, services)
        cache = Cache(CACHE, users, base, network, target.cache, here).outputs

        provider = kubernetes.Provider(
            "kubernetes",
            kubeconfig=cluster.kubeconfig,
            delete_unreachable=cluster.disposable,
            # Else they are deleted and made anew, and missing in between.
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=here,
        )
        inside = ResourceOptions(
            parent=self,
            providers=[provider],
            deleted_with=nodes if target.cluster_holds_all else None,
        )
        # The cluster takes it along: the Kubernetes provider can miss that an object is gone, and
        # waits ten minutes for it.
        with_it = ResourceOptions(parent=self, providers=[provider], deleted_with=nodes)
        baseline = Baseline("baseline", spec.baseline, kubernetes_baseline, with_it).outputs
        around = Surroundings(base, network, registry, database, cache, baseline)
        made = {
            one: Service(
                one, wants, callers(one, services), around, target.identity, in_cluster, inside
            ).outputs
            for one, wants in services.items()
        }
        ConnectivityCheck(CHECK, registry, made[CHECK], inside)

        self.exports: dict[str, Exported] = {
            "cluster_name": cluster.name,
            "kubeconfig": cluster.kubeconfig,
            "registry_address": registry.address,
            "egress_addresses": network.egress_addresses,
            "database_host": database.host,
            "database_reader_host": database.reader_host,
            "database_port": database.port,
            "database_passwords": database.passwords,
            "database_ca_certificate": database.ca_certificate,
            "database_host_address": database.host_address,
            "cache_host": cache.host,
            "cache_port": cache.port,
            "cache_reader_host": cache.reader_host,
            "cache_reader_port": cache.reader_port,
            "cache_password": cache.password,
            "cache_passwords": cache.passwords,
            "cache_ca_certificate": cache.ca_certificate,
            "cache_host_address": cache.host_address,
            "services": Output.all(*(service.namespace for service in made.values())),
        }
        """What a person or another stack may rely on: the same names and types on every target."""
        # For the next `up`, which is held to them.
        self.register_outputs({**self.exports, "promises": promises(spec)})
