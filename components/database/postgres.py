"""Roles and databases inside a PostgreSQL container.

They wait for the server, but take no value from it: a server is replaced by deleting it first, and
Pulumi deletes before it whatever has an input from it. Here that would drop the databases, while a
new server finds all of them in its volume.
"""

from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi import Resource as PulumiResource
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.command import CommandError, run
from components.database import ADMIN
from components.scram import is_verifier_of


def psql(container: str, sql: str) -> str:
    """Run `sql` as the administrator inside `container`; what it prints, without decoration.

    It goes in by standard input, so that no password shows in a process list or an error.
    """
    command = ["docker", "exec", "--interactive", container, "psql", "--username", ADMIN]
    flags = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    return run([*command, *flags], stdin=sql).strip()


def quoted(name: str) -> str:
    """`name` as an identifier: it may be a word of SQL, such as `order` or `user`."""
    return '"' + name.replace('"', '""') + '"'


def gone(error: CommandError) -> bool:
    """Whether `error` says that the container is no more."""
    return "No such container" in str(error)


class PostgresRoleProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        role, name, password = props["role"], quoted(props["role"]), props["password"]
        replication = "REPLICATION" if props.get("may_replicate") else "NOREPLICATION"
        superuser = "SUPERUSER" if role == ADMIN else "NOSUPERUSER"
        psql(
            props["container"],
            f"""
            SELECT 'CREATE ROLE {name}'
            WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
            ALTER ROLE {name} {superuser} LOGIN {replication} PASSWORD '{password}';
            """,
        )
        return CreateResult(role, props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """One that was changed counts as gone: to make it again puts it right."""
        replication = "" if props.get("may_replicate") else "NOT"
        superuser = "" if id_ == ADMIN else "NOT"
        query = f"""
            SELECT rolpassword FROM pg_authid
            WHERE rolname = '{id_}' AND rolcanlogin
            AND {replication} rolreplication AND {superuser} rolsuper
            """
        verifier = _found(props["container"], query)
        there = verifier is not None and is_verifier_of(verifier, props["password"])
        return ReadResult(id_ if there else None, props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        replaces = [key for key in ("container", "role") if _olds[key] != _news[key]]
        changed = any(_olds.get(key) != _news.get(key) for key in ("password", "may_replicate"))
        return DiffResult(changes=changed or bool(replaces), replaces=replaces)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        _drop(_props["container"], f"DROP ROLE IF EXISTS {quoted(_id)};")


class PostgresDatabaseProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        database, name = props["database"], quoted(props["database"])
        psql(
            props["container"],
            f"""
            SELECT 'CREATE DATABASE {name}'
            WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
            ALTER DATABASE {name} OWNER TO {quoted(props["owner"])};
            REVOKE ALL ON DATABASE {name} FROM PUBLIC;
            """,
        )
        return CreateResult(database, props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """One with another owner, or that everybody may connect to, counts as gone: to make it
        again puts it right."""
        query = f"""
            SELECT datname FROM pg_database
            WHERE datname = '{id_}' AND pg_get_userbyid(datdba) = '{props["owner"]}'
            AND NOT EXISTS (
                SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0
            )
            """
        return ReadResult(_found(props["container"], query), props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        replaces = [key for key in ("container", "database") if _olds[key] != _news[key]]
        changed = bool(replaces) or _olds["owner"] != _news["owner"]
        return DiffResult(changes=changed, replaces=replaces)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        _drop(_props["container"], f"DROP DATABASE IF EXISTS {quoted(_id)} WITH (FORCE);")


def _found(container: str, query: str) -> str | None:
    try:
        return psql(container, query) or None
    except CommandError as error:
        if gone(error):
            return None
        raise


def _drop(container: str, statement: str) -> None:
    try:
        psql(container, statement)
    except CommandError as error:
        if not gone(error):
            raise


class PostgresRole(Resource, module="alphintra", name="PostgresRole"):
    """A role that may log in to `server`, with a password."""

    role: Output[str]
    password: Output[str]

    def __init__(
        self,
        name: str,
        container: str,
        role: str,
        password: Input[str],
        server: PulumiResource,
        opts: ResourceOptions,
        *,
        may_replicate: bool | None = None,
    ) -> None:
        super().__init__(
            PostgresRoleProvider(),
            name,
            {
                "container": container,
                "role": role,
                "password": password,
                "may_replicate": may_replicate,
            },
            ResourceOptions(
                parent=opts.parent,
                depends_on=[server],
                deleted_with=server,
                additional_secret_outputs=["password"],
            ),
        )


class PostgresDatabase(Resource, module="alphintra", name="PostgresDatabase"):
    """A database that its owner, and nobody else but the administrator, may connect to."""

    database: Output[str]

    def __init__(
        self,
        name: str,
        container: str,
        database: str,
        owner: Input[str],
        server: PulumiResource,
        opts: ResourceOptions,
    ) -> None:
        super().__init__(
            PostgresDatabaseProvider(),
            name,
            {"container": container, "database": database, "owner": owner},
            ResourceOptions(parent=opts.parent, depends_on=[server], deleted_with=server),
        )
