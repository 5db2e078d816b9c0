"""What a network promises, and what each target makes of it."""

from components.parity import Approximated, Lacking, Parity, Same, Statement, on_both, rule, tried

NAME = "network"
LOCAL = "tests/components/test_network.py"
CLOUD = "tests/components/test_network_gcp.py"
PLAN = "tests/components/test_plan.py"
FIREWALL = "tests/components/test_network_firewall.py"
RANGES = Same(f"{LOCAL}::test_both_targets_cut_the_block_alike")
NO_NAT = Lacking("Nodes and pods go out by this machine's own address: an exchange sees that.")
NOT_LOGGED = Lacking("Nothing is logged: which way a packet went can't be told afterwards.")

PARITY = Parity(
    settings=on_both(NAME, "cidr"),
    outputs=(
        Statement(
            "id", RANGES, Same(f"{CLOUD}::test_a_machine_waits_until_its_subnet_can_be_used")
        ),
        *(
            Statement(
                f"{subnet}_subnet",
                Same(f"{LOCAL}::test_locally_only_the_database_network_is_internal"),
                Same(f"{CLOUD}::test_a_machine_waits_until_its_subnet_can_be_used"),
            )
            for subnet in ("public", "private", "database")
        ),
        Statement(
            "managed_services",
            Approximated("The database network itself: there is no peering to wait for."),
            Same(f"{LOCAL}::test_on_gcp_managed_services_wait_for_the_peering"),
        ),
        Statement(
            "managed_services_cidr",
            Approximated("The database network's range: managed servers have none of their own."),
            Same(f"{CLOUD}::test_managed_services_get_their_own_range_behind_a_closed_peering"),
        ),
        Statement(
            "egress_addresses",
            NO_NAT,
            Same(f"{CLOUD}::test_nat_serves_nodes_and_pods_from_static_addresses"),
        ),
        Statement("private_cidr", RANGES, RANGES),
        Statement("database_cidr", RANGES, RANGES),
        Statement("pods_cidr", RANGES, RANGES),
        Statement("services_cidr", RANGES, RANGES),
        Statement(
            "control_plane_cidr",
            Lacking("Cut from the block, but the control plane is a node of the private network."),
            RANGES,
        ),
    ),
    guarantees=(
        Statement(
            "A network of the stack's own, with a subnet for each purpose",
            Same(f"{LOCAL}::test_locally_only_the_database_network_is_internal"),
            rule("network-own-subnets"),
            rows="custom VPC | a subnet for each purpose",
        ),
        Statement(
            "Ranges that never overlap",
            Same(f"{PLAN}::test_ranges_fit_the_block_and_never_overlap"),
            Same(f"{PLAN}::test_ranges_fit_the_block_and_never_overlap"),
            rows="secondary ranges | pods /17 | ranges never overlap | IPv4 only",
        ),
        Statement(
            "Databases and caches have private addresses only",
            tried("database", "tls_verified"),
            rule("database-private-address"),
            rows="a range reserved for managed | peering | consumers of managed",
        ),
        Statement(
            "Who may not reach the database or the cache is refused",
            Approximated(
                "NetworkPolicy refuses pods; the nodes pass, and this machine by loopback ports.",
                tried("database", "namespace_not_allowed_refused").backed_by,
            ),
            Same(f"{FIREWALL}::test_nothing_else_passes"),
            rows="cluster to managed services | cluster to own databases",
        ),
        Statement(
            "A firewall around every machine: what is not named is denied, both ways",
            Approximated(
                "Networks are apart and pods have NetworkPolicies; the nodes themselves, and this "
                "machine, may send anything anywhere."
            ),
            rule("network-denied-by-default"),
            rows="firewall as | the policy before | ingress denied | egress denied | every "
            "allowance | nodes and pods among | nodes to control plane | control plane to kubelet "
            "| the rest of private space",
        ),
        Statement(
            "Nobody comes in from the Internet but through a load balancer",
            Approximated(
                "Every port is on the loopback interface: only this machine comes in.",
                "tests/e2e/test_platform.py::test_everything_listens_on_loopback_only",
            ),
            rule("network-closed-to-internet"),
            rows="load balancers' ranges | no SSH | no FTP",
        ),
        Statement(
            "Out to the Internet by HTTPS alone, from nodes and pods alone",
            Approximated(
                "Each service's NetworkPolicy says so for its pods; nodes go out as they like.",
                tried("cluster", "allowances_are_the_only_way").backed_by,
            ),
            Same(f"{FIREWALL}::test_only_nodes_and_pods_go_out_and_only_by_https"),
            rows="the Internet: TCP 443 | the way to the Internet | default routes removed",
        ),
        Statement(
            "Static addresses to the Internet (Cloud NAT)",
            NO_NAT,
            Same(f"{CLOUD}::test_nat_serves_nodes_and_pods_from_static_addresses"),
            rows="Cloud NAT | NAT for named ranges | NAT on static",
        ),
        Statement(
            "NAT's limits: ports of a node, time-outs",
            Lacking("No limit on connections to one exchange: running out of ports doesn't show."),
            Same(f"{CLOUD}::test_nat_gives_ports_on_demand_and_logs_all"),
            rows="NAT with dynamic | NAT's least | endpoint-independent",
        ),
        Statement(
            "Flow logs of every packet stream",
            NOT_LOGGED,
            rule("network-flow-logs"),
            rows="flow logs",
        ),
        Statement(
            "What the firewall and NAT let pass or drop is logged",
            NOT_LOGGED,
            rule("network-policy-rule-logged"),
            rows="every rule logged | NAT logs",
        ),
        Statement(
            "DNS queries are logged",
            NOT_LOGGED,
            rule("network-dns-logged"),
            rows="DNS queries logged | no inbound DNS",
        ),
        Statement(
            "Google's APIs at addresses that are not on the Internet",
            Lacking("There is no way to Google's APIs: what calls one must be tried there."),
            Same(f"{CLOUD}::test_names_of_google_lead_to_its_restricted_addresses"),
            rows="a route of its own to Google's | Private Google Access | Google's APIs: 443 | "
            "googleapis.com at | gcr.io and | gke.goog",
        ),
        Statement(
            "Latency, bandwidth and packet size of a region",
            Lacking(
                "All is on one machine, over 1500-byte packets: no figure for time carries over."
            ),
            Approximated(
                "Zones are apart, and packets have 1460 bytes at most; no test of ours measures it."
            ),
            rows="MTU said | regional routing",
        ),
        Statement(
            "Nothing is made before it can be reached",
            Same(f"{LOCAL}::test_locally_nothing_is_made_before_the_addresses_are_checked"),
            Same(f"{CLOUD}::test_what_ends_a_step_comes_last"),
            rows="machines wait for firewall",
        ),
        Statement(
            "Labels",
            Approximated("Docker's labels: project, stack and component."),
            Same(f"{CLOUD}::test_all_that_carries_labels_has_them"),
            rows="labels on all that carries",
        ),
        Statement(
            "Encryption of what goes from machine to machine",
            Lacking("Docker's networks are plain: what isn't TLS can be read on the host."),
            Approximated("By Google, between its machines; no test of ours sees it."),
        ),
        Statement(
            "IPv6",
            Lacking("None, as on Google Cloud: what needs IPv6 has no way there either."),
            Lacking("None: all is IPv4."),
        ),
    ),
)
