"""A password that is made once and lives in the stack's state, as a secret."""

import secrets
import string
from typing import Any

from pulumi import Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

# 32 of 62 characters are 190 bits; none of them needs quoting in a URL, a shell or a config file.
LENGTH, ALPHABET = 32, string.ascii_letters + string.digits


class PasswordProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        value = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        return CreateResult("password", {**props, "value": value})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Never: a new password is a new resource."""
        return DiffResult(changes=False)


class Password(Resource, module="alphintra", name="Password"):
    """32 random letters and digits; `pulumi up --replace <urn>` makes new ones."""

    value: Output[str]

    def __init__(self, name: str, opts: ResourceOptions) -> None:
        secret = ResourceOptions(parent=opts.parent, additional_secret_outputs=["value"])
        super().__init__(PasswordProvider(), name, {"value": None}, secret)
