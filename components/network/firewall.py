"""The firewall on Google Cloud: what may pass, by name; all else is denied, both ways, and logged.

What a GKE cluster needs where egress is denied, and the rules that GKE makes for itself (this
policy comes before them, so it says them too), are read from Google's page:
https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules

The metadata server, which is also the DNS and the NTP server, needs no rule: no firewall applies to
it. Not checked against Google's page
(https://cloud.google.com/firewall/docs/firewalls#gcp_always_allowed), only found in others' notes.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import compute

from components.network.plan import GOOGLE_APIS, RFC_1918, AddressPlan

ANYWHERE = (IPv4Network("0.0.0.0/0"),)
LOAD_BALANCERS = tuple(map(IPv4Network, ("35.191.0.0/16", "130.211.0.0/22")))
"""Where global external Application Load Balancers send from, probes and requests alike, to
instances and zonal endpoints; regional ones send requests from a subnet of proxies. Read from
https://cloud.google.com/load-balancing/docs/firewall-rules"""

DATABASE_PORTS = ("5432", "6379")
"""PostgreSQL and Redis, where the platform runs them itself."""
MANAGED_PORTS = ("5432", "3307", "6378")
"""Cloud SQL, its Auth Proxy and connectors, Memorystore with TLS. The last two are not checked
against Google's pages: 3307 is quoted from them by others, 6378 is what instances with TLS report
(terraform-google-modules/terraform-google-memorystore#106)."""
CONTROL_PLANE_PORTS = ("443", "8132")
"""The Kubernetes API, and the tunnel that nodes keep open for the control plane (Konnectivity).
Google's page above names 443 alone; 8132 is Konnectivity's port in Kubernetes' own documentation
(kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity), not checked for GKE."""
NODE_PORTS = ("443", "8443", "9443", "10250", "15017")
"""What a control plane calls without that tunnel: metrics-server and kubelet (443, 10250: Google's
page above), and the webhooks of usual controllers and of Istio (the others: the default of
terraform-google-kubernetes-engine's firewall_inbound_ports)."""


@dataclass(frozen=True)
class Rule:
    priority: int
    """The first that fits decides; no two are the same in a policy."""
    purpose: str
    sources: tuple[IPv4Network, ...]
    destinations: tuple[IPv4Network, ...]
    tcp_ports: tuple[str, ...] | None = ()
    """None: every protocol. Empty: every port."""
    action: str = "allow"


def ingress(plan: AddressPlan) -> dict[str, Rule]:
    """Name → what may reach a machine of the VPC."""
    cluster = (plan.private, plan.pods)
    control_plane = (plan.control_plane,)
    return {
        "cluster": Rule(1000, "nodes and pods among themselves", cluster, cluster, None),
        "control-plane": Rule(1010, "kubelet and webhooks", control_plane, cluster, NODE_PORTS),
        # To any port: a load balancer goes straight to a pod's own.
        "load-balancers": Rule(1020, "requests and probes", LOAD_BALANCERS, cluster),
        "databases": Rule(1030, "own databases", cluster, (plan.database,), DATABASE_PORTS),
        "deny": Rule(1999, "all else", ANYWHERE, ANYWHERE, None, "deny"),
    }


def egress(plan: AddressPlan) -> dict[str, Rule]:
    """Name → what a machine of the VPC may reach."""
    cluster = (plan.private, plan.pods)
    control_plane = (plan.control_plane,)
    managed = (plan.managed,)
    return {
        "cluster": Rule(2000, "nodes and pods among themselves", cluster, cluster, None),
        "control-plane": Rule(2010, "Kubernetes API", cluster, control_plane, CONTROL_PLANE_PORTS),
        "databases": Rule(2020, "own databases", cluster, (plan.database,), DATABASE_PORTS),
        "managed-services": Rule(2030, "Cloud SQL, Memorystore", cluster, managed, MANAGED_PORTS),
        "google-apis": Rule(2040, "Google's APIs", ANYWHERE, (GOOGLE_APIS,), ("443",)),
        # Before the Internet, which as a range is everywhere.
        "deny-private": Rule(2050, "the rest of private space", ANYWHERE, RFC_1918, None, "deny"),
        "internet": Rule(2060, "exchanges, by HTTPS", cluster, ANYWHERE, ("443",)),
        "deny": Rule(2999, "all else", ANYWHERE, ANYWHERE, None, "deny"),
    }


def firewall(
    name: str, network: Input[str], plan: AddressPlan, project: Input[str], opts: ResourceOptions
) -> Output[str]:
    """The network, known once it obeys a firewall policy with all rules."""
    policy = compute.NetworkFirewallPolicy(
        name,
        project=project,
        description="What may pass is named; all else is denied, both ways.",
        opts=opts,
    )
    rules = [
        _rule(f"{name}-{direction.lower()}-{role}", policy.name, direction, rule, opts)
        for direction, table in (("INGRESS", ingress(plan)), ("EGRESS", egress(plan)))
        for role, rule in table.items()
    ]
    # Last, so that the network is never under a policy which denies what it is yet to allow.
    return compute.NetworkFirewallPolicyAssociation(
        name,
        project=project,
        attachment_target=network,
        firewall_policy=policy.name,
        opts=ResourceOptions(parent=opts.parent, depends_on=rules),
    ).attachment_target


def _rule(
    name: str, policy: Input[str], direction: str, rule: Rule, opts: ResourceOptions
) -> "compute.NetworkFirewallPolicyRule":
    every = rule.tcp_ports is None
    return compute.NetworkFirewallPolicyRule(
        name,
        firewall_policy=policy,
        rule_name=name,
        description=f"{rule.action}: {rule.purpose}",
        priority=rule.priority,
        direction=direction,
        action=rule.action,
        enable_logging=True,
        match={
            "src_ip_ranges": [str(block) for block in rule.sources],
            "dest_ip_ranges": [str(block) for block in rule.destinations],
            "layer4_configs": [
                {
                    "ip_protocol": "all" if every else "tcp",
                    "ports": list(rule.tcp_ports or ()),
                }
            ],
        },
        opts=opts,
    )
