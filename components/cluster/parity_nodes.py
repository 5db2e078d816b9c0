"""What the nodes of a cluster do that nobody has to ask for: their making, versions and records."""

from components.parity import Approximated, Lacking, Same, Statement, rule

TESTS = "tests/components/test_cluster.py"
POOLS = Same(f"{TESTS}::test_dev_has_one_pool_staging_two_and_prod_three")
NOT_HARDENED = Lacking("A node is a privileged container on this machine: nothing guards its boot.")
NOTHING_TOLD = Lacking(
    "Logs and metrics are collected by nobody: `make logs` and `kubectl` show some."
)
NO_UPGRADE = Lacking("Nodes get no new version while they run: pods are never moved for one.")

NODES = (
    Statement(
        "Nodes boot what is signed (shielded nodes, secure boot)",
        NOT_HARDENED,
        rule("nodes-secure-boot"),
        rows="shielded nodes | secure boot | default pool removed",
    ),
    Statement(
        "Container-Optimized OS, containerd, cgroup v2",
        Approximated("containerd on Debian, on this machine's kernel, with its cgroups."),
        rule("nodes-container-optimized"),
        rows="Container-Optimized OS | cgroup v2 | balanced disks",
    ),
    Statement(
        "The kubelet's read-only port is shut",
        Approximated("Shut, by Kubernetes' own default; no test looks."),
        Same(f"{TESTS}::test_every_node_is_hardened_that_of_the_first_minutes_too"),
        rows="kubelet's read-only port",
    ),
    Statement(
        "Three zones, for control plane and nodes",
        Lacking("One machine: losing a zone, and spreading pods over several, can't be tried."),
        rule("cluster-three-zones"),
        rows="regional",
    ),
    Statement(
        "Pools by purpose",
        Lacking("No taints and no labels of pools: what must run apart runs side by side here."),
        POOLS,
        rows="pools by purpose",
    ),
    Statement(
        "Spot nodes, taken away at 30 s notice",
        Lacking("No node is taken away."),
        POOLS,
        rows="spot for what",
    ),
    Statement(
        "Nodes are added and removed as pods need them (cluster autoscaler)",
        Lacking("The number of nodes is fixed: a pod that finds no room stays pending here."),
        POOLS,
        rows="autoscaling of every pool",
    ),
    Statement(
        "Pods are added by load (HorizontalPodAutoscaler)",
        Approximated(
            "With the official node image only: the one that is built has no metrics server."
        ),
        Approximated("On, as GKE has it; no test of ours sees it."),
    ),
    Statement(
        "Pods get the size that they need (VerticalPodAutoscaler)",
        Lacking("Not there: its objects are unknown to the API."),
        Approximated("On; no test of ours sees it."),
        rows="vertical pod autoscaling",
    ),
    Statement(
        "Nodes that fail are repaired",
        Approximated(
            "Docker starts a node's container again; nothing moves pods or makes a new node.",
            "tests/e2e/test_node.py::test_a_killed_kubelet_is_started_again",
        ),
        rule("nodes-repaired-and-upgraded"),
        rows="repair and upgrade",
    ),
    Statement(
        "Upgrades that keep services up: surge, blue-green, disruption budgets",
        NO_UPGRADE,
        Same(f"{TESTS}::test_pools_are_repaired_upgraded_and_drained_with_care"),
        rows="surge upgrades | blue-green upgrades | disruption budgets",
    ),
)

UPGRADES_AND_IMAGES = (
    Statement(
        "New versions by a release channel",
        Lacking("The version is pinned in `images/catalog.toml`; Google's is another, and moves."),
        rule("cluster-release-channel"),
        rows="release channel",
    ),
    Statement(
        "Maintenance at weekend nights, and never in a freeze",
        NO_UPGRADE,
        rule("cluster-maintained-at-set-times"),
        rows="maintenance window | maintenance exclusions",
    ),
    Statement(
        "Notices of upgrades and security bulletins",
        Lacking("There are none."),
        Same(f"{TESTS}::test_upgrades_come_on_weekend_nights_and_are_told"),
        rows="upgrade notices and security",
    ),
    Statement(
        "Only signed images run (Binary Authorization)",
        Lacking("Every image runs here: one that Google Cloud refuses passes."),
        rule("cluster-admission-enforced"),
        rows="Binary Authorization on | policy: only attested | Google's system images | attestor",
    ),
)

INSIGHT = (
    Statement(
        "Logs of pods, nodes and the control plane are collected",
        NOTHING_TOLD,
        rule("cluster-logs-and-metrics"),
        rows="logs of",
    ),
    Statement(
        "Metrics, with Managed Service for Prometheus",
        NOTHING_TOLD,
        Same(f"{TESTS}::test_it_tells_of_itself_down_to_the_control_plane"),
        rows="metrics of | Managed Service | Dataplane V2 metrics | Dataplane V2 relay",
    ),
    Statement(
        "Wrong settings of workloads are watched for (security posture)",
        Lacking("Nobody watches; what Pod Security refuses is refused here too."),
        rule("cluster-security-posture"),
        rows="security posture",
    ),
    Statement(
        "Costs by namespace, labels",
        Lacking("Nothing here is paid for."),
        Same(f"{TESTS}::test_costs_are_told_apart_by_pool"),
        rows="cost allocation | labels on cluster",
    ),
)
