"""Changes that somebody should hear of at once, found in the audit logs."""

from dataclasses import dataclass

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import monitoring

from components.naming import cloud_labels


@dataclass(frozen=True)
class Watch:
    """A change, and the log entries that tell of it."""

    title: str
    source: str
    filter: str


def called(*methods: str) -> str:
    """The entries of calls whose method's name contains one of `methods`."""
    return " OR ".join(f'protoPayload.methodName:"{method}"' for method in methods)


OWNER = 'protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner"'
FIREWALL_POLICY = "compute.networkFirewallPolicies"

WATCHES = {
    "owner": Watch(
        "The project's owners changed",
        "CIS GCP 2.4",
        'protoPayload.serviceName="cloudresourcemanager.googleapis.com" AND '
        f"(ProjectOwnership OR projectOwnerInvitee OR {OWNER})",
    ),
    "audit": Watch(
        "What is recorded in audit logs changed",
        "CIS GCP 2.5",
        'protoPayload.methodName="SetIamPolicy" AND '
        "protoPayload.serviceData.policyDelta.auditConfigDeltas:*",
    ),
    "role": Watch(
        "A custom role changed",
        "CIS GCP 2.6",
        f'resource.type="iam_role" AND ({called("CreateRole", "DeleteRole", "UpdateRole")})',
    ),
    "firewall-rule": Watch(
        "A firewall rule changed",
        "CIS GCP 2.7",
        'resource.type="gce_firewall_rule" AND '
        f"({called('firewalls.insert', 'firewalls.patch', 'firewalls.delete')})",
    ),
    "firewall-policy": Watch(
        "A rule of a firewall policy changed",
        "CIS GCP 2.7, for policies: Cloud Foundation Fabric",
        called(*(f"{FIREWALL_POLICY}.{verb}Rule" for verb in ("add", "patch", "remove"))),
    ),
    "route": Watch(
        "A route changed",
        "CIS GCP 2.8",
        f'resource.type="gce_route" AND ({called("routes.insert", "routes.delete")})',
    ),
    "network": Watch(
        "A network or a peering changed",
        "CIS GCP 2.9",
        'resource.type="gce_network" AND '
        f"({called(*(f'networks.{verb}' for verb in ('insert', 'patch', 'delete')))} OR "
        f"{called(*(f'networks.{verb}Peering' for verb in ('add', 'update', 'remove')))})",
    ),
    "bucket": Watch(
        "Who may reach a bucket changed",
        "CIS GCP 2.10",
        'resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"',
    ),
    "database": Watch(
        "A database instance's settings changed",
        "CIS GCP 2.11",
        'protoPayload.methodName="cloudsql.instances.update"',
    ),
    "images": Watch(
        "Images that nobody signed may run",
        "Cloud Foundation Fabric",
        'protoPayload.serviceName="binaryauthorization.googleapis.com" AND '
        f'{called("UpdatePolicy")} AND ("ALWAYS_ALLOW" OR "DRYRUN_AUDIT_LOG_ONLY")',
    ),
    "key": Watch(
        "An encryption key is being destroyed, or who may use it changed",
        "Google's guide to Cloud KMS: data is lost with its key",
        'protoPayload.serviceName="cloudkms.googleapis.com" AND '
        f"({called('DestroyCryptoKeyVersion', 'UpdateCryptoKeyVersion', 'SetIamPolicy')})",
    ),
    "account-key": Watch(
        "A key file of a service account was made",
        "CIS GCP 1.4: there should be none",
        called("CreateServiceAccountKey", "UploadServiceAccountKey"),
    ),
}


def change_alerts(
    name: str, channel: Output[str], project: Input[str], opts: ResourceOptions
) -> None:
    """An alert for each of WATCHES. The stack's own deployments set some off: that is meant, it is
    how one learns that somebody deployed."""
    for key, watch in WATCHES.items():
        monitoring.AlertPolicy(
            f"{name}-alert-{key}",
            project=project,
            display_name=watch.title,
            combiner="OR",
            severity="WARNING",
            conditions=[
                {
                    "display_name": watch.title,
                    "condition_matched_log": {
                        "filter": f'logName:"cloudaudit.googleapis.com" AND ({watch.filter})',
                        "label_extractors": {
                            "who": "EXTRACT(protoPayload.authenticationInfo.principalEmail)",
                            "what": "EXTRACT(protoPayload.resourceName)",
                        },
                    },
                }
            ],
            # The shortest that Google takes is 5 minutes apart, and half an hour open.
            alert_strategy={
                "notification_rate_limit": {"period": "300s"},
                "auto_close": "1800s",
            },
            documentation={
                "mime_type": "text/markdown",
                "content": f"{watch.title}: ${{log.extracted_label.who}} did it to "
                f"${{log.extracted_label.what}}. Watched because of: {watch.source}.",
            },
            notification_channels=[channel],
            user_labels=cloud_labels(name),
            opts=opts,
        )
