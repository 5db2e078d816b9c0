"""What a cache promises, and what each target makes of it."""

from components.parity import (
    Approximated,
    Lacking,
    Parity,
    Same,
    Statement,
    contract,
    on_cloud,
    on_machine,
    reaches,
    rule,
    shown,
    tried,
)

NAME = "cache"
TESTS = "tests/components/test_cache.py"
CLOUD = f"{TESTS}::TestOnGcp"
SIZES = Same(f"{TESTS}::test_on_gcp_read_replicas_start_at_instances_of_five_gigabytes")
ENCRYPTED = Same(f"{CLOUD}::test_its_traffic_is_encrypted_and_it_asks_for_a_password")
ONE_PASSWORD = Approximated(
    "Memorystore for Redis has one user: all sign in as `default`, with the same password.",
    f"{TESTS}::test_on_gcp_every_user_is_the_default_one",
)
NO_MAINTENANCE = Lacking("Nobody maintains this server: clients meet no maintenance here.")

SETTINGS = (
    Statement("version", tried(NAME, "version"), shown(NAME, "version")),
    Statement(
        "memory_gb",
        tried(NAME, "eviction_policy"),
        reaches(NAME, "memory_gb", "gcp"),
    ),
    Statement(
        "eviction_policy",
        tried(NAME, "eviction_policy"),
        reaches(NAME, "eviction_policy", "gcp"),
    ),
    Statement(
        "idle_timeout_seconds",
        reaches(NAME, "idle_timeout_seconds", "local"),
        reaches(NAME, "idle_timeout_seconds", "gcp"),
    ),
    on_cloud(
        NAME,
        "highly_available",
        Approximated(
            "A replica answers reads while the primary is down; Docker starts the primary again. "
            "Nothing takes over: writes wait.",
            tried(NAME, "reads_go_on_while_primary_is_down").backed_by,
        ),
    ),
    on_cloud(
        NAME, "read_replicas", Lacking("One replica: how clients share several can't be tried.")
    ),
    Statement("users", tried(NAME, "own_user_only"), ONE_PASSWORD),
    on_machine(NAME, "host_port", Lacking("Use `cache_host_address`, from inside or by a tunnel.")),
    on_cloud(NAME, "deletion_protection", Lacking("`make down` asks once, then data is gone.")),
)

OUTPUTS = (
    Statement("host", tried(NAME, "tls_verified"), ENCRYPTED),
    Statement("port", tried(NAME, "write_and_read"), ENCRYPTED),
    Statement("reader_host", tried(NAME, "read_from_replica"), SIZES),
    Statement("reader_port", tried(NAME, "read_from_replica"), SIZES),
    Statement("password", tried(NAME, "wrong_password_refused"), ENCRYPTED),
    Statement("usernames", tried(NAME, "own_user_only"), ONE_PASSWORD),
    Statement("passwords", tried(NAME, "own_user_only"), ONE_PASSWORD),
    Statement("ca_certificate", tried(NAME, "wrong_authority_refused"), ENCRYPTED),
    Statement(
        "host_address",
        Approximated("A loopback port of this machine."),
        Approximated("A private address: take a tunnel, or a machine in the network."),
    ),
)

