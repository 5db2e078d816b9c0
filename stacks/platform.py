"""The platform: what it consists of, and what stands on what."""

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Output, ResourceOptions, log

from components.cache import Cache
from components.cluster import Cluster
from components.connectivity import ACCOUNT, ConnectivityCheck
from components.database import Database
from components.foundation import Foundation
from components.network import Network
from components.registry import Registry
from stacks.config import Settings
from stacks.targets import Target

Exported = Output[str] | Output[int] | Output[list[str]] | Output[dict[str, str]]


class Platform(ComponentResource):
    """Everything of one stack, on one target."""

    def __init__(self, name: str, spec: Settings, target: Target) -> None:
        facts = spec.facts()
        super().__init__("alphintra:index:Platform", name, facts)
        here = ResourceOptions(parent=self)
        for waiver in spec.waivers:
            log.warn(str(waiver), self)

        base = Foundation("foundation", spec.foundation, target.foundation, here).outputs
        network = Network("network", spec.network, base, target.network, here).outputs
        registry = Registry("registry", spec.registry, base, network, target.registry, here).outputs
        cluster = Cluster(
            "cluster", spec.cluster, base, network, registry, target.cluster, here
        ).outputs
        database = Database(
            "database", spec.database.including(ACCOUNT), base, network, target.database, here
        ).outputs
        cache = Cache("cache", spec.cache, base, network, target.cache, here).outputs

        provider = kubernetes.Provider(
            "kubernetes",
            kubeconfig=cluster.kubeconfig,
            delete_unreachable=cluster.disposable,
            opts=here,
        )
        in_cluster = ResourceOptions(parent=self, providers=[provider])
        ConnectivityCheck("connectivity-check", registry, database, cache, in_cluster)

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
            "cache_ca_certificate": cache.ca_certificate,
            "cache_host_address": cache.host_address,
        }
        """What a person or another stack may rely on: the same names and types on every target."""
        self.register_outputs(self.exports)
