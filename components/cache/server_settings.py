"""What Redis takes while it runs: its settings and its users. They are told to it, and written
beside its data for its next start.

docs/decisions/2026-11-21-changes-with-data.md
"""

from collections.abc import Mapping
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

from components.cache.config import ADMIN, AUTHORITY, CHANGEABLE, PASSWORD_FILE, PORT, SETTINGS
from components.command import CommandError, run

CLI = (
    f'REDISCLI_AUTH="$(cat {PASSWORD_FILE})" '
    f"redis-cli -p {PORT} --tls --cacert {AUTHORITY} --user {ADMIN}"
)
"""For a shell in the container, so that the password shows in no process list of the host."""


def in_shell(container: str, line: str, stdin: str = "") -> str:
    return run(["docker", "exec", "--interactive", container, "sh", "-c", line], stdin=stdin)


def tell(container: str, *commands: str) -> list[str]:
    """Redis' replies, a line each; raises CommandError if it refuses one."""
    replies = in_shell(container, CLI, "".join(f"{line}\n" for line in commands)).splitlines()
    for reply in replies:
        if reply.startswith(("ERR", "NOPERM", "(error)")):
            raise CommandError(f"redis-cli in {container}: {reply}")
    return replies


def in_force(container: str, names: list[str]) -> dict[str, str]:
    """What the server has for settings `names`."""
    replies = tell(container, f"CONFIG GET {' '.join(names)}")
    return dict(zip(replies[::2], replies[1::2], strict=True))


def access_list(container: str) -> list[str]:
    """Its users with their rules, in Redis' own words, whose order differs from start to start."""
    return sorted(" ".join(sorted(line.split())) for line in tell(container, "ACL LIST") if line)


class RedisSettingsProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return self._made(props, former=[])

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        try:
            settings = in_force(id_, list(props["settings"]))
            known = access_list(id_) == props["access_list"]
        except CommandError as error:
            if "No such container" in str(error):
                return ReadResult(None, {})
            raise
        users: dict[str, str] = props["users"] if known else {}
        return ReadResult(id_, {**props, "settings": settings, "users": users})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        replaces = ["container"] if _olds["container"] != _news["container"] else []
        changed = any(_olds[key] != _news[key] for key in ("settings", "users"))
        return DiffResult(changes=changed or bool(replaces), replaces=replaces)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        there = tell(_news["container"], "ACL USERS")
        return UpdateResult(self._made(_news, former=there).outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """They go with the data."""

    def _made(self, props: dict[str, Any], former: list[str]) -> CreateResult:
        """`former`: users that are there; those that are wanted no more are removed."""
        container, users = props["container"], props["users"]
        settings: dict[str, str] = props["settings"]
        # What redis.conf has is not repeated: `save` would add up.
        lines = [f"{name} {value}" for name, value in settings.items() if name not in SETTINGS]
        # With `reset` here too: Redis would write the same rights down in other words.
        lines += [f"user {name} reset {rules}" for name, rules in users.items()]
        content = "".join(f"{line}\n" for line in lines)
        # A new file, renamed: never half-written when the server starts.
        in_shell(container, f"cat > {CHANGEABLE}.new && mv {CHANGEABLE}.new {CHANGEABLE}", content)
        superfluous = [user for user in former if user not in {*users, ADMIN, "default"}]
        tell(
            container,
            "CONFIG SET " + " ".join(f'{name} "{value}"' for name, value in settings.items()),
            *(f"ACL SETUSER {name} reset {rules}" for name, rules in users.items()),
            *(f"ACL DELUSER {name}" for name in superfluous),
        )
        return CreateResult(container, {**props, "access_list": access_list(container)})


class RedisSettings(Resource, module="alphintra", name="RedisSettings"):
    """The settings and users of `server`, besides those that it can't start without.

    `users`: name → its rules, with a digest in the password's place.
    """

    container: Output[str]

    def __init__(
        self,
        name: str,
        container: str,
        settings: Mapping[str, str],
        users: Input[Mapping[str, str]],
        server: PulumiResource,
        opts: ResourceOptions,
    ) -> None:
        super().__init__(
            RedisSettingsProvider(),
            name,
            {"container": container, "settings": settings, "users": users, "access_list": None},
            ResourceOptions(
                parent=opts.parent,
                depends_on=[server],
                deleted_with=server,
                additional_secret_outputs=["users", "access_list"],
            ),
        )
