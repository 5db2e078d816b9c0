"""A service's identity on one machine: there is nothing outside the cluster that would ask."""

from pulumi import Output, ResourceOptions

from components.foundation import FoundationOutputs
from components.service import Identity


def nobody(
    _service: str,
    _namespace: Output[str],
    _foundation: FoundationOutputs,
    _opts: ResourceOptions,
) -> Identity:
    return Identity(annotations={}, reaches=())
