"""What any graph of the program must keep to, whatever the settings: names that each system takes,
ports and addresses that nobody else has."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Any, cast

from stacks.config import Settings
from tests.graph import Graph, Node

LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
KUBERNETES = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names"
GOOGLE = "https://cloud.google.com"
SUFFIX = 8
"""What Pulumi adds to a name that it makes up on Google Cloud: a hyphen and seven digits (hex)."""


@dataclass(frozen=True)
class Name:
    """What one kind of name may be."""

    path: str
    """Where it stands in the inputs; empty: it is made from the resource's own."""
    longest: int
    pattern: str
    source: str


DOCKER = r"[a-zA-Z0-9][a-zA-Z0-9_.-]+"  # moby: daemon/names, RestrictedNameChars
NAMES = {
    "docker:index/container:Container": [
        Name("name", 255, DOCKER, "moby's daemon/names/names.go"),
        Name("hostname", 63, LABEL, "RFC 1123; moby's daemon/container_validation"),
    ],
    "docker:index/network:Network": [Name("name", 255, DOCKER, "moby's daemon/names/names.go")],
    "docker:index/volume:Volume": [Name("name", 255, DOCKER, "moby's daemon/names/names.go")],
    "alphintra:K3dCluster": [
        Name("name", 32, LABEL, "k3d: DefaultClusterNameMaxLength, pkg/types/defaults.go")
    ],
    "core/v1:Namespace": [Name("metadata.name", 63, LABEL, KUBERNETES)],
    "gcp:serviceaccount/account:Account": [
        Name("accountId", 30, r"[a-z][a-z0-9-]{4,}[a-z0-9]", f"{GOOGLE}/iam/docs/reference/rest")
    ],
    "gcp:secretmanager/secret:Secret": [
        Name("secretId", 255, r"[a-zA-Z0-9_-]+", f"{GOOGLE}/secret-manager/docs/reference/rest")
    ],
    "gcp:sql/database:Database": [
        Name("name", 63, r"[a-z_][a-z0-9_]*", "PostgreSQL: NAMEDATALEN")
    ],
    "gcp:sql/user:User": [
        # A service account is called by its address without `.gserviceaccount.com`.
        Name("name", 63, r"[a-z_][a-z0-9_]*|[a-z0-9@.-]+", "PostgreSQL: NAMEDATALEN")
    ],
    "gcp:container/nodePool:NodePool": [
        Name("", 40 - SUFFIX, r"[a-z]([a-z0-9-]*[a-z0-9])?", f"{GOOGLE}/kubernetes-engine/docs")
    ],
    "gcp:redis/instance:Instance": [
        Name("displayName", 80, r".+", f"{GOOGLE}/memorystore/docs/redis/reference/rest"),
        Name("", 40 - SUFFIX, r"[a-z]([a-z0-9-]*[a-z0-9])?", f"{GOOGLE}/memorystore/docs/redis"),
    ],
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": [
        Name("bucketId", 100, r"[a-zA-Z0-9_][a-zA-Z0-9_.-]*", f"{GOOGLE}/logging/docs/buckets")
    ],
}  # fmt: skip
"""Type of resource → its names."""
ALL = {
    "kubernetes:": Name("metadata.name", 253, rf"{LABEL}(\.{LABEL})*|[a-z:-]+", KUBERNETES),
    "gcp:": Name(
        "", 63 - SUFFIX, r"[a-z][a-zA-Z0-9_-]*", "Pulumi's names, most of Google's limits"
    ),
}
"""Beginning of a type → the names of all of them."""
NAMED_BY_USER = ("gcp:sql/", "gcp:secretmanager/", "gcp:serviceaccount/", "gcp:projects/")
"""Types whose own names Google never sees: `NAMES` has those that it does."""
OTHER_LABELS = "gcp:monitoring/notificationChannel:"
"""There, a channel's own parameters are called labels."""
LABELS = re.compile(r"[a-z0-9_-]{0,63}")
"""A label's value (https://cloud.google.com/resource-manager/docs/labels-overview)."""


def at(inputs: Any, path: str) -> Any:
    for key in path.split("."):
        inputs = cast(dict[str, Any], inputs or {}).get(key)
    return inputs


def listed(node: Node, key: str) -> list[dict[str, Any]]:
    return node.inputs.get(key) or []


