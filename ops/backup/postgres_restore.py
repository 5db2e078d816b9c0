"""PostgreSQL: databases are filled beside those that are there, and change places with them in one
transaction."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ops.backup.manifest import Database, Measure
from ops.backup.postgres import AS_TEXT, BEFORE, RESTORING, schema, tables
from ops.backup.psql import ADMIN, PSQL, STOPS, Session, literal, name
from ops.backup.throwaway import Container
from ops.commands import OpsError

NEUTRAL = "template1"
"""Where to be connected while any database may be renamed."""
LISTS = ("search_path", "temp_tablespaces")
"""Settings whose value is kept as a list of quoted names."""


def make_roles(server: Container, statements: bytes) -> None:
    """Make the roles that are missing; those that are there stay as they are."""
    server.feed([statements, b"\n"], *PSQL, STOPS, f"--dbname={NEUTRAL}")


def fill(
    server: Container, database: str, wanted: Database, dump: Iterable[bytes], *, exactly: bool
) -> None:
    """Make `database` anew from a dump, and hold it to what was measured when that was made.

    `exactly`: its definitions too, which only the version of PostgreSQL that dumped them words
    alike.
    """
    with Session(server, NEUTRAL) as admin:
        admin.ask(f"DROP DATABASE IF EXISTS {name(database)} WITH (FORCE);")
        admin.ask(creation(database, wanted.properties))
        restore = ("pg_restore", f"--username={ADMIN}", "--no-password", "--exit-on-error")
        server.feed(dump, *restore, f"--dbname={database}")
        admin.ask(adjustment(database, wanted.properties))
    with Session(server, database) as session:
        session.ask("ANALYZE;")
        session.ask(AS_TEXT)
        found = tables(session)
    if differing := differences(wanted.tables, found):
        raise OpsError("what was restored is not what was backed up:\n  " + "\n  ".join(differing))
    if exactly and schema(server, database) != wanted.schema:
        raise OpsError("the restored definitions (pg_dump --schema-only) are not the same")


def differences(wanted: Mapping[str, Measure], found: Mapping[str, Measure]) -> list[str]:
    """A line for each table that is not as it was."""
    lines: list[str] = []
    for table in sorted(wanted.keys() | found.keys()):
        before, now = wanted.get(table), found.get(table)
        if before is None or now is None:
            there = before or now or (0, "")
            lines.append(f"{table} ({there[0]} rows) is {'new' if before is None else 'missing'}")
        elif before[0] != now[0]:
            lines.append(f"{table}: {before[0]} rows then, {now[0]} now")
        elif before[1] != now[1]:
            lines.append(f"{table}: {before[0]} rows as then, but of other content")
    return lines


def creation(database: str, properties: Mapping[str, Any]) -> str:
    """CREATE DATABASE; nobody but the administrator gets in yet."""
    icu = ""
    if properties["provider"] == "i":
        icu = f" LOCALE_PROVIDER icu ICU_LOCALE {literal(properties['icu'])}"
    return (
        f"CREATE DATABASE {name(database)} TEMPLATE template0"
        f" ENCODING {literal(properties['encoding'])}"
        f" LC_COLLATE {literal(properties['collate'])} LC_CTYPE {literal(properties['ctype'])}"
        f"{icu}; REVOKE ALL ON DATABASE {name(database)} FROM PUBLIC;"
    )


def adjustment(database: str, properties: Mapping[str, Any]) -> str:
    """What else a database had: its owner, who may use it, its settings."""
    this, owner = name(database), name(properties["owner"])
    lines = [
        f"ALTER DATABASE {this} OWNER TO {owner}",
        f"ALTER DATABASE {this} CONNECTION LIMIT {int(properties['connections'])}",
        f"COMMENT ON DATABASE {this} IS {literal(properties['comment'] or '')}",
    ]
    if properties["grants"] is None:  # PostgreSQL's default
        lines.append(f"GRANT CONNECT, TEMPORARY ON DATABASE {this} TO PUBLIC")
    else:
        lines.append(f"REVOKE ALL ON DATABASE {this} FROM {owner}")
    grants: list[tuple[str | None, str, bool]] = properties["grants"] or []
    for role, privilege, may_pass_on in grants:
        option = " WITH GRANT OPTION" if may_pass_on else ""
        to = "PUBLIC" if role is None else name(role)
        lines.append(f"GRANT {privilege} ON DATABASE {this} TO {to}{option}")
    settings: list[tuple[str | None, list[str]]] = properties["settings"] or []
    for role, given in settings:
        whose = f"ROLE {name(role)} IN " if role else ""
        for setting in given:
            key, _, value = setting.partition("=")
            words = value if key in LISTS else literal(value)
            lines.append(f"ALTER {whose}DATABASE {this} SET {name(key)} TO {words}")
    return "".join(f"{line};\n" for line in lines)


def existing(server: Container, prefix: str = "") -> list[str]:
    with Session(server, NEUTRAL) as admin:
        return admin.rows(
            "SELECT to_json(datname) FROM pg_database"
            f" WHERE NOT datistemplate AND starts_with(datname, {literal(prefix)})"
            " ORDER BY datname;"
        )


def switch(server: Container, databases: Iterable[str], roles: bytes) -> None:
    """Put what was filled in the place of what is there: all of it, or nothing.

    `roles` are statements that give the roles what they had.
    """
    there = set(existing(server))
    renames: list[str] = []
    involved: list[str] = []
    for index, database in enumerate(databases):
        if database in there:
            renames.append(rename(database, f"{BEFORE}{index}"))
        renames.append(rename(f"{RESTORING}{index}", database))
        involved += [database, f"{RESTORING}{index}"]
    done = threading.Event()
    # RENAME keeps new sessions out and waits a few seconds for the old ones, which are ended.
    ending = threading.Thread(target=_end_sessions, args=(server, involved, done))
    ending.start()
    try:
        with Session(server, NEUTRAL) as admin:
            admin.ask(f"BEGIN;\n{roles.decode()}\n{''.join(renames)}COMMIT;")
    finally:
        done.set()
        ending.join()


def rename(old: str, new: str) -> str:
    return f"ALTER DATABASE {name(old)} RENAME TO {name(new)};\n"


def _end_sessions(server: Container, databases: Iterable[str], done: threading.Event) -> None:
    listed = ", ".join(literal(one) for one in databases)
    with Session(server, NEUTRAL) as admin:
        while not done.wait(0.2):
            admin.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname IN ({listed}) AND pid <> pg_backend_pid();"
            )


def switched(server: Container) -> bool:
    """Whether what a restore has replaced is still there: it has switched, and not ended."""
    return bool(existing(server, BEFORE))


def drop(server: Container, prefix: str) -> None:
    """Drop all databases of these names."""
    for database in existing(server, prefix):
        with Session(server, NEUTRAL) as admin:
            admin.ask(f"DROP DATABASE {name(database)} WITH (FORCE);")
