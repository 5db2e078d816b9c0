"""Whom machines act as: an account for each role, with what the role needs and no more."""

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import projects, serviceaccount

from components.outputs import after

ROLES = {
    # What a node writes of itself: logs, metrics, its autoscaler's figures. GKE hardening guide;
    # it takes the place of the four roles that older guides name.
    "nodes": ("roles/container.defaultNodeServiceAccount",),
    # Nothing in the project: the registry grants it its repository alone.
    "publisher": (),
}
"""Role → what its account may do in the project. No basic role (owner, editor, viewer), nothing
that hands out accounts or tokens: CIS GCP 1.5 and 1.6, CKV_GCP_41, 42, 49 and 117."""


def role_account(
    name: str, role: str, purpose: str, project: Input[str], opts: ResourceOptions
) -> Output[str]:
    """The email of the account of `role`, known once it may do what it is for."""
    account = serviceaccount.Account(
        f"{name}-{role}",
        account_id=f"{pulumi.get_stack()}-{role}",
        display_name=f"{pulumi.get_stack()}: {role}",
        description=purpose,
        project=project,
        opts=opts,
    )
    grants = [
        projects.IAMMember(
            f"{name}-{role}-{allowed.rsplit('.', 1)[-1]}",
            project=project,
            role=allowed,
            member=account.email.apply(lambda email: f"serviceAccount:{email}"),
            opts=opts,
        )
        for allowed in ROLES[role]
    ]
    return after(account.email, *[grant.role for grant in grants])
