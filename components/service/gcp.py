"""A service's identity on Google Cloud: a Google service account that its pods alone may act as,
by Workload Identity Federation for GKE. It may do nothing until it is granted something."""

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_gcp import serviceaccount

from components.foundation import FoundationOutputs
from components.network.plan import GOOGLE_APIS
from components.outputs import after
from components.service import Identity

DATAPLANE_V2, ITS_DAEMON = "169.254.169.254/32", "169.254.169.252/32"
METADATA_SERVER = ((DATAPLANE_V2, 80), (DATAPLANE_V2, 8080), (ITS_DAEMON, 988))
"""GKE's metadata server, which Google's libraries have their tokens from: as a pod addresses it,
and as the packet is passed on. Google: kubernetes-engine/docs/how-to/workload-identity (not read;
as the network policies of several public projects quote it)."""
APIS = (str(GOOGLE_APIS), 443)


def google_account(
    service: str, namespace: Output[str], foundation: FoundationOutputs, opts: ResourceOptions
) -> Identity:
    account = serviceaccount.Account(
        service,
        account_id=f"{pulumi.get_stack()}-{service}",
        display_name=f"{pulumi.get_stack()}: {service}",
        description=f"What the pods of {service} act as.",
        project=foundation.project,
        opts=opts,
    )
    # The namespace is known once the cluster is there, and with its first cluster the project gets
    # the pool that this member is of.
    binding = serviceaccount.IAMMember(
        service,
        service_account_id=account.name,
        role="roles/iam.workloadIdentityUser",
        member=Output.format(
            "serviceAccount:{0}.svc.id.goog[{1}/{2}]", foundation.project, namespace, service
        ),
        opts=opts,
    )
    bound = after(account.email, binding.role)
    return Identity(
        annotations={"iam.gke.io/gcp-service-account": bound},
        reaches=(*METADATA_SERVER, APIS),
    )
