"""What the project may cost, and who hears of it when it costs more."""

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import billing, monitoring

from components.foundation import FoundationSpec
from components.naming import cloud_labels

THRESHOLDS = (
    (0.5, "CURRENT_SPEND"),
    (0.8, "CURRENT_SPEND"),
    (1.0, "CURRENT_SPEND"),
    (1.0, "FORECASTED_SPEND"),
)
"""Share of the budget → whether it is spent or forecast. The forecast comes first in a month that
goes wrong, and leaves time."""


def mail(
    name: str, spec: FoundationSpec, project: Input[str], opts: ResourceOptions
) -> Output[str]:
    """The channel that warnings go through."""
    return monitoring.NotificationChannel(
        f"{name}-mail",
        display_name=f"{pulumi.get_stack()}: mail",
        type="email",
        labels={"email_address": spec.alert_email},
        user_labels=cloud_labels(name),
        project=project,
        opts=opts,
    ).id


def monthly_budget(
    name: str, spec: FoundationSpec, channel: Output[str], opts: ResourceOptions
) -> None:
    """A budget of the whole project: what carries no labels (network traffic, logs, support) costs
    too, so it is not narrowed to the stack's."""
    billing.Budget(
        f"{name}-budget",
        billing_account=spec.billing_account,
        display_name=f"{pulumi.get_project()} {pulumi.get_stack()}",
        budget_filter={
            # By number: that is how the API gives it back, and the next preview stays empty.
            "projects": [f"projects/{spec.project_number}"],
            "calendar_period": "MONTH",
            "credit_types_treatment": "INCLUDE_ALL_CREDITS",
        },
        # No currency: the billing account's own is the only one that is accepted.
        amount={"specified_amount": {"units": str(spec.monthly_budget)}},
        threshold_rules=[
            {"threshold_percent": share, "spend_basis": basis} for share, basis in THRESHOLDS
        ],
        all_updates_rule={
            "monitoring_notification_channels": [channel],
            # Who administers the billing account is told as well.
            "disable_default_iam_recipients": False,
        },
        opts=opts,
    )
