"""What a database does that nobody has to ask for, and what each target makes of it."""

from components.parity import Approximated, Lacking, Same, Statement, contract, rule, tried

NAME = "database"
CLOUD = "tests/components/test_database_gcp.py"
NO_BACKUP = Lacking("No backup is made here: restoring one, and what it loses, can't be tried.")
NO_MAINTENANCE = Lacking("Nobody maintains this server: clients meet no maintenance here.")
NOT_LOGGED = Lacking("The container logs as PostgreSQL does by itself; none of this is in it.")
ONE_DISK = Lacking("A Docker volume has no size: a full disk, and one that grows, can't be tried.")

AVAILABILITY = (
    Statement(
        "Fail-over: a standby in a second zone takes over, with all that was written",
        Lacking(
            "No standby takes over, and the address never moves: how long a client waits, and what "
            "it must do again, is met on Google Cloud only."
        ),
        rule("database-two-zones"),
        rows="Standby in a second zone",
    ),
    Statement(
        "Data is there after the server stops",
        tried(NAME, "data_survives_restart"),
        Approximated("Google keeps the disk apart from the machine; `make contract` tries it."),
    ),
    contract(
        "Reads go on while the first server is down",
        NAME,
        "reads_go_on_while_primary_is_down",
        rows="Read replica with settings",
    ),
    contract("A reader refuses writes", NAME, "replica_refuses_writes"),
    Statement(
        "How far a reader lags behind",
        Approximated("Milliseconds, on one machine: a read after a write nearly always sees it."),
        Approximated("A moment under load, more under much: no limit is promised."),
    ),
    Statement(
        "Maintenance at a set hour, never at the turn of the year",
        NO_MAINTENANCE,
        rule("database-maintained-at-set-times"),
        rows="Maintenance window | Order of updates | Deny period",
    ),
    Statement(
        "A change of settings",
        Approximated("The container is made anew: data stays, sessions end."),
        Approximated("In place; some flags restart the server, and a larger machine does."),
    ),
    Statement(
        "A disk that grows by itself, up to a limit",
        ONE_DISK,
        rule("database-grows-within-a-limit"),
        rows="SSD | Disk grows | … up to a limit",
    ),
    Statement(
        "Speed of a machine of its own",
        Lacking("It shares this machine with all else: neither times nor limits carry over."),
        Same(f"{CLOUD}::test_every_environment_has_its_size"),
        rows="Edition stated | Dedicated processors | Always on | Data cache",
    ),
)

RECOVERY = (
    Statement(
        "Automated backups, in another place, that outlive the server",
        NO_BACKUP,
        rule("database-backed-up"),
        rows="Automated backups | Backups | Final backup",
    ),
    Statement(
        "Point-in-time recovery: any moment of the last days",
        NO_BACKUP,
        Same(f"{CLOUD}::test_every_server_is_backed_up_and_can_be_put_back_to_any_moment"),
        rows="Point-in-time recovery",
    ),
    Statement(
        "Deletion protection",
        Lacking("`make down` asks once, then data is gone; a replacement keeps the volume."),
        rule("database-deletion-protected"),
        rows="Deletion",
    ),
)

ACCESS = (
    contract("TLS: nobody connects without", NAME, "without_tls_refused", rows="TLS only"),
    contract(
        "Clients check the server's certificate by name (`sslmode=verify-full`)",
        NAME,
        "tls_verified",
        rows="Server certificate that | The certificate's name",
    ),
    Statement(
        "The certificate is renewed by itself",
        Approximated(
            "By an `up` in the last 30 of its 397 days; the authority stays for 10 years."
        ),
        Same(f"{CLOUD}::test_no_server_is_reached_but_from_the_network_and_encrypted"),
        rows="Server certificate renewed",
    ),
    Statement(
        "A private address only",
        Same("tests/e2e/test_platform.py::test_everything_listens_on_loopback_only"),
        rule("database-private-address"),
        rows="No public | No authorized | Private services | Private path | SQL through the API",
    ),
    contract(
        "A namespace that isn't allowed doesn't reach it", NAME, "namespace_not_allowed_refused"
    ),
    contract(
        "A generated password for each role",
        NAME,
        "wrong_password_refused",
        rows="A generated password",
    ),
    Statement(
        "Rules for passwords",
        Lacking("PostgreSQL takes any password: one that Cloud SQL refuses passes here."),
        rule("database-password-policy"),
        rows="Password policy",
    ),
    Statement(
        "Passwords in Secret Manager",
        Lacking("In the stack's state, encrypted, and in each service's Secret; nowhere else."),
        Same(f"{CLOUD}::test_every_password_is_kept_in_secret_manager"),
        rows="Passwords in Secret Manager",
    ),
    Statement(
        "Login as a service account (IAM), without a password",
        Lacking("No IAM here: a login by token, and a right that it lacks, can't be tried."),
        Same(f"{CLOUD}::test_a_service_account_logs_in_without_a_password_and_here_only"),
        rows="Login as a service account | … granted for this server",
    ),
    Statement(
        "What an administrator may do",
        Approximated("`postgres` is a real superuser here: COPY from files, any extension."),
        Approximated(
            "`postgres` is in `cloudsqlsuperuser`, which is less: no files, fewer rights."
        ),
    ),
    Statement(
        "Encryption at rest, with a key of the project's own",
        Lacking("A Docker volume is plain files."),
        Same(f"{CLOUD}::test_data_is_under_a_key_of_our_own"),
        rows="Key of our own",
    ),
)

INSIGHT = (
    Statement(
        "An audit log of connections, changed schemas and rights (pgAudit)",
        NOT_LOGGED,
        rule("database-audited"),
        rows="`cloudsql.enable_pgaudit` | `pgaudit.log` | `log_",
    ),
    Statement(
        "Query Insights",
        Lacking("No statistics are collected; `EXPLAIN ANALYZE` works as on Google Cloud."),
        Same(f"{CLOUD}::test_slow_statements_are_seen_without_being_logged"),
        rows="Query Insights | Enhanced Query",
    ),
    contract(
        "Tuning in PostgreSQL's own parameters", NAME, "settings_are_the_specs", rows="Tuning"
    ),
    Statement(
        "Jobs by the clock (pg_cron)",
        Lacking("Not in the image: `CREATE EXTENSION pg_cron` fails here."),
        Same(f"{CLOUD}::test_time_series_and_tokens_are_ready"),
        rows="pg_cron",
    ),
    Statement(
        "Partitions that are made and dropped by themselves (pg_partman)",
        Lacking("Not in the image: `CREATE EXTENSION pg_partman` fails here."),
        Approximated("Cloud SQL has it; `CREATE EXTENSION` is yours, maintenance by pg_cron."),
    ),
    Statement(
        "Other extensions",
        Approximated("Those of Debian's `postgresql-15`, contrib included; any may be created."),
        Approximated("Those on Cloud SQL's list: check it before you rely on one."),
    ),
    Statement(
        "TimescaleDB",
        Lacking("None, as on Google Cloud: use partitions."),
        Lacking("None: use native partitions, with pg_partman and pg_cron."),
    ),
    Statement(
        "Character set and collation",
        Approximated("UTF8; an image that was built here sorts by code point, not as en_US does."),
        Approximated("UTF8 and en_US.UTF8, by Google's C library: its version decides the order."),
    ),
    Statement(
        "Labels",
        Approximated("Docker's labels: project, stack and component."),
        Same(f"{CLOUD}::test_everything_that_costs_is_labelled"),
        rows="Labels for cost",
    ),
)

GUARANTEES = (*AVAILABILITY, *RECOVERY, *ACCESS, *INSIGHT)
