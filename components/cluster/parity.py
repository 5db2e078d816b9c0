"""What a cluster promises, and what each target makes of it: its settings and outputs."""

from components.cluster.parity_guarantees import GUARANTEES
from components.cluster.parity_nodes import INSIGHT, NODES, UPGRADES_AND_IMAGES
from components.parity import Approximated, Lacking, Parity, Same, Statement, on_cloud, on_machine

NAME = "cluster"
TESTS = "tests/components/test_cluster.py"
INSIDE = "tests/stacks/test_statements.py::test_what_stands_in_a_table_reaches_the_provider"
ONE_POOL = Lacking("All nodes share this machine: their size and number say nothing about a pool.")
NO_TAINT = Lacking("No node is reserved: a pod that lacks the toleration runs here all the same.")
NO_SPOT = Lacking("No node is taken away: what a pod does at 30 s notice can't be tried.")
NO_UPGRADE = Lacking("Nodes get no new version while they run: draining them can't be tried.")
NO_BACKUP = Lacking("No backup is made: a namespace that is deleted is gone.")
UNSIGNED = Lacking("Every image runs here: one that Google Cloud refuses passes.")


def in_table(setting: str, local: Lacking) -> Statement:
    """A setting inside of a table that only Google Cloud honours."""
    return Statement(setting, local, Same(f"{INSIDE}[cluster-{setting}-gcp]"))


SETTINGS = (
    on_machine(NAME, "servers", Lacking("Google runs the control plane, in each zone.")),
    on_machine(NAME, "agents", Lacking("`pools` says how many nodes there are.")),
    on_cloud(NAME, "pools", ONE_POOL),
    in_table("pools.cpus", ONE_POOL),
    in_table("pools.memory_gb", ONE_POOL),
    in_table("pools.min_nodes", ONE_POOL),
    in_table("pools.max_nodes", ONE_POOL),
    in_table("pools.disk_gb", ONE_POOL),
    in_table("pools.spot", NO_SPOT),
    in_table("pools.reserved_for", NO_TAINT),
    in_table("pools.upgrade", NO_UPGRADE),
    on_cloud(NAME, "confidential_nodes", Lacking("The nodes' memory is the machine's, in plain.")),
    on_cloud(
        NAME, "release_channel", Lacking("The version is pinned: no new one comes by itself.")
    ),
    on_cloud(NAME, "change_freezes", NO_UPGRADE),
    in_table("change_freezes.first_day", NO_UPGRADE),
    in_table("change_freezes.last_day", NO_UPGRADE),
    on_cloud(
        NAME,
        "security_group",
        Lacking("Groups are what a certificate or `kubectl --as-group` says: nobody checks them."),
    ),
    on_cloud(NAME, "signing_keys", UNSIGNED),
    on_cloud(NAME, "unsigned_images", UNSIGNED),
    on_cloud(NAME, "backup_interval_hours", NO_BACKUP),
    on_cloud(NAME, "backup_retention_days", NO_BACKUP),
    on_cloud(NAME, "backup_lock_days", NO_BACKUP),
    on_machine(
        NAME,
        "published_ports",
        Lacking("Use a Gateway or an Ingress: a load balancer comes with it."),
    ),
    on_machine(NAME, "api_port", Lacking("The API is reached by its DNS endpoint, with a token.")),
    on_cloud(NAME, "deletion_protection", Lacking("`make down` asks once, then it is gone.")),
)

OUTPUTS = (
    Statement(
        "name",
        Same("tests/e2e/test_platform.py::test_all_nodes_are_ready"),
        Same("tests/stacks/test_parity.py::test_every_component_has_the_same_outputs"),
    ),
    Statement(
        "kubeconfig",
        Approximated("An administrator's certificate is in it: whoever has the file may do all."),
        Same(f"{TESTS}::test_the_kubeconfig_names_that_endpoint_and_no_credential"),
    ),
    Statement(
        "disposable",
        Approximated("True: a cluster that can't be reached counts as gone, and is made anew."),
        Same(f"{TESTS}::test_the_kubeconfig_names_that_endpoint_and_no_credential"),
    ),
)

PARITY = Parity(SETTINGS, OUTPUTS, (*GUARANTEES, *NODES, *UPGRADES_AND_IMAGES, *INSIGHT))
