"""What a service's own part of the platform promises, and what each target makes of it."""

from components.parity import Approximated, Lacking, Parity, Same, Statement, on_both, reaches

NAME = "service"
TESTS = "tests/components/test_service.py"
GRAPH = "tests/stacks/test_contract_graph.py"
CLUSTER = "tests/contract/test_cluster.py"
DATABASE = "tests/contract/test_database.py"
CACHE = "tests/contract/test_cache.py"


def tried(setting: str, by: str) -> Statement:
    """A setting whose effect the contract suite tries, and the graph shows on Google Cloud."""
    return Statement(setting, Same(by), reaches(NAME, setting, "gcp"))


PARITY = Parity(
    settings=(
        tried("database", f"{DATABASE}::test_write_and_read"),
        tried("cache", f"{CACHE}::test_write_and_read"),
        *on_both(NAME, "registry", "internet"),
        tried("calls", f"{CLUSTER}::test_allowances_are_the_only_way"),
        Statement(
            "exposed",
            Approximated(
                "Its load balancer has the nodes' addresses, which only this machine reaches; node "
                "ports are on loopback by `cluster.published_ports`.",
                reaches(NAME, "exposed", "local").backed_by,
            ),
            reaches(NAME, "exposed", "gcp"),
        ),
        tried("cpus", f"{CLUSTER}::test_quota_is_enforced"),
        *on_both(NAME, "memory_gb", "pods"),
        Statement(
            "volumes_gb",
            Approximated(
                "Counted when claimed; a volume here may grow past its size, into the disk.",
                reaches(NAME, "volumes_gb", "local").backed_by,
            ),
            reaches(NAME, "volumes_gb", "gcp"),
        ),
    ),
    outputs=tuple(
        Statement(
            output,
            Same(f"{CLUSTER}::test_service_account_and_secret"),
            Same("tests/stacks/test_parity.py::test_every_component_has_the_same_outputs"),
        )
        for output in ("namespace", "account", "credentials", "authorities", "fingerprint")
    ),
    guarantees=(
        Statement(
            "The same names in its environment, so that a client's settings never change",
            Same(f"{CLUSTER}::test_service_account_and_secret"),
            Same(f"{TESTS}::test_the_environment_has_the_same_names_on_both_targets"),
        ),
        Statement(
            "Nobody else can use its credentials",
            Same(f"{DATABASE}::test_another_services_database_refused"),
            Approximated(
                "Its Secret is its own, but Cloud SQL's roles reach each other's databases and all "
                "share the cache's one password, until that is changed in SQL."
            ),
        ),
        Statement(
            "A Redis user of its own",
            Same(f"{CACHE}::test_own_user_only"),
            Lacking("Memorystore for Redis has one user; whoever holds its password may do all."),
        ),
        Statement(
            "A Google service account for its pods, with rights of its own",
            Lacking("Nobody at Google knows the pods here: what calls an API must be tried there."),
            Same(f"{TESTS}::test_on_gcp_its_pods_alone_act_as_its_google_account"),
        ),
        Statement(
            "What it doesn't declare is closed to it: database, cache, other services",
            Same(f"{CLUSTER}::test_allowances_are_the_only_way"),
            Same(f"{TESTS}::test_what_is_not_declared_has_no_allowance"),
        ),
        Statement(
            "It is kept to its share of the cluster",
            Same(f"{CLUSTER}::test_quota_is_enforced"),
            reaches(NAME, "cpus", "gcp"),
        ),
        Statement(
            "A container that says nothing has a request and a limit",
            Same(f"{CLUSTER}::test_default_limits"),
            Same(f"{TESTS}::test_a_container_that_says_nothing_has_a_request_and_a_limit"),
        ),
        Statement(
            "Passwords change without a restart",
            Lacking("A Secret that changes reaches a pod's environment with its next start only."),
            Lacking("The same: roll the pods after a password changed."),
        ),
    ),
)