GUARANTEES = (
    Statement(
        "Fail-over: a second node in another zone takes over",
        Lacking(
            "No replica takes over, and the address never moves: what a client loses and must do "
            "again is met on Google Cloud only."
        ),
        rule("cache-two-zones"),
        rows="a second node in another zone",
    ),
    contract("Reads go on while the primary is down", NAME, "reads_go_on_while_primary_is_down"),
    Statement(
        "A reader's address, apart from the primary's",
        Approximated("From any size up; on Google Cloud from 4 GiB of data up only."),
        SIZES,
        rows="read replicas with an address",
    ),
    contract("A reader refuses writes", NAME, "replica_refuses_writes"),
    Statement(
        "What is left after all nodes are lost",
        Approximated(
            "All after a stop, all but a second after a crash (AOF): more than Memorystore keeps.",
            tried(NAME, "data_survives_restart").backed_by,
        ),
        Approximated(
            "An hourly snapshot (RDB): up to an hour of writes is lost.",
            f"{CLOUD}::test_it_takes_a_snapshot_each_hour",
        ),
        rows="snapshots | as often as can be",
    ),
    Statement(
        "Room beyond the data, for snapshots and fail-over",
        Lacking("None is kept: what a full instance does during a snapshot can't be tried."),
        Same(
            f"{TESTS}::TestMemory::test_a_fifth_of_the_instance_and_no_more_than_needed_is_kept_free"
        ),
        rows="a fifth of the memory",
    ),
    contract(
        "When the memory is full, old keys go",
        NAME,
        "eviction_policy",
        rows="eviction policy stated | version stated",
    ),
    Statement(
        "Idle connections are closed",
        Same(f"{TESTS}::test_the_primarys_configuration_is_the_platforms"),
        Same(f"{TESTS}::TestMemory::test_memorystores_settings_are_the_platforms"),
        rows="idle connections closed",
    ),
    Statement(
        "Memory is defragmented and freed in the background",
        Lacking("Redis' defaults: a pause while much is freed may be longer here."),
        Same(f"{TESTS}::TestMemory::test_memorystores_settings_are_the_platforms"),
        rows="active defragmentation | freeing in the background",
    ),
    contract("TLS: nobody connects without", NAME, "without_tls_refused", rows="TLS"),
    contract(
        "Clients check the server's certificate",
        NAME,
        "wrong_authority_refused",
        rows="clients verify the certificate",
    ),
    Statement(
        "Authorities and certificates rotate",
        Approximated("By an `up` in the last 30 of 397 days; nobody meets two authorities."),
        Approximated(
            "Each 180 days, when connections break for seconds; authorities after five years, "
            "both in `ca_certificate`.",
            f"{CLOUD}::test_its_traffic_is_encrypted_and_it_asks_for_a_password",
        ),
    ),
    Statement(
        "A limit on connections",
        Approximated("Redis' own default of 10,000, over TLS or not: fewer than there."),
        Approximated("Some 65,000 over TLS by Google's page; no test meets it. Pool connections."),
    ),
    contract("A password", NAME, "wrong_password_refused", rows="a password (AUTH)"),
    Statement(
        "A user and a password of its own for each service (ACL)",
        tried(NAME, "own_user_only"),
        Lacking("One user and one password for all: services are kept apart by networks alone."),
    ),
    Statement(
        "Services keep out of each other's keys",
        Lacking("Every user reaches every key: begin yours with the service's name."),
        Lacking("One space of keys for all: begin yours with the service's name."),
    ),
    Statement(
        "Commands of an administrator are refused (CONFIG, SHUTDOWN, DEBUG …)",
        tried(NAME, "administration_refused"),
        Approximated("As unknown commands, not NOPERM; the list is read from its page, not tried."),
    ),
    Statement(
        "A private address only",
        Same("tests/e2e/test_platform.py::test_everything_listens_on_loopback_only"),
        rule("cache-private-address"),
        rows="a private address | the stack's own network",
    ),
    contract(
        "A namespace that isn't allowed doesn't reach it", NAME, "namespace_not_allowed_refused"
    ),
    Statement(
        "Encryption at rest, with a key of the project's own",
        Lacking("A Docker volume is plain files."),
        Same(f"{CLOUD}::test_its_data_are_encrypted_with_the_caches_own_key"),
        rows="a key of our own",
    ),
    Statement(
        "The password in Secret Manager",
        Lacking("In the stack's state, encrypted, and in each service's Secret; nowhere else."),
        Same(f"{CLOUD}::test_its_password_is_in_secret_manager_in_one_region_under_the_same_key"),
        rows="the password in Secret | there in one region | a destroyed version",
    ),
    Statement(
        "Maintenance at a set hour",
        NO_MAINTENANCE,
        rule("cache-maintained-at-set-times"),
        rows="maintenance window",
    ),
    Statement(
        "Deletion protection",
        Lacking("`make down` asks once, then data is gone; a replacement keeps the volume."),
        rule("cache-deletion-protected"),
        rows="the provider refuses | Pulumi refuses | the secret can't",
    ),
    Statement(
        "Labels, a name for people, a region",
        Approximated("Docker's labels: project, stack and component."),
        Same(f"{CLOUD}::test_cost_is_told_apart_by_its_labels"),
        rows="region stated | display name | labels for cost",
    ),
)

PARITY = Parity(SETTINGS, OUTPUTS, GUARANTEES)
