"""When a GKE cluster is upgraded, and who hears of it."""

from datetime import timedelta

from pulumi import ResourceOptions
from pulumi_gcp import config, container, pubsub

from components.cluster import ClusterSpec
from components.cluster.specs import ChangeFreeze
from components.foundation import FoundationOutputs
from components.naming import cloud_labels

WINDOW_START, WINDOW_END = "2026-01-03T02:00:00Z", "2026-01-03T09:00:00Z"
WINDOW_RECURRENCE = "FREQ=WEEKLY;BYDAY=SA,SU"
"""Weekend nights: after the US after-hours session of Friday (ends at 01:00 UTC in winter), long
before Monday's first opening (New Zealand, Sunday 21:00 UTC). Crypto markets never close; they are
at their quietest at weekends. GKE demands 48 hours in any 32 days: these are 56 and more. The first
date is a Saturday in the past; only its times and the recurrence count."""
KEPT = f"{7 * 24 * 60 * 60}s"
"""How long a notice waits for a subscriber that is added or restored later."""


def maintain(
    args: "container.ClusterArgs",
    name: str,
    spec: ClusterSpec,
    foundation: FoundationOutputs,
    opts: ResourceOptions,
) -> None:
    notices = pubsub.Topic(
        f"{name}-upgrades",
        kms_key_name=foundation.key("cluster"),
        message_storage_policy={"allowed_persistence_regions": [config.region or ""]},
        message_retention_duration=KEPT,
        labels=cloud_labels(name),
        opts=opts,
    )
    # No filter: upgrades that are available, begin and end, and security bulletins.
    args.notification_config = container.ClusterNotificationConfigArgs(
        pubsub=container.ClusterNotificationConfigPubsubArgs(enabled=True, topic=notices.id)
    )
    args.release_channel = container.ClusterReleaseChannelArgs(channel=spec.release_channel.upper())
    args.maintenance_policy = container.ClusterMaintenancePolicyArgs(
        recurring_window=container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time=WINDOW_START, end_time=WINDOW_END, recurrence=WINDOW_RECURRENCE
        ),
        maintenance_exclusions=[
            _exclusion(freeze, days) for freeze, days in sorted(spec.change_freezes.items())
        ],
    )


def _exclusion(
    name: str, freeze: ChangeFreeze
) -> "container.ClusterMaintenancePolicyMaintenanceExclusionArgs":
    return container.ClusterMaintenancePolicyMaintenanceExclusionArgs(
        exclusion_name=name,
        start_time=f"{freeze.first_day}T00:00:00Z",
        end_time=f"{freeze.last_day + timedelta(days=1)}T00:00:00Z",
        exclusion_options=(
            container.ClusterMaintenancePolicyMaintenanceExclusionExclusionOptionsArgs(
                scope="NO_UPGRADES"
            )
        ),
    )
