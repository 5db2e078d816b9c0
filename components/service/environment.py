"""What a service's pods find in their environment, under the same names on every target."""

import hashlib
import json
from urllib.parse import quote

from pulumi import Input, Output

from components.cache import CacheOutputs
from components.database import DatabaseOutputs
from components.service import AUTHORITIES, ServiceSpec, account_name

DATABASE_CA, CACHE_CA = "database-ca.pem", "cache-ca.pem"


def environment(
    name: str, spec: ServiceSpec, database: DatabaseOutputs, cache: CacheOutputs
) -> Output[dict[str, str]]:
    """The variables, secret."""
    variables: dict[str, Input[str]] = {}
    if spec.database:
        variables |= database_variables(account_name(name), spec.database, database)
    if spec.cache:
        variables |= cache_variables(account_name(name), cache)
    values = Output.all(*variables.values())
    return Output.secret(values.apply(lambda found: dict(zip(variables, found, strict=True))))


def authorities(
    spec: ServiceSpec, database: DatabaseOutputs, cache: CacheOutputs
) -> dict[str, Output[str]]:
    """File → whom a client is to trust, of what the service uses."""
    files = {
        DATABASE_CA: (spec.database, database.ca_certificate),
        CACHE_CA: (spec.cache, cache.ca_certificate),
    }
    return {file: ca for file, (used, ca) in files.items() if used}


def digest(settings: object) -> str:
    """A fingerprint of `settings` (what JSON can hold) that gives none of them away."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def database_variables(role: str, database: str, server: DatabaseOutputs) -> dict[str, Input[str]]:
    """Under the names that libpq knows
    (https://www.postgresql.org/docs/15/libpq-envars.html), and as URLs for who wants one."""
    password = server.passwords.apply(lambda passwords: passwords[role])
    root = f"{AUTHORITIES}/{DATABASE_CA}"
    suffix = f"/{database}?sslmode=verify-full&sslrootcert={root}"
    return {
        "PGHOST": server.host,
        "PGPORT": server.port.apply(str),
        "PGDATABASE": database,
        "PGUSER": role,
        "PGPASSWORD": password,
        # The certificate must also bear the host's name: Cloud SQL's authority signs for others'.
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": root,
        "PGREADERHOST": server.reader_host,
        "DATABASE_URL": url("postgresql", role, password, server.host, server.port, suffix),
        "DATABASE_READER_URL": url(
            "postgresql", role, password, server.reader_host, server.port, suffix
        ),
    }


def cache_variables(user: str, cache: CacheOutputs) -> dict[str, Input[str]]:
    login = cache.usernames.apply(lambda usernames: usernames[user])
    password = cache.passwords.apply(lambda passwords: passwords[user])
    root = f"{AUTHORITIES}/{CACHE_CA}"
    suffix = f"/0?ssl_ca_certs={root}"  # redis-py's word
    return {
        "CACHE_HOST": cache.host,
        "CACHE_PORT": cache.port.apply(str),
        "CACHE_READER_HOST": cache.reader_host,
        "CACHE_READER_PORT": cache.reader_port.apply(str),
        "CACHE_USERNAME": login,
        "CACHE_PASSWORD": password,
        "CACHE_CA_FILE": root,
        "CACHE_URL": url("rediss", login, password, cache.host, cache.port, suffix),
        "CACHE_READER_URL": url(
            "rediss", login, password, cache.reader_host, cache.reader_port, suffix
        ),
    }


def url(
    scheme: str,
    user: Input[str],
    password: Input[str],
    host: Input[str],
    port: Input[int],
    suffix: str,
) -> Output[str]:
    """`scheme://user:password@host:port<suffix>`, user and password in percent-encoding."""
    return Output.all(user, password, host, port).apply(
        lambda parts: (
            f"{scheme}://{quote(parts[0], safe='')}:{quote(parts[1], safe='')}"
            f"@{parts[2]}:{parts[3]}{suffix}"
        )
    )
