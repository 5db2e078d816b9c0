"""What a service has in the cluster: a namespace of its own, and all that is in it."""

from collections.abc import Sequence

import pulumi_kubernetes as kubernetes
from pulumi import CustomTimeouts, Output, ResourceOptions

from components import rbac
from components.namespaces import DEFAULT_DENY, DENY_ALL, LABEL, POD_SECURITY
from components.outputs import after
from components.service import IdentityBuilder, ServiceOutputs, ServiceSpec, Surroundings
from components.service.environment import authorities, digest, environment
from components.service.limits import container_defaults, quota
from components.service.network_policies import allowances

CREDENTIALS, AUTHORITIES = "platform", "platform-authorities"
"""The Secret and the ConfigMap, in every service's namespace."""


def in_cluster(
    name: str,
    spec: ServiceSpec,
    callers: Sequence[str],
    around: Surroundings,
    identity: IdentityBuilder,
    opts: ResourceOptions,
) -> ServiceOutputs:
    namespace = kubernetes.core.v1.Namespace(
        name, metadata={"name": name, "labels": {LABEL: name, **POD_SECURITY}}, opts=opts
    )
    whom = identity(name, namespace.metadata["name"], around.foundation, opts)
    # The namespace takes them along: quicker than one by one.
    inside = ResourceOptions(
        parent=opts.parent,
        deleted_with=namespace,
        depends_on=[namespace],
        # None has anything to finish first. The Kubernetes provider can miss that an object is
        # gone, and looks again at the end of this time only; its own is ten minutes.
        custom_timeouts=CustomTimeouts(delete="30s"),
    )

    def named(role: str) -> "kubernetes.meta.v1.ObjectMetaArgsDict":
        # By its name: before there is a cluster, a preview knows nothing that one would answer.
        return {"name": role, "namespace": name}

    guards = [
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-{role}", metadata=named(role), spec=policy, opts=inside
        )
        for role, policy in {
            DEFAULT_DENY: DENY_ALL,
            **allowances(spec, callers, around, whom.reaches),
        }.items()
    ]
    limits = [
        kubernetes.core.v1.ResourceQuota(
            name, metadata=named(name), spec={"hard": quota(spec)}, opts=inside
        ),
        kubernetes.core.v1.LimitRange(
            name, metadata=named(name), spec={"limits": [container_defaults()]}, opts=inside
        ),
    ]
    account = kubernetes.core.v1.ServiceAccount(
        name,
        metadata={**named(name), "annotations": whom.annotations},
        # What a pod is to the cluster's own API is nobody; who needs to be somebody asks for it.
        automount_service_account_token=False,
        opts=inside,
    )
    variables = environment(name, spec, around.database, around.cache)
    files = authorities(spec, around.database, around.cache)
    credentials = kubernetes.core.v1.Secret(
        name, metadata=named(CREDENTIALS), string_data=variables, opts=inside
    )
    trusted = kubernetes.core.v1.ConfigMap(
        name, metadata=named(AUTHORITIES), data=files, opts=inside
    )
    base = around.baseline
    bindings = [
        kubernetes.rbac.v1.RoleBinding(
            f"{name}-{role}",
            metadata=named(role),
            role_ref=rbac.cluster_role(cluster_role),
            subjects=[rbac.group(group)],
            opts=inside,
        )
        for role, cluster_role, group in (
            ("developers", base.developer_role, base.developers),
            ("operators", base.operator_role, base.operators),
        )
    ]
    made = [one.metadata["name"] for one in (*guards, *limits, *bindings)]
    return ServiceOutputs(
        namespace=after(namespace.metadata["name"], *made),
        account=after(account.metadata["name"], *made),
        credentials=after(credentials.metadata["name"], *made),
        authorities=after(trusted.metadata["name"], *made),
        # Not secret: it can't be turned back, and would hide whole workloads in a preview.
        fingerprint=Output.unsecret(Output.all(variables, files).apply(digest)),
    )
