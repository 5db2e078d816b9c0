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


def configuration(spec: CacheSpec, passwords: Mapping[str, str], primary: str | None = None) -> str:
    """The text of `redis.conf`; with `primary` (an address), for its replica.

    `passwords` has those of ADMIN, `default` and each service's user.
    """
    lines = [
        *SETTINGS.items(),
        ("maxmemory", f"{spec.memory_gb}gb"),
        ("maxmemory-policy", spec.eviction_policy),
        ("timeout", str(spec.idle_timeout_seconds)),
        *(("user", acl(user, password)) for user, password in passwords.items()),
        ("masteruser", ADMIN),
        ("masterauth", passwords[ADMIN]),
    ]
    if primary:
        lines.append(("replicaof", f"{primary} {PORT}"))
    return "".join(f"{key} {value}\n" for key, value in lines)


def acl(user: str, password: str) -> str:
    """A user's rules, with a digest in the password's place."""
    rules = [EVERYTHING, *(f"-{command}" for command in BLOCKED if user != ADMIN)]
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"{user} on #{digest} {' '.join(rules)}"
