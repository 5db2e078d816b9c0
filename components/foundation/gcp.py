"""The foundation on Google Cloud: APIs, encryption keys, service accounts."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, projects, serviceaccount

from components.foundation import DATA_CLASSES, FoundationOutputs, FoundationSpec
from components.outputs import after

APIS = ("compute", "container", "sqladmin", "redis", "artifactregistry", "servicenetworking")


def project_services(name: str, _spec: FoundationSpec, opts: ResourceOptions) -> FoundationOutputs:
    enabled = [
        projects.Service(
            f"{name}-{api}",
            service=f"{api}.googleapis.com",
            disable_on_destroy=False,
            opts=opts,
        ).id
        for api in APIS
    ]
    nodes = serviceaccount.Account(f"{name}-nodes", account_id="nodes", opts=opts)
    publisher = serviceaccount.Account(f"{name}-publisher", account_id="publisher", opts=opts)
    return FoundationOutputs(
        project=after(Output.from_input(config.project or ""), *enabled),
        encryption_keys=Output.from_input(dict.fromkeys(DATA_CLASSES, "")),
        node_account=nodes.email,
        publisher_account=publisher.email,
    )
