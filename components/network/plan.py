"""The address plan: every range of a stack and its fixed addresses, cut from one block."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from pulumi import Output

RFC_1918 = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""Private space, where every block lies."""

GOOGLE_APIS = IPv4Network("199.36.153.4/30")
"""The addresses of restricted.googleapis.com: the APIs that VPC Service Controls can guard, which
are all that the platform uses, and no others (mail, files, maps …), by which data could leave.
https://cloud.google.com/vpc-service-controls/docs/private-connectivity"""

# The block is halved: one half for pods, which need most (a /25 for each node); the other is cut
# into eight equal parts, of which six are used and two are left free for what comes later.
SMALLEST_PREFIX, LARGEST_PREFIX = 12, 20

NODE_PREFIX = 25
"""What GKE cuts from the range for pods for each node of up to 64 pods, the cluster's limit: twice
as many addresses, so that one is not used again at once."""

FIXED_HOSTS = {
    "database": {
        "database": 10,
        "cache": 11,
        "cache-replica": 12,
        "registry": 13,
        "database-replica": 14,
    },
    "private": {"registry-gate": 10},
}
"""Local subnet → what has an address in it that never changes, and which."""


@dataclass(frozen=True)
class AddressPlan:
    """Ranges that never overlap and always lie inside the block that they were cut from."""

    public: IPv4Network
    """What faces the outside: load balancers, bastions."""
    private: IPv4Network
    """Cluster nodes."""
    database: IPv4Network
    """Databases and caches; no way out."""
    services: IPv4Network
    """Kubernetes Services."""
    pods: IPv4Network
    """Kubernetes pods."""
    managed: IPv4Network
    """Google's managed services (Cloud SQL, Memorystore), reached over private service access."""
    control_plane: IPv4Network
    """The Kubernetes control plane of a private GKE cluster: a /28, as GKE demands."""


def address_plan(block: IPv4Network) -> AddressPlan:
    """Cut `block` (a /12 to a /20) into the ranges of one stack."""
    if not SMALLEST_PREFIX <= block.prefixlen <= LARGEST_PREFIX:
        raise ValueError(f"{block} must be a /{SMALLEST_PREFIX} to a /{LARGEST_PREFIX}")
    rest, pods = block.subnets(prefixlen_diff=1)
    public, private, database, services, managed, small, *_ = rest.subnets(prefixlen_diff=3)
    return AddressPlan(
        public=public,
        private=private,
        database=database,
        services=services,
        pods=pods,
        managed=managed,
        control_plane=next(small.subnets(new_prefix=28)),
    )


def node_capacity(plan: AddressPlan) -> int:
    """How many nodes the ranges have room for, those of an upgrade in progress included."""
    return 2 ** (NODE_PREFIX - plan.pods.prefixlen)


def host(network: IPv4Network, number: int) -> IPv4Address:
    """The `number`-th address of `network`, counted from its first usable one (1)."""
    if not 1 <= number < network.num_addresses - 1:
        raise ValueError(f"{network} has no host number {number}")
    return network[number]


def dynamic_pool(network: IPv4Network) -> IPv4Network:
    """The upper half of `network`: addresses given out on demand, never a fixed one."""
    return list(network.subnets(prefixlen_diff=1))[1]


def fixed_address(name: str, cidr: Output[str]) -> Output[str]:
    """The address that `name`, one of FIXED_HOSTS, has in its subnet, whose range is `cidr`."""
    (number,) = (hosts[name] for hosts in FIXED_HOSTS.values() if name in hosts)
    return cidr.apply(lambda value: str(host(IPv4Network(value), number)))
