"""The load balancer of a k3d cluster, made again where somebody removed it: k3d itself makes one
with a cluster only."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from components.cluster.k3d_cli import find, nodes
from components.command import run

API_PORT = 6443
CONFIG = Path("/etc/confd/values.yaml")
"""Where k3d's proxy looks for what it passes where (k3d's `DefaultLoadbalancerConfigPath`)."""
INHERITED = ("app", "k3d.cluster", "k3d.version")
"""How the labels begin that all nodes of a cluster have."""


def make_balancer(props: Mapping[str, Any]) -> bool:
    """Make it as k3d does, if there is none; whether it was made. `props`: see `k3d_cli.create`."""
    cluster = find(props["name"])
    if cluster is None or nodes(cluster, "loadbalancer"):
        return False
    servers, agents = nodes(cluster, "server"), nodes(cluster, "agent")
    name = f"k3d-{props['name']}-serverlb"
    (server,) = json.loads(run(["docker", "inspect", servers[0]]))
    found: dict[str, str] = server["Config"]["Labels"]
    labels = {key: value for key, value in found.items() if key.startswith(INHERITED)}
    labels |= props["labels"] | {"k3d.role": "loadbalancer", "k3d.server.loadbalancer": name}
    ports = {int(props["api_port"]): API_PORT} | {
        int(port): int(node) for port, node in props["published_ports"].items()
    }
    command = [
        *("docker", "create", f"--name={name}", f"--hostname={name}", "--init", "--privileged"),
        *("--restart=always", "--tmpfs=/run", "--tmpfs=/var/run"),
        f"--network={props['network']}",
        *(f"--label={key}={value}" for key, value in labels.items()),
        *(f"--publish=127.0.0.1:{port}:{node}" for port, node in ports.items()),
        props["proxy_image"],
    ]
    run(command)
    routes = {
        f"{node}.tcp": servers if node == API_PORT else [*servers, *agents]
        for node in ports.values()
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / CONFIG.parent.name / CONFIG.name
        file.parent.mkdir()
        settings = {"ports": routes, "settings": {"workerConnections": 1024}}
        # A line for each node, as k3d writes it: the stand-in of its proxy reads no other YAML.
        file.write_text(yaml.safe_dump(settings))
        # With its folder, which not every image has.
        run(["docker", "cp", str(file.parent), f"{name}:{CONFIG.parent.parent}"])
    run(["docker", "start", name])
    return True
