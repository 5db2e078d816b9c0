"""The programs that tests run under mocks: one builder alone, or a whole stack."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi import Output, ResourceOptions

from components.baseline import BaselineOutputs, BaselineSpec
from components.baseline.kubernetes import kubernetes_baseline
from components.cache import CacheOutputs, CacheSpec
from components.cluster import ClusterOutputs, ClusterSpec
from components.database import DatabaseOutputs, DatabaseSpec
from components.foundation import DATA_CLASSES, FoundationOutputs, FoundationSpec
from components.network import NetworkOutputs, NetworkSpec
from components.registry import RegistryOutputs, RegistrySpec
from components.service import ServiceOutputs, ServiceSpec, Surroundings
from components.service.kubernetes import in_cluster
from components.spec import Spec
from stacks.config import parse
from stacks.platform import Platform
from stacks.targets import TARGETS
from tests.authority import authority
from tests.graph import Graph, record

ROOT = Path(__file__).parent.parent
STACKS = ["dev", "staging", "prod"]
GCP = {"gcp:project": "a-project", "gcp:region": "europe-west1"}

SPECS: dict[str, Spec] = {
    "foundation": FoundationSpec(
        project_number="123456789012",
        billing_account="012345-6789AB-CDEF01",
        alert_email="platform@a-company.example",
    ),
    "network": NetworkSpec.model_validate({"cidr": "10.60.0.0/16"}),
    "registry": RegistrySpec(),
    "cluster": ClusterSpec(published_ports={8080: 30080}),
    "database": DatabaseSpec(databases={"trading": "trader", "users": "clerk"}),
    "cache": CacheSpec(memory_gb=4, users=["trading_api"]),
    "baseline": BaselineSpec(),
    "service": ServiceSpec(database="trading", cache=True),
}


def known(value: str) -> Output[str]:
    return Output.from_input(value)


def foundation() -> FoundationOutputs:
    keys = {data: f"key-of-{data}" for data in DATA_CLASSES}
    return FoundationOutputs(
        project=known("the-project"),
        encryption_keys=Output.from_input(keys),
        node_account=known("nodes@the-project.example"),
        publisher_account=known("publisher@the-project.example"),
        authority_certificate=known(authority()[0]),
        authority_key=Output.secret(authority()[1]),
    )


def network() -> NetworkOutputs:
    return NetworkOutputs(
        id=known("the-network"),
        public_subnet=known("public-subnet"),
        private_subnet=known("private-subnet"),
        database_subnet=known("database-subnet"),
        managed_services=known("managed-services"),
        egress_addresses=Output.from_input(["203.0.113.1"]),
        private_cidr=known("10.60.16.0/20"),
        database_cidr=known("10.60.32.0/20"),
        pods_cidr=known("10.60.128.0/17"),
        services_cidr=known("10.60.48.0/20"),
        control_plane_cidr=known("10.60.80.0/28"),
        managed_services_cidr=known("10.60.64.0/20"),
    )


def registry() -> RegistryOutputs:
    return RegistryOutputs(
        address=known("registry.example/images"),
        host=known("registry.example"),
        mirror=known("http://10.60.16.10:5000"),
        cidr=known("10.60.16.10/32"),
        port=Output.from_input(5000),
        image_platform=known("linux/amd64"),
    )


def database() -> DatabaseOutputs:
    return DatabaseOutputs(
        host=known("database.example"),
        reader_host=known("reader.example"),
        port=Output.from_input(5432),
        passwords=Output.secret({"postgres": "admin", "service": "pass/word"}),
        ca_certificate=known("authority of the database"),
        host_address=known("127.0.0.1:5432"),
    )


def cache_() -> CacheOutputs:
    return CacheOutputs(
        host=known("cache.example"),
        port=Output.from_input(6378),
        reader_host=known("cache-reader.example"),
        reader_port=Output.from_input(6379),
        password=Output.secret("default's"),
        usernames=Output.from_input({"service": "service"}),
        passwords=Output.secret({"service": "its@own"}),
        ca_certificate=known("authority of the cache"),
        host_address=known("127.0.0.1:6379"),
    )


def baseline() -> BaselineOutputs:
    return BaselineOutputs(
        developer_role=known("the-developer"),
        operator_role=known("the-operator"),
        developers=known("developers"),
        operators=known("operators"),
    )


def surroundings() -> Surroundings:
    return Surroundings(foundation(), network(), registry(), database(), cache_(), baseline())


UPSTREAM: dict[str, Any] = {
    "foundation": lambda: (),
    "network": lambda: (foundation(),),
    "registry": lambda: (foundation(), network()),
    "cluster": lambda: (foundation(), network(), registry()),
    "database": lambda: (foundation(), network()),
    "cache": lambda: (foundation(), network()),
    "baseline": lambda: (),
    "service": lambda: (("auth",), surroundings()),
}
"""Capability → what its builder stands on, as literals."""

Outputs = (
    FoundationOutputs
    | NetworkOutputs
    | RegistryOutputs
    | ClusterOutputs
    | DatabaseOutputs
    | CacheOutputs
    | BaselineOutputs
    | ServiceOutputs
)


def builder_of(capability: str, target: str) -> Callable[..., Outputs]:
    """A target's; or the one of both, with what the target gives it."""

    def service(name: str, spec: ServiceSpec, callers: Any, around: Any, opts: Any) -> Outputs:
        return in_cluster(name, spec, callers, around, TARGETS[target].identity, opts)

    both = {"baseline": kubernetes_baseline, "service": service}
    return both.get(capability) or getattr(TARGETS[target], capability)


def build(capability: str, target: str, spec: Spec | None = None, preview: bool = False) -> Graph:
    """The graph of one builder alone; `graph.result` is its outputs by name."""
    builder = builder_of(capability, target)

    def program() -> dict[str, Any]:
        outputs: Outputs = builder(
            capability, spec or SPECS[capability], *UPSTREAM[capability](), ResourceOptions()
        )
        return vars(outputs)

    return record(program, config=GCP, preview=preview)


def stack_config(stack: str, **changes: str) -> dict[str, str]:
    """The configuration in a stack's file, as Pulumi would hand it over; `changes` to `alphintra:`
    keys win."""
    file = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    values = {key: v if isinstance(v, str) else json.dumps(v) for key, v in file.items()}
    return {**values, **{f"alphintra:{key}": value for key, value in changes.items()}}


def deploy(
    stack: str, preview: bool = False, standing: frozenset[str] = frozenset(), **changes: str
) -> Graph:
    """The graph of a whole stack; `graph.result` is what it exports, by name. Made once for the
    same settings: tests only read it."""
    settings = tuple(sorted(stack_config(stack, **changes).items()))
    return _deployed(stack, preview, standing, settings)


@cache
def _deployed(
    stack: str, preview: bool, standing: frozenset[str], settings: tuple[tuple[str, str], ...]
) -> Graph:
    config = dict(settings)

    def program() -> dict[str, Any]:
        wanted = parse(config, f"Pulumi.{stack}.yaml")
        return Platform(pulumi.get_stack(), wanted, TARGETS[wanted.target]).exports

    return record(program, stack=stack, config=config, preview=preview, standing=standing)
