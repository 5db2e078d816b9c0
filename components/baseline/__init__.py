"""Baseline: what a cluster has before any service. One builder for both targets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pulumi import ComponentResource, Output, ResourceOptions
from pydantic import Field

from components.spec import Spec

Group = Annotated[str, Field(pattern=r"^[!-9;-~]{1,254}$")]
"""The name of a group, as the cluster knows it; none of Kubernetes' own (`system:…`)."""


class BaselineSpec(Spec):
    """Who may do what in the cluster, by group.

    On GCP a group is the e-mail address of a Google group, and `cluster.security_group` must be
    given: without it the cluster knows no groups. Locally it is the organization in a client's
    certificate, or whom an administrator stands in for (`kubectl --as-group`).
    """

    developers: Group = "developers"
    """The group of those who write services."""
    operators: Group = "operators"
    """The group of those who keep the platform running: all that there is in the services'
    namespaces, their Secrets included; elsewhere they look, and empty nodes."""
    developers_may: Literal["look", "deploy"] = "look"
    """What developers may do in the services' namespaces. `look`: see what runs, and its logs.
    `deploy`: also change what runs, forward ports and open a shell in a pod, where its credentials
    are to be seen. Neither lets them read Secrets, or change network policies, quotas or rights."""


@dataclass(frozen=True)
class BaselineOutputs:
    """What a service's namespace refers to. The same on every target."""

    developer_role: Output[str]
    """The ClusterRole of developers, to be bound in each service's namespace."""
    operator_role: Output[str]
    """That of operators, likewise."""
    developers: Output[str]
    """The group of developers."""
    operators: Output[str]
    """The group of operators."""


BaselineBuilder = Callable[[str, BaselineSpec, ResourceOptions], BaselineOutputs]


class Baseline(ComponentResource):
    """A node named `name` in the tree; `build` makes its children and its outputs. `opts` must
    bring a Kubernetes provider, and may say what all of it goes with."""

    def __init__(
        self,
        name: str,
        spec: BaselineSpec,
        build: BaselineBuilder,
        opts: ResourceOptions,
    ) -> None:
        super().__init__("alphintra:index:Baseline", name, spec.inputs(), opts)
        here = ResourceOptions(parent=self, deleted_with=opts.deleted_with)
        self.outputs = build(name, spec, here)
        self.register_outputs(vars(self.outputs))
