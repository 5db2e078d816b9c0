"""PostgreSQL: what is in a server, measured and dumped at one moment, while it is written to.

A logical dump, since that goes into another minor or a later major version, and into a server that
has other passwords. Each database is seen in one snapshot, which its dump takes over: what is
counted is what is dumped.
"""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ops.backup.manifest import Database, Measure
from ops.backup.psql import ADMIN, PSQL, STOPS, Session
from ops.backup.throwaway import Container

RESTORING, BEFORE = "alphintra_restoring_", "alphintra_before_"
"""How databases are called that a restore fills, and those that it has replaced."""
COMPRESSION = "--compress=1"
"""zlib's quickest: a dump waits for its compression, not for the disk."""

# What a row looks like as text must not depend on who asks.
AS_TEXT = """
SET client_encoding = UTF8; SET datestyle = ISO; SET intervalstyle = postgres;
SET timezone = 'UTC';
SET extra_float_digits = 1; SET bytea_output = hex; SET xmloption = content;
SET search_path = pg_catalog; SET lock_timeout = '60s'; SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0; SET row_security = off;
"""

DATABASES = f"""
SELECT json_build_object(
  'name', datname, 'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
  'collate', datcollate, 'ctype', datctype, 'provider', datlocprovider, 'icu', daticulocale,
  'connections', datconnlimit, 'comment', shobj_description(oid, 'pg_database'),
  'bytes', pg_database_size(oid),
  'grants', (SELECT json_agg(json_build_array(
     CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, privilege_type, is_grantable))
     FROM aclexplode(datacl)),
  'settings', (SELECT json_agg(json_build_array(
     CASE setrole WHEN 0 THEN NULL ELSE pg_get_userbyid(setrole) END, setconfig))
     FROM pg_db_role_setting WHERE setdatabase = d.oid))
FROM pg_database d
WHERE datallowconn AND NOT datistemplate
AND NOT starts_with(datname, '{RESTORING}') AND NOT starts_with(datname, '{BEFORE}')
ORDER BY datname;
"""

# Those that hold rows of their own; what an extension made, it makes again.
TABLES = """
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence <> 't'
AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\\_toast%'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype = 'e')
"""
LOCK = f"SELECT format('LOCK TABLE %I.%I IN ACCESS SHARE MODE', nspname, relname) {TABLES} \\gexec"
# A sum of digests does not depend on the order of rows.
SUM = "coalesce(sum((''x'' || left(md5(%s), 16))::bit(64)::bigint), 0)::text"
MEASURE = f"""
SELECT format(
  'SELECT json_build_array(%L::text, count(*), {SUM % "(t.*)::text"}) FROM ONLY %I.%I t',
  format('%s.%s', nspname, relname), nspname, relname)
{TABLES}
UNION ALL SELECT 'SELECT json_build_array(''large objects'', count(*),
  {SUM % "(loid, pageno, data)::text"}) FROM pg_largeobject'
\\gexec
"""

# A role that is there keeps the password that it has.
ROLES = """
SELECT format('SELECT %L WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %L) \\gexec',
  format('CREATE ROLE %I', rolname) || CASE WHEN rolpassword IS NULL THEN ''
  ELSE format(' PASSWORD %L', rolpassword) END, rolname)
FROM pg_authid WHERE NOT starts_with(rolname, 'pg_') AND rolname <> current_user ORDER BY rolname;
"""


@dataclass(frozen=True)
class Snapshot:
    """A database at one moment, for as long as its session lasts."""

    name: str
    properties: dict[str, Any]
    session: Session
    id: str


@contextmanager
def snapshots(server: Container) -> Generator[list[Snapshot]]:
    """All databases, each at one moment, all within a moment."""
    with ExitStack() as stack:
        admin = stack.enter_context(Session(server, "template1"))
        taken: list[Snapshot] = []
        for properties in admin.rows(DATABASES):
            name = properties.pop("name")
            session = stack.enter_context(Session(server, name))
            session.ask(f"{AS_TEXT} BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")
            # Locked before they are counted: what TRUNCATE or DROP does, no snapshot hides.
            session.ask(LOCK)
            (id_,) = session.ask("SELECT pg_export_snapshot();")
            taken.append(Snapshot(name, properties, session, id_))
        yield taken


def measured(server: Container, snapshot: Snapshot) -> Database:
    return Database(
        snapshot.properties,
        tables(snapshot.session),
        schema(server, snapshot.name, f"--snapshot={snapshot.id}"),
    )


def tables(session: Session) -> dict[str, Measure]:
    return {table: (rows, sum_) for table, rows, sum_ in session.rows(MEASURE)}


def schema(server: Container, database: str, *flags: str) -> str:
    """SHA-256 of what is defined in a database, the order and comments of the dump left out."""
    dump = b"".join(_dump(server, database, "--schema-only", *flags))
    lines = [line for line in dump.splitlines() if not line.startswith((b"--", b"\\"))]
    return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()


def dump(server: Container, snapshot: Snapshot) -> Iterator[bytes]:
    flags = ("--format=custom", COMPRESSION, f"--snapshot={snapshot.id}")
    return _dump(server, snapshot.name, *flags)


def _dump(server: Container, database: str, *flags: str) -> Iterator[bytes]:
    command = ("pg_dump", f"--username={ADMIN}", "--no-password", *flags)
    return server.output(*command, env={"PGDATABASE": database})


def roles(server: Container) -> tuple[bytes, bytes]:
    """What makes the roles that are missing, and what gives all of them their attributes and
    memberships."""
    with Session(server, "template1") as session:
        made = "\n".join(session.ask(ROLES))
    dumped = server.ask("pg_dumpall", f"--username={ADMIN}", "--roles-only", "--no-role-passwords")
    kept = [
        line
        for line in dumped.splitlines()
        if line.startswith(("ALTER ROLE ", "GRANT ")) and line.endswith(";")
    ]
    return made.encode(), "\n".join(kept).encode()


def version(server: Container) -> str:
    return server.ask(*PSQL, STOPS, "--command=SHOW server_version").split()[0]
