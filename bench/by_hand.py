"""The floor of `up` and `down`: the same things, made by somebody who types `docker`, `k3d`,
`kubectl` and `psql`, knows the order, and starts at once whatever can be started.

The same images, networks, volumes, containers and files; each container healthy; the same roles
and databases; the same objects in the cluster, and its check run to the end. Nothing is recorded,
compared or encrypted, passwords and certificates are there already, and nothing could be changed
afterwards: that is what Pulumi and the program take their time for.
"""

import io
import json
import shlex
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.measure import BenchError, ask
from bench.recipe import DYNAMIC, NETWORK, VOLUME, Recipe
from bench.stack import ROOT
from components.cache.server_settings import RedisSettingsProvider
from components.database import ADMIN
from components.database.server_settings import PostgresSettingsProvider

SETTINGS = {
    f"{DYNAMIC}RedisSettings": RedisSettingsProvider(),
    f"{DYNAMIC}PostgresSettings": PostgresSettingsProvider(),
}
"""What a server is told once it runs, by psql and redis-cli in its container."""
POLL_SECONDS, HEALTHY_WITHIN_SECONDS = 0.1, 300


def up(recipe: Recipe) -> None:
    """Make everything, and wait until the check in the cluster has succeeded."""
    for network in recipe.of(NETWORK):
        make_network(network)
    for volume in recipe.of(VOLUME):
        ask("docker", "volume", "create", *_labels(volume), volume["name"])
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        kubeconfig = Path(folder) / "kubeconfig"
        work = [
            pool.submit(make_cluster, recipe, kubeconfig),
            pool.submit(make_database, recipe),
            *(
                pool.submit(make_server, recipe, name)
                for name in ("cache", "cache-replica", "cache-way-in", "database-way-in")
            ),
        ]
        image = pool.submit(publish, recipe).result()
        for one in work:
            one.result()
        apply(recipe, image, kubeconfig)


def make_network(network: dict[str, Any]) -> None:
    (pool,) = network["ipamConfigs"]
    ask(
        *("docker", "network", "create", *_labels(network)),
        *(["--internal"] if network["internal"] else []),
        *(f"--opt={key}={value}" for key, value in network.get("options", {}).items()),
        f"--subnet={pool['subnet']}",
        f"--gateway={pool['gateway']}",
        f"--ip-range={pool['ipRange']}",
        network["name"],
    )


def make_container(container: dict[str, Any]) -> None:
    """Make, fill and start it; wait until it is healthy."""
    name, health = container["name"], container["healthcheck"]
    first, *others = container["networksAdvanceds"]
    entry, *before = container.get("entrypoints") or [""]
    options = {
        "--name": [name],
        "--hostname": [container["hostname"]],
        "--entrypoint": [entry] if entry else [],
        "--user": [container["user"]] if container.get("user") else [],
        "--env": container.get("envs", []),
        "--memory": [f"{container['memory']}m"] if container.get("memory") else [],
        "--memory-swap": [f"{container['memorySwap']}m"] if container.get("memorySwap") else [],
        "--restart": [container["restart"]],
        "--cap-drop": container.get("capabilities", {}).get("drops", []),
        "--security-opt": container.get("securityOpts", []),
        "--volume": [
            f"{one['volumeName']}:{one['containerPath']}" for one in container.get("volumes", [])
        ],
        "--publish": [
            f"{one['ip']}:{one['external']}:{one['internal']}" for one in container.get("ports", [])
        ],
        "--network": [first["name"]],
        "--ip": [first["ipv4Address"]] if first.get("ipv4Address") else [],
        "--health-cmd": [_shell(health["tests"])],
        "--health-interval": [health["interval"]],
        "--health-timeout": [health["timeout"]],
        "--health-retries": [str(int(health["retries"]))],
        "--health-start-period": [health["startPeriod"]],
    }
    flags = [f"{flag}={value}" for flag, values in options.items() for value in values]
    ask(
        *("docker", "create", *flags, *_labels(container), container["image"]),
        *(*before, *container.get("commands", [])),
    )
    for network in others:
        address = [f"--ip={network['ipv4Address']}"] if network.get("ipv4Address") else []
        ask("docker", "network", "connect", *address, network["name"], name)
    fill(name, {one["file"]: one["content"] for one in container.get("uploads", [])})
    ask("docker", "start", name)
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while ask("docker", "inspect", "--format={{.State.Health.Status}}", name) != "healthy":
        if time.monotonic() > deadline:
            raise BenchError(f"{name} does not become healthy: docker logs {name}")
        time.sleep(POLL_SECONDS)


def fill(name: str, files: dict[str, str]) -> None:
    """Put `files` (path → text) into a container that does not run yet."""
    for path, content in files.items():
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "file.tar"
            with tarfile.open(archive, "w") as tar:
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.size, entry.mode = len(content.encode()), 0o644
                tar.addfile(entry, io.BytesIO(content.encode()))
            ask("sh", "-c", 'docker cp - "$1:/" < "$2"', "sh", name, str(archive))


def make_database(recipe: Recipe) -> None:
    """The server, its roles and databases, and the replica that signs in with one of them."""
    server = make_server(recipe, "database")
    psql = ["docker", "exec", "--interactive", server["name"], "psql", f"--username={ADMIN}"]
    ask(*psql, "--quiet", "--set=ON_ERROR_STOP=1", stdin=recipe.sql)
    make_server(recipe, "database-replica")


