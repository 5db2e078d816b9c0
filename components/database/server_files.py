"""What PostgreSQL containers are given: settings, files, and how a replica reaches the primary."""

from pathlib import Path

from pulumi import Input, Output

from components.database import ADMIN, PORT, REPLICATOR, DatabaseSpec
from components.database.tuning import AT_START, parameters

FOLDER = "/etc/postgresql"
START, START_REPLICA = f"{FOLDER}/start-server", f"{FOLDER}/start-replica"
REPLICA_HEALTH = f"{FOLDER}/replica-health"
PASSWORD, ACCESS = f"{FOLDER}/password", f"{FOLDER}/pg_hba.conf"
AUTHORITY = f"{FOLDER}/authority.pem"
CERTIFICATE, KEY = f"{FOLDER}/server.pem", f"{FOLDER}/server.key"

SLOT = "replica"
WAL_KEPT_MB = 4096
"""How much of its log the primary keeps for a replica that is away; one that was away for longer
copies the data anew. Without a limit, a replica that never comes back fills the disk."""

ACCESS_RULES = f"""\
# Who is in the container may do everything anyway.
local   all         {ADMIN}        trust
hostssl replication {REPLICATOR} all scram-sha-256
hostssl all         {REPLICATOR} all reject
hostssl all         all        all scram-sha-256
"""
"""Nobody gets in over the network without TLS: PostgreSQL itself refuses, as in a Cloud SQL whose
mode is ENCRYPTED_ONLY."""


def settings(spec: DatabaseSpec) -> list[str]:
    """What every server is started with."""
    tuning = parameters(spec)
    given = {
        "ssl": "on",
        "ssl_cert_file": CERTIFICATE,
        "ssl_key_file": "/dev/shm/server.key",  # where start-server puts it
        "ssl_min_protocol_version": "TLSv1.2",
        "hba_file": ACCESS,
        "max_slot_wal_keep_size": str(WAL_KEPT_MB),
        **{name: tuning[name] for name in AT_START},
    }
    return [f"-c{key}={value}" for key, value in given.items()]


def changeable(spec: DatabaseSpec) -> dict[str, str]:
    """What every server is told while it runs."""
    return {name: value for name, value in parameters(spec).items() if name not in AT_START}


def server_files(
    authority: Input[str], certificate: Input[str], key: Input[str]
) -> dict[str, Input[str]]:
    """What every server finds when it starts."""
    return {
        START: script("start-server"),
        ACCESS: ACCESS_RULES,
        AUTHORITY: authority,
        CERTIFICATE: certificate,
        KEY: key,
    }


def replica_files(password: Output[str]) -> dict[str, Input[str]]:
    """What a replica finds besides; `password` is the replicator's."""
    return {
        START_REPLICA: script("start-replica"),
        REPLICA_HEALTH: script("replica-health"),
        PASSWORD: Output.format("*:*:*:{0}:{1}\n", REPLICATOR, password),
    }


def replica_environment(primary: Output[str]) -> list[Input[str]]:
    """How a replica reaches the server at the address `primary`, in libpq's words."""
    words = (
        f"port={PORT} user={REPLICATOR} passfile=/dev/shm/password connect_timeout=2 "
        f"sslmode=verify-full sslrootcert={AUTHORITY}"
    )
    return [Output.format("PRIMARY=host={0} {1}", primary, words), f"SLOT={SLOT}"]


def script(name: str) -> str:
    return (Path(__file__).parent / "scripts" / name).read_text()
