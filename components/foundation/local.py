"""The foundation on one machine: Docker is there already, and nothing has an identity but servers,
by certificates of the stack's own authority."""

import pulumi
from pulumi import Output, ResourceOptions

from components.certificates import CertificateAuthority
from components.foundation import FoundationOutputs, FoundationSpec


def one_machine(name: str, _spec: FoundationSpec, opts: ResourceOptions) -> FoundationOutputs:
    project, stack = pulumi.get_project(), pulumi.get_stack()
    authority = CertificateAuthority(f"{name}-authority", f"{project} {stack} authority", opts)
    return FoundationOutputs(
        project=Output.from_input(project),
        encryption_keys=Output.from_input(dict[str, str]()),
        node_account=Output.from_input(""),
        publisher_account=Output.from_input(""),
        authority_certificate=authority.certificate,
        authority_key=Output.secret(authority.key),
    )
