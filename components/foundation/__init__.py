"""Foundation: what everything else stands on. On GCP, the project's APIs, encryption keys and
service accounts; locally, nothing is made."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions

from components.spec import Spec

DATA_CLASSES = ("cluster", "database", "cache", "registry", "storage")
"""The classes of data that have an encryption key each."""


class FoundationSpec(Spec):
    pass


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
