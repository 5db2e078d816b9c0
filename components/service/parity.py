"""What a service's own part of the platform promises, and what each target makes of it."""

from components.parity import (
    Approximated,
    Lacking,
    Parity,
    Same,
    Statement,
    contract,
    on_both,
    reaches,
    tried,
)

NAME = "service"
CLUSTER = "cluster"
"""The capability whose part of the contract tries most of this one."""
TESTS = "tests/components/test_service.py"


def setting(name: str, capability: str, test: str) -> Statement:
    """One whose effect the contract tries."""
    return Statement(name, tried(capability, test), reaches(NAME, name, "gcp"))


PARITY = Parity(
    settings=(
        setting("database", "database", "write_and_read"),
        setting("cache", "cache", "write_and_read"),
        *on_both(NAME, "registry", "internet", "calls"),
        Statement(
            "exposed",
            Approximated(
                "Its load balancer has the nodes' addresses, which only this machine reaches; node "
                "ports are on loopback by `cluster.published_ports`.",
                reaches(NAME, "exposed", "local").backed_by,
            ),
            reaches(NAME, "exposed", "gcp"),
        ),
        setting("cpus", CLUSTER, "quota_is_enforced"),
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
    outputs=(
        contract("namespace", CLUSTER, "service_account_and_secret"),
        contract("account", CLUSTER, "service_account_and_secret"),
        contract("credentials", CLUSTER, "service_account_and_secret"),
        contract("authorities", CLUSTER, "service_account_and_secret"),
        Statement(
            "fingerprint",
            Same(f"{TESTS}::test_the_fingerprint_changes_with_a_credential_and_tells_none"),
            Same(f"{TESTS}::test_the_fingerprint_changes_with_a_credential_and_tells_none"),
        ),
    ),
    guarantees=(
        contract(
            "The same names in its environment, so that a client's settings never change",
            CLUSTER,
            "service_account_and_secret",
        ),
        Statement(
            "Nobody else can use its credentials",
            tried("database", "another_services_database_refused"),
            Approximated(
                "Its Secret is its own; but Cloud SQL's roles reach each other's databases until "
                "that is revoked in SQL, and all share the cache's one password."
            ),
        ),
        Statement(
            "A Redis user of its own",
            tried("cache", "own_user_only"),
            Lacking("Memorystore for Redis has one user; whoever holds its password may do all."),
        ),
        Statement(
            "A Google service account for its pods, with rights of its own",
            Lacking("Nobody at Google knows the pods here: what calls an API must be tried there."),
            Same(f"{TESTS}::test_on_gcp_its_pods_alone_act_as_its_google_account"),
        ),
        Statement(
            "Its pods reach Google's APIs and the tokens for them",
            Lacking("There is nothing to reach: a policy that is too narrow doesn't show."),
            Same(f"{TESTS}::test_on_gcp_pods_reach_googles_tokens_and_apis"),
        ),
        contract(
            "What it doesn't declare is closed to it: database, cache, other services",
            CLUSTER,
            "allowances_are_the_only_way",
        ),
        contract("It is kept to its share of the cluster", CLUSTER, "quota_is_enforced"),
        contract("A container that says nothing has a share", CLUSTER, "default_limits"),
        Statement(
            "Passwords change without a restart",
            Lacking("A Secret that changes reaches a pod's environment with its next start only."),
            Lacking("The same: roll the pods after a password changed (`fingerprint` tells)."),
        ),
    ),
)
