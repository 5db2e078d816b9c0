"""Redis' configuration file for the local target: TLS only, and users that may do what clients of
Memorystore may."""

import hashlib
from collections.abc import Mapping

from components.cache import CacheSpec

PORT = 6378
"""Memorystore's for clients with TLS; not checked against Google's pages, which say «a secure port»
where they were read. Take the output, not the number."""
FOLDER = "/etc/redis"
AUTHORITY, CERTIFICATE, KEY = (
    f"{FOLDER}/{file}" for file in ("ca.pem", "server.pem", "server.key")
)
"""Whom the server trusts, and what it shows to clients and to the other node."""
PASSWORD_FILE = f"{FOLDER}/password"
"""The administrator's."""
CHANGEABLE = "/data/platform.conf"
"""What the server is told while it runs, for its next start; none before it was told first."""
ADMIN = "platform-admin"
"""The replica, health checks and `make shell` sign in with this name, which no service can have."""

SETTINGS = {
    "port": "0",
    "tls-port": str(PORT),
    "tls-cert-file": CERTIFICATE,
    "tls-key-file": KEY,
    "tls-ca-cert-file": AUTHORITY,
    "tls-auth-clients": "no",
    "tls-protocols": '"TLSv1.2 TLSv1.3"',
    "tls-replication": "yes",
    "repl-diskless-sync-delay": "0",  # not 5 s: no second replica may come to share the transfer
    "save": "900 1 300 10 60 10000",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "tcp-keepalive": "60",
}
"""Connection and persistence settings of every node (the platform's systems table). Both nodes
speak TLS alone, to each other too, and clients show no certificate: as Memorystore."""

KEPT = ("save", "appendonly", "appendfsync", "tcp-keepalive")
"""Those of them that could be changed in a running server."""
BYTES_PER_GB = 1024**3

BLOCKED = (
    "acl",
    "bgrewriteaof",
    "bgsave",
    "client",
    "cluster",
    "command",
    "config",
    "debug",
    "lastsave",
    "migrate",
    "monitor",
    "object",
    "shutdown",
    "replicaof",
    "slaveof",
    "save",
)
"""What Memorystore for Redis refuses to every client, so that a workload finds out here. Google's
list, https://cloud.google.com/memorystore/docs/redis/product-constraints (read in a stored copy),
names all subcommands of ACL but DRYRUN, which does not work without them; SLAVEOF is REPLICAOF's
old name."""

EVERYTHING = "~* &* +@all"
"""All keys, all channels, all commands."""


def changeable(spec: CacheSpec) -> dict[str, str]:
    """Setting → value, as `CONFIG GET` shows it: what Redis takes while it runs and what must not
    change there."""
    return {
        "maxmemory": str(spec.memory_gb * BYTES_PER_GB),
        "maxmemory-policy": spec.eviction_policy,
        "timeout": str(spec.idle_timeout_seconds),
        **{name: SETTINGS[name] for name in KEPT},
    }


def configuration(passwords: Mapping[str, str], primary: str | None = None) -> str:
    """The text of `redis.conf`: what a server can't start without. With `primary` (an address), for
    its replica.

    `passwords` has those of ADMIN and `default`.
    """
    lines = [
        *SETTINGS.items(),
        *(("user", f"{user} {rules(user, password)}") for user, password in passwords.items()),
        ("masteruser", ADMIN),
        ("masterauth", passwords[ADMIN]),
    ]
    if primary:
        lines.append(("replicaof", f"{primary} {PORT}"))
    # The last word is that of the settings that change; the pattern, that it may be missing.
    lines.append(("include", CHANGEABLE.replace(".conf", "*.conf")))
    return "".join(f"{key} {value}\n" for key, value in lines)


def rules(user: str, password: str) -> str:
    """What a user may do, with a digest in the password's place."""
    allowed = [EVERYTHING, *(f"-{command}" for command in BLOCKED if user != ADMIN)]
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"on #{digest} {' '.join(allowed)}"