def make_server(recipe: Recipe, name: str) -> dict[str, Any]:
    """Its container, which it returns, and what it is told."""
    container = recipe.container(name)
    make_container(container)
    for type_, provider in SETTINGS.items():
        for told in recipe.of(type_):
            if told["container"] == container["name"]:
                provider.create(told)
    return container


def publish(recipe: Recipe) -> str:
    """The registry, and the check's image in it; its name there."""
    make_container(recipe.container("registry"))
    make_container(recipe.container("registry-gate"))
    (image,) = recipe.of(f"{DYNAMIC}PublishedImage")
    folder = ROOT / "images" / image["name"]
    names = image["base_official"], image["base_stand_in"]
    base = next(name for name in names if ask("docker", "image", "ls", "--quiet", name))
    made = ask("docker", "build", "--quiet", f"--build-arg=BASE={base}", str(folder))
    repository = f"{image['registry']}/{image['name']}"
    ask("docker", "tag", made, f"{repository}:by-hand")
    ask("docker", "push", "--quiet", f"{repository}:by-hand")
    (facts,) = json.loads(ask("docker", "image", "inspect", f"{repository}:by-hand"))
    return next(one for one in facts["RepoDigests"] if one.startswith(f"{repository}@"))


def make_cluster(recipe: Recipe, kubeconfig: Path) -> None:
    """Create it, join its nodes to the second network, wait until they are ready."""
    (cluster,) = recipe.of(f"{DYNAMIC}K3dCluster")
    name, servers, agents = cluster["name"], int(cluster["servers"]), int(cluster["agents"])
    mirrors = {"mirrors": {cluster["registry"]: {"endpoint": [cluster["registry_mirror"]]}}}
    registries = kubeconfig.with_name("registries.yaml")
    registries.write_text(json.dumps(mirrors))
    k3s = {
        "cluster-cidr": cluster["pods_cidr"],
        "service-cidr": cluster["services_cidr"],
        "cluster-dns": cluster["dns_address"],
        "disable": "traefik",
    }
    ask(
        "env",
        f"K3D_IMAGE_LOADBALANCER={cluster['proxy_image']}",
        f"K3D_IMAGE_TOOLS={cluster['tools_image']}",
        *("k3d", "cluster", "create", name, "--wait", "--kubeconfig-update-default=false"),
        f"--servers={servers}",
        f"--agents={agents}",
        f"--image={cluster['image']}",
        f"--network={cluster['network']}",
        f"--api-port=127.0.0.1:{int(cluster['api_port'])}",
        f"--registry-config={registries}",
        *(f"--k3s-arg=--{flag}={value}@server:*" for flag, value in k3s.items()),
        *(
            f"--port=127.0.0.1:{outside}:{int(inside)}@loadbalancer"
            for outside, inside in cluster["published_ports"].items()
        ),
    )
    for role, count in (("server", servers), ("agent", agents)):
        for number in range(count):
            node = f"k3d-{name}-{role}-{number}"
            ask("docker", "network", "connect", cluster["extra_network"], node)
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(ask("k3d", "kubeconfig", "get", name))
    ready = ["--for=condition=Ready", "nodes", "--all", "--timeout=180s"]
    ask("kubectl", f"--kubeconfig={kubeconfig}", "wait", *ready)


def apply(recipe: Recipe, image: str, kubeconfig: Path) -> None:
    """Everything that is in the cluster; then the check, to its end."""
    objects = recipe.objects
    for one in objects:
        if one["kind"] == "Job":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            container["image"] = image
    kubectl = ["kubectl", f"--kubeconfig={kubeconfig}"]
    every = {"apiVersion": "v1", "kind": "List", "items": objects}
    ask(*kubectl, "apply", "--filename=-", stdin=json.dumps(every))
    (check,) = [one["metadata"] for one in objects if one["kind"] == "Job"]
    where = [f"--namespace={check['namespace']}", f"job/{check['name']}"]
    ask(*kubectl, "wait", *where, "--for=condition=Complete", "--timeout=300s")


def down(recipe: Recipe) -> None:
    """Remove everything, the cluster beside the servers."""
    (cluster,) = recipe.of(f"{DYNAMIC}K3dCluster")
    servers = [one["name"] for one in recipe.of("docker:index/container:Container")]
    with ThreadPoolExecutor() as pool:
        gone = pool.submit(ask, "k3d", "cluster", "delete", cluster["name"])
        ask("docker", "stop", "--time=30", *servers)
        ask("docker", "rm", "--force", "--volumes", *servers)
        gone.result()
    ask("docker", "volume", "rm", *(one["name"] for one in recipe.of(VOLUME)))
    ask("docker", "network", "rm", *(one["name"] for one in recipe.of(NETWORK)))


def _labels(thing: dict[str, Any]) -> list[str]:
    return [f"--label={one['label']}={one['value']}" for one in thing["labels"]]


def _shell(tests: list[str]) -> str:
    """A health check as `docker create` takes it: a line for the shell."""
    kind, *words = tests
    return words[0] if kind == "CMD-SHELL" else shlex.join(words)
