"""Foundation: what everything else stands on. On GCP, the project's APIs, encryption keys and
service accounts; locally, the stack's own certificate authority."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field

from components.spec import Spec

MOST_MONEY = 2**53 - 1
"""The largest whole number that a JSON number, and so Pulumi's state, is sure to keep exactly
(RFC 8259, section 6)."""
DATA_CLASSES = ("cluster", "database", "cache", "registry", "storage")
"""The classes of data that have an encryption key each."""


class FoundationSpec(Spec):
    project_number: str = Field(default="", pattern=r"^[0-9]{0,19}$", coerce_numbers_to_str=True)
    """Number of the Google Cloud project: Google's own accounts in it are named by it. A stack on
    GCP must give it. Locally no effect."""
    hardware_keys: bool = False
    """Keep the encryption keys in hardware security modules (FIPS 140-2 level 3), at 1 USD a month
    for each version instead of 0.06. Changing it concerns new versions only. Locally no effect:
    nothing is encrypted at rest there."""
    deletion_protection: bool = False
    """Refuse to delete the encryption keys until this is set to false: what they encrypt is lost
    with them, backups too. Locally no effect."""
    log_retention_days: int = Field(default=30, ge=1, le=3650)
    """How long the logs of workloads and services are kept. Locally no effect."""
    audit_log_retention_days: int = Field(default=30, ge=1, le=3650)
    """How long it is kept who did what and who read what. Locally no effect."""
    lock_audit_logs: bool = False
    """Let nobody shorten the time that audit logs are kept, or delete them before. It can't be
    undone. Locally no effect."""
    billing_account: str = Field(default="", pattern=r"^([0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})?$")
    """Id of the billing account that pays for the project: the budget is set on it. A stack on GCP
    must give it. Locally no effect."""
    alert_email: str = Field(default="", pattern=r"^([!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253})?$")
    """Whom to warn when the budget runs out and when something changes that should not: better a
    group than a person. A stack on GCP must give it. Locally no effect."""
    monthly_budget: int = Field(default=750, ge=1, le=MOST_MONEY)
    """What the project may cost in a calendar month, credits taken off, in the billing account's
    own currency. Nothing is stopped when it is spent; half of it, 80 %, all of it, and the forecast
    of all of it are each announced. Locally no effect."""


@dataclass(frozen=True)
class FoundationOutputs:
    """What the other capabilities are made with. The same on every target."""

    project: Output[str]
    """Where things are made, known once they can be: on GCP the project, after its APIs are
    enabled; locally the Pulumi project."""
    encryption_keys: Output[dict[str, str]]
    """Class of data (one of DATA_CLASSES) → the key that it is encrypted with at rest, known once
    the service that keeps the data may use it. Locally empty: Docker encrypts no volume."""
    node_account: Output[str]
    """Whom the cluster's nodes act as. Locally empty: they have no identity."""
    publisher_account: Output[str]
    """Whom CI acts as when it pushes images. Locally empty: whoever reaches the registry may."""
    authority_certificate: Output[str]
    """The stack's own authority (PEM), which signs the certificates of servers that the platform
    runs itself. On GCP empty: Google's services have certificates of Google's."""
    authority_key: Output[str]
    """Its key (PEM), secret. On GCP empty."""

    def key(self, data: str) -> Output[str]:
        """The key of a class of data, on a target that has keys."""
        return self.encryption_keys.apply(lambda keys: keys[data])


FoundationBuilder = Callable[[str, FoundationSpec, ResourceOptions], FoundationOutputs]


class Foundation(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs."""

    def __init__(
        self,
        name: str,
        spec: FoundationSpec,
        build: FoundationBuilder,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("alphintra:index:Foundation", name, spec.inputs(), opts)
        self.outputs = build(name, spec, ResourceOptions(parent=self))
        self.register_outputs(vars(self.outputs))
