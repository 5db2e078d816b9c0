"""The foundation on Google Cloud: what a project needs before anything is made in it."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, projects

from components.foundation import FoundationOutputs, FoundationSpec
from components.foundation.accounts import role_account
from components.foundation.alerts import change_alerts
from components.foundation.audit import access_recorded, logs_kept
from components.foundation.budget import mail, monthly_budget
from components.foundation.keys import encryption_keys
from components.foundation.services import APIS
from components.outputs import after


def google_project(name: str, spec: FoundationSpec, opts: ResourceOptions) -> FoundationOutputs:
    project = enabled_project(name, opts)
    channel = mail(name, spec, project, opts)
    monthly_budget(name, spec, channel, opts)
    change_alerts(name, channel, project, opts)
    access_recorded(name, project, opts)
    logs_kept(name, spec, project, opts)
    return FoundationOutputs(
        project=project,
        encryption_keys=encryption_keys(name, spec, project, opts),
        node_account=role_account(name, "nodes", "The cluster's nodes.", project, opts),
        publisher_account=role_account(name, "publisher", "CI pushes images.", project, opts),
        authority_certificate=Output.from_input(""),
        authority_key=Output.secret(""),
    )


def enabled_project(name: str, opts: ResourceOptions) -> Output[str]:
    """The stack's project, known once its APIs are enabled. They stay so after the stack is gone:
    another stack, or a person, may use them, and disabling one deletes what it made."""
    enabled = [
        projects.Service(
            f"{name}-{api}",
            service=f"{api}.googleapis.com",
            disable_on_destroy=False,
            disable_dependent_services=False,
            opts=opts,
        )
        for api in APIS
    ]
    return after(config.project or "", *[service.service for service in enabled])
