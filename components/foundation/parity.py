"""What a foundation promises, and what each target makes of it."""

from components.parity import Approximated, Lacking, Parity, Same, Statement, on_cloud, rule, tried

NAME = "foundation"
TESTS = "tests/components/test_foundation.py"
COST = "tests/components/test_foundation_cost.py"
E2E = "tests/e2e/test_platform.py"
NOTHING_ENCRYPTED = Lacking("Docker volumes are plain files: nothing here is encrypted at rest.")
NO_LOGS = Lacking("Nothing is collected: `make logs` shows what Docker still has of a container.")
NOBODY_WARNED = Lacking("Nobody is warned of anything here, and no warning can be tried.")

PARITY = Parity(
    settings=(
        on_cloud(NAME, "project_number", Lacking("There is no Google Cloud project.")),
        on_cloud(NAME, "hardware_keys", NOTHING_ENCRYPTED),
        on_cloud(NAME, "deletion_protection", Lacking("There are no keys to protect.")),
        on_cloud(NAME, "log_retention_days", NO_LOGS),
        on_cloud(NAME, "audit_log_retention_days", NO_LOGS),
        on_cloud(NAME, "lock_audit_logs", NO_LOGS),
        on_cloud(NAME, "billing_account", Lacking("Nothing here is paid for.")),
        on_cloud(NAME, "alert_email", NOBODY_WARNED),
        on_cloud(NAME, "monthly_budget", Lacking("Nothing here is paid for.")),
    ),
    outputs=(
        Statement(
            "project",
            Approximated("The name of the Pulumi project: nothing is made in it."),
            Same(f"{TESTS}::test_everything_waits_for_the_apis"),
        ),
        Statement(
            "encryption_keys",
            NOTHING_ENCRYPTED,
            Same(f"{TESTS}::test_there_is_a_key_for_each_class_of_data"),
        ),
        Statement(
            "node_account",
            Lacking("Nodes have no identity: what a pod may do at Google can't be tried."),
            Same(f"{TESTS}::test_there_is_an_account_for_each_role"),
        ),
        Statement(
            "publisher_account",
            Lacking("Whoever reaches the registry may push: CI's rights can't be tried."),
            Same(f"{TESTS}::test_there_is_an_account_for_each_role"),
        ),
        Statement(
            "authority_certificate",
            tried("database", "tls_verified"),
            Lacking("Google signs there: trust the `ca_certificate` of the database and cache."),
        ),
        Statement(
            "authority_key",
            tried("database", "tls_verified"),
            Lacking("Google signs there and hands its keys to nobody."),
        ),
    ),
    guarantees=(
        Statement(
            "APIs are enabled before they are used",
            Lacking("There are none: a deployment that lacks an API fails on Google Cloud only."),
            Same(f"{TESTS}::test_everything_waits_for_the_apis"),
            rows="all that the platform uses | left enabled on destroy | services that depend on "
            "one | everything waits | service agents there before | Cloud Asset Inventory",
        ),
        Statement(
            "Encryption at rest, with keys of the project's own",
            NOTHING_ENCRYPTED,
            rule("encrypted-with-own-key"),
            rows="customer-managed keys | in the region of what they encrypt | purpose and",
        ),
        Statement(
            "Keys get a new version every 90 days",
            NOTHING_ENCRYPTED,
            rule("key-rotated"),
            rows="a new version every 90 days",
        ),
        Statement(
            "A key that is destroyed can be had back for 30 days, and deletion is refused",
            NOTHING_ENCRYPTED,
            rule("key-deletion-protected"),
            rows="30 days in which destruction | deletion refused",
        ),
        Statement(
            "Keys in hardware security modules",
            NOTHING_ENCRYPTED,
            Same(f"{TESTS}::test_keys_rotate_and_state_what_they_are[prod]"),
            rows="hardware security modules",
        ),
        Statement(
            "Each service of Google may use the key of its own data alone",
            NOTHING_ENCRYPTED,
            Same(f"{TESTS}::test_a_service_may_use_the_key_of_its_own_data_only"),
            rows="each service agent on the key | who administers keys | nothing public",
        ),
        Statement(
            "Accounts with the least rights (IAM)",
            Lacking("No IAM here: whoever may use Docker may do all. Missing rights don't show."),
            Same(f"{TESTS}::test_accounts_may_do_what_their_role_needs"),
            rows="an account for each role | nodes: `container.default | no basic roles | "
            "no administrative roles | nobody may act as every account | Google's default accounts",
        ),
        Statement(
            "No key files of accounts",
            Lacking("There are no accounts, and so no key files."),
            rule("iam-no-account-keys"),
            rows="no key files",
        ),
        Statement(
            "It is recorded who did what and who read what",
            Lacking("No audit log: a test here says nothing about what an auditor would find."),
            rule("data-access-audited"),
            rows="reads and writes of data",
        ),
        Statement(
            "Audit logs are kept apart, for a set time, locked, and outlive the stack",
            NO_LOGS,
            Same(f"{TESTS}::test_audit_logs_are_kept_apart_and_for_long[prod]"),
            rows="audit logs in a bucket | … in the stack's region | … kept for | … locked | "
            "… outlive the stack",
        ),
        Statement(
            "Logs are collected and kept",
            NO_LOGS,
            Same(f"{TESTS}::test_audit_logs_are_kept_apart_and_for_long"),
            rows="other logs kept for",
        ),
        Statement(
            "Alerts when somebody changes what should stay",
            NOBODY_WARNED,
            Same(f"{COST}::test_every_change_that_matters_is_watched"),
            rows="alerts:",
        ),
        Statement(
            "A budget that warns",
            Lacking("Nothing here is paid for: a test says nothing about what a load costs."),
            rule("budget-set"),
            rows="a monthly budget | warns at 50 | … a named address",
        ),
        Statement(
            "Labels: project, stack, environment, component",
            Approximated("Containers, networks and volumes carry project, stack and component."),
            rule("labelled"),
            rows="labels on all that | company labels",
        ),
        Statement(
            "Quotas",
            Lacking("The machine's own limits hold: a quota of Google's is met there only."),
            Approximated(
                "Google's defaults, or what was asked for by hand: no resource sets them."
            ),
            rows="quota",
        ),
        Statement(
            "A certificate authority signs what servers are known by",
            Approximated(
                "One authority for each stack, made by it, for 10 years and private addresses.",
                tried("database", "wrong_authority_refused").backed_by,
            ),
            Approximated("Google's authorities sign; they and the certificates rotate."),
        ),
        Statement(
            "Secrets in the stack's state are encrypted",
            Approximated(
                "By a passphrase in a file of yours.",
                f"{E2E}::test_no_secret_is_in_the_state_as_plain_text",
            ),
            Approximated("By a key in Cloud KMS, once the stack is initialised with it."),
        ),
        Statement(
            "What breaks a rule of the policy is not deployed",
            Lacking(
                "The rules are about Google Cloud's resources: `make check` and previews judge."
            ),
            Same("tests/policy/test_pack.py::test_there_is_a_mandatory_policy_for_each_rule"),
        ),
        Statement(
            "Destroying a stack leaves nothing behind",
            Same(f"{E2E}::test_zz_nothing_is_left_after_destroy"),
            Approximated("Keys and their ring, the bucket of audit logs and the APIs stay."),
        ),
    ),
)
