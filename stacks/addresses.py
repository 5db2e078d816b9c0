"""`python -m stacks.addresses STACK`: what a local stack takes of its host, as JSON: its block of
addresses and its loopback ports. For `ops`, which imports nothing of this."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from stacks.config import PlatformSpec, parse


def addresses(platform: PlatformSpec) -> dict[str, Any]:
    """`cidr`, and `ports`: each port → the setting that says so."""
    ports = {
        platform.cluster.api_port: "cluster.api_port",
        platform.database.host_port: "database.host_port",
        platform.cache.host_port: "cache.host_port",
        platform.registry.host_port: "registry.host_port",
    }
    ports |= dict.fromkeys(platform.cluster.published_ports, "cluster.published_ports")
    if platform.database.read_replica or platform.database.highly_available:
        ports[platform.database.replica_host_port] = "database.replica_host_port"
    if platform.cache.highly_available:
        ports[platform.cache.host_port + 1] = "cache.host_port"
    return {"cidr": str(platform.network.cidr), "ports": dict(sorted(ports.items()))}


def main(arguments: Sequence[str]) -> int:
    (stack,) = arguments
    file = Path(f"Pulumi.{stack}.yaml")
    try:
        settings = parse(yaml.safe_load(file.read_text()).get("config") or {}, file.name)
    except Exception as error:  # whatever is wrong in the file, in the program's own words
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(addresses(settings)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
