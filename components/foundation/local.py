"""The foundation on one machine: Docker is there already, and nothing has an identity."""

import pulumi
from pulumi import Output, ResourceOptions

from components.foundation import FoundationOutputs, FoundationSpec


def one_machine(_name: str, _spec: FoundationSpec, _opts: ResourceOptions) -> FoundationOutputs:
    return FoundationOutputs(
        project=Output.from_input(pulumi.get_project()),
        encryption_keys=Output.from_input(dict[str, str]()),
        node_account=Output.from_input(""),
        publisher_account=Output.from_input(""),
    )