def problems(graph: Graph, settings: Settings) -> Iterator[str]:
    """All that is wrong with a graph, in words."""
    for node in graph.nodes.values():
        yield from wrong_names(node)
        yield from wrong_texts(node.inputs, node)
    yield from wrong_ports(graph)
    yield from wrong_addresses(graph, settings)


def wrong_names(node: Node) -> Iterator[str]:
    exact = [one for kind, names in NAMES.items() if node.type.endswith(kind) for one in names]
    general = [
        name
        for start, name in ALL.items()
        if node.type.startswith(start) and not node.type.startswith(NAMED_BY_USER)
    ]
    for rule in [*exact, *general]:
        given = at(node.inputs, rule.path) if rule.path else node.name
        fits = given is None or re.fullmatch(rule.pattern, given)
        if not fits or len(given or "") > rule.longest:
            yield f"{node.type} {node.name}: {rule.path} {given!r} ({rule.source})"
    labelled = node.type.startswith("gcp:") and not node.type.startswith(OTHER_LABELS)
    values: dict[str, str] = (labelled and node.inputs.get("labels")) or {}
    for value in values.values():
        if not LABELS.fullmatch(value):
            yield f"{node.type} {node.name}: label {value!r}"


def wrong_texts(value: Any, node: Node) -> Iterator[str]:
    """What no protocol carries: half a character, an end of text in its midst."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            yield f"{node.type} {node.name}: {value[:80]!r}"
    elif isinstance(value, dict):
        for key, inner in cast(dict[str, Any], value).items():
            yield from wrong_texts(key, node)
            yield from wrong_texts(inner, node)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from wrong_texts(inner, node)


def wrong_ports(graph: Graph) -> Iterator[str]:
    """Loopback ports of the host: each once, and a port."""
    ports = [
        int(port["external"]) for node in graph.of(":Container") for port in listed(node, "ports")
    ]
    for cluster in graph.of(":K3dCluster"):
        ports += [int(cluster.inputs["api_port"]), *map(int, cluster.inputs["published_ports"])]
    yield from (f"port {port} twice" for port, times in Counter(ports).items() if times > 1)
    yield from (f"port {port}" for port in ports if not 0 < port < 65536)


def wrong_addresses(graph: Graph, settings: Settings) -> Iterator[str]:
    """Ranges lie in the stack's block and apart, addresses in their range and once."""
    block = settings.network.cidr
    ranges = dict(ranges_of(graph))
    for name, one in ranges.items():
        if not one.subnet_of(block):
            yield f"{name} {one} is outside of {block}"
        for other, two in ranges.items():
            if name < other and one.overlaps(two):
                yield f"{name} {one} overlaps {other} {two}"
    taken: Counter[str] = Counter()
    for node in graph.of("docker:index/container:Container"):
        for network in node.inputs["networksAdvanced"]:
            address = network.get("ipv4Address")
            if address is None:
                continue
            taken[address] += 1
            home = ranges.get(network["name"])
            if home is None or ip_address(address) not in home or address == str(home[1]):
                yield f"{node.name}: {address} in {network['name']} {home}"
    yield from (f"address {address} twice" for address, times in taken.items() if times > 1)


def ranges_of(graph: Graph) -> Iterator[tuple[str, IPv4Network]]:
    for node in graph.of("docker:index/network:Network"):
        for config in node.inputs["ipamConfigs"]:
            yield node.inputs["name"], IPv4Network(config["subnet"])
    for cluster in graph.of(":K3dCluster"):
        for key in ("pods_cidr", "services_cidr"):
            yield f"{key} of the cluster", IPv4Network(cluster.inputs[key])
    for node in graph.of("gcp:compute/subnetwork:Subnetwork"):
        yield f"subnet {node.name}", IPv4Network(node.inputs["ipCidrRange"])
        for second in listed(node, "secondaryIpRanges"):
            yield f"{second['rangeName']} of {node.name}", IPv4Network(second["ipCidrRange"])
    for node in graph.of("gcp:compute/globalAddress:GlobalAddress"):
        if node.inputs.get("prefixLength"):
            text = f"{node.inputs['address']}/{int(node.inputs['prefixLength'])}"
            yield f"address {node.name}", cast(IPv4Network, ip_network(text))
