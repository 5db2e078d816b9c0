"""The settings that PostgreSQL takes while it runs, as it keeps them itself: in its data folder, by
ALTER SYSTEM. What takes a restart is in the container's command.

docs/decisions/2026-11-21-changes-with-data.md
"""

import json
from collections.abc import Mapping
from typing import Any

from pulumi import Output, ResourceOptions
from pulumi import Resource as PulumiResource
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.command import CommandError
from components.database.postgres import gone, psql


def in_force(container: str, names: list[str]) -> dict[str, str]:
    """What the server has for `names`, and for whatever else ALTER SYSTEM was told."""
    listed = ",".join(names)
    answer = psql(
        container,
        f"""
        SELECT coalesce(json_object_agg(name, setting), '{{}}') FROM pg_settings
        WHERE name = ANY (string_to_array('{listed}', ','))
        OR name IN (SELECT name FROM pg_file_settings WHERE sourcefile ~ 'postgresql.auto.conf$');
        """,
    )
    return json.loads(answer)


class PostgresSettingsProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        settings = "".join(
            f"ALTER SYSTEM SET {name} = '{value}';\n" for name, value in props["settings"].items()
        )
        reset = "ALTER SYSTEM RESET ALL;\n"
        psql(props["container"], f"{reset}{settings}SELECT pg_reload_conf();")
        return CreateResult(props["container"], props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        try:
            return ReadResult(id_, {**props, "settings": in_force(id_, list(props["settings"]))})
        except CommandError as error:
            if gone(error):
                return ReadResult(None, {})
            raise

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        replaces = ["container"] if _olds["container"] != _news["container"] else []
        changed = bool(replaces) or _olds["settings"] != _news["settings"]
        return DiffResult(changes=changed, replaces=replaces)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """They go with the data."""


class PostgresSettings(Resource, module="alphintra", name="PostgresSettings"):
    """What `server` is told by ALTER SYSTEM, and nothing else is."""

    container: Output[str]

    def __init__(
        self,
        name: str,
        container: str,
        settings: Mapping[str, str],
        server: PulumiResource,
        opts: ResourceOptions,
    ) -> None:
        super().__init__(
            PostgresSettingsProvider(),
            name,
            {"container": container, "settings": settings},
            ResourceOptions(parent=opts.parent, depends_on=[server], deleted_with=server),
        )
