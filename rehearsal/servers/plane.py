"""Which call of the played cloud brings about which real server."""

import re
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from components.cluster.local import DNS_HOST
from components.network.plan import address_plan, host
from rehearsal.cloud.fields import last
from rehearsal.cloud.state import Call, Cloud, Work
from rehearsal.play import Play
from rehearsal.servers import cluster as gke
from rehearsal.servers import containers, registry
from rehearsal.servers.cache import Memorystore
from rehearsal.servers.cluster import Cluster
from rehearsal.servers.containers import Place
from rehearsal.servers.database import CloudSql
from stacks.config import parse

REGISTRY_HOST = 10
"""Which address of the nodes' range the registry has: none that k3d gives out by itself."""
Do = Callable[[Cloud, Call], Any]


@contextmanager
def servers(play: Play) -> Generator[None]:
    """Real servers for a play; they are gone afterwards, as is what an earlier one left."""
    stack = play.workspace.stack
    prefix = f"alphintra-rehearsal-{stack}"
    plan = address_plan(parse(play.workspace.settings, play.workspace.file.name).network.cidr)
    managed = Place(prefix, f"{prefix}-managed", stack)
    nodes = Place(prefix, f"{prefix}-nodes", stack)
    region = play.workspace.settings["gcp:region"]
    image_host = f"{region}-docker.pkg.dev"
    made = Cluster(
        name=prefix,
        network=nodes.network,
        managed=managed.network,
        pods_cidr=str(plan.pods),
        services_cidr=str(plan.services),
        dns_address=str(host(plan.services, DNS_HOST)),
        registry=image_host,
        registry_mirror=f"http://{host(plan.private, REGISTRY_HOST)}:{registry.PORT}",
        stack=stack,
    )
    _remove(made)
    local = ""
    try:
        containers.network(managed, plan.managed)
        containers.network(nodes, plan.private)
        local = registry.start(nodes, str(host(plan.private, REGISTRY_HOST)))
        registry.command(play.workspace.folder / "bin", image_host, local)
        password = secrets.token_hex(16)
        play.cloud.authority = play.authority.managed[0]
        play.cloud.cache_password = secrets.token_hex(16)
        sql = CloudSql(managed, play.authority, password)
        redis = Memorystore(managed, play.authority, play.cloud.cache_password)
        play.cloud.work = work(play, made, sql, redis)
        yield
    finally:
        play.cloud.work = {}
        play.server.cluster = None
        _remove(made)
        if local:
            registry.forget(local)


def _remove(made: Cluster) -> None:
    made.remove()
    containers.remove(made.stack)


def work(play: Play, made: Cluster, sql: CloudSql, redis: Memorystore) -> dict[str, Work]:
    """Method → what is done for real before its operation is done."""

    def open_cluster(_cloud: Cloud, _call: Call) -> None:
        made.make()
        play.server.cluster = made.bridge().serve

    def close_cluster(_cloud: Cloud, _call: Call) -> None:
        play.server.cluster = None
        made.remove()

    acts: dict[str, Do] = {
        "container.projects.locations.clusters.create": open_cluster,
        "container.projects.locations.clusters.delete": close_cluster,
        "sql.instances.insert": lambda cloud, call: sql.create(cloud.store[call.key]),
        "sql.instances.delete": lambda _, call: sql.delete(last(call.key)),
        "sql.users.insert": lambda _, call: sql.user(_instance(call), call.body),
        "sql.users.update": lambda _, call: sql.user(_instance(call), call.body),
        "sql.databases.insert": lambda _, call: sql.database(_instance(call), last(call.key)),
        "sql.databases.delete": lambda _, call: sql.drop_database(_instance(call), last(call.key)),
        "redis.projects.locations.instances.create": lambda cloud, call: redis.create(
            cloud.store[call.key]
        ),
        "redis.projects.locations.instances.delete": lambda _, call: redis.delete(call.key),
    }
    return dict(acts)


def _instance(call: Call) -> str:
    found = re.search(r"/instances/([^/]+)", call.key)
    assert found, call.key
    return found[1]


def sign_in(play: Play) -> None:
    """Stand-ins for the commands by which the program signs in and pushes."""
    folder = play.workspace.folder / "bin"
    plugin = folder / "gke-gcloud-auth-plugin"
    plugin.write_text(gke.PLUGIN)
    plugin.chmod(0o755)
    registry.command(folder, "", "")
