"""The connectivity check: a Job in the cluster that uses the platform as a workload would."""

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, CustomTimeouts, Output, ResourceOptions

from components.connectivity.publish import PublishedImage
from components.registry import RegistryOutputs
from components.service import AUTHORITIES, ServiceOutputs, ServiceSpec

NAME = "connectivity-check"
SERVICE = {
    NAME: ServiceSpec(database="connectivity_check", cache=True, cpus=1, memory_gb=1, volumes_gb=1)
}
"""The check is a service as any other: it may do what it says here. The volume is for tests."""
SERVICE_NAME = "kubernetes.default.svc.cluster.local"
DEADLINE_SECONDS = 560
"""Eight checks of up to 60 s each, and the time to pull the image."""


class ConnectivityCheck(ComponentResource):
    """Succeeds only if, from inside the cluster, the registry, database, cache and DNS can be used.

    `opts` must bring a Kubernetes provider, and may say what the Job goes with. The Job runs again
    whenever an address, a credential or the check itself changes; if it fails, its own last lines
    are in the error.
    """

    def __init__(
        self,
        name: str,
        registry: RegistryOutputs,
        service: ServiceOutputs,
        opts: ResourceOptions,
    ) -> None:
        super().__init__("alphintra:index:ConnectivityCheck", name, None, opts)
        here = ResourceOptions(parent=self)
        image = PublishedImage(name, NAME, registry.address, registry.image_platform, here)
        kubernetes.batch.v1.Job(
            name,
            metadata={
                "name": name,
                "namespace": service.namespace,
                # A check that failed is made anew by the next `up`, not waited for again.
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec={
                "backoff_limit": 0,
                "active_deadline_seconds": DEADLINE_SECONDS,
                "template": {
                    "metadata": {"annotations": {"io.alphintra/settings": service.fingerprint}},
                    "spec": pod(image.image, service),
                },
            },
            opts=ResourceOptions(
                parent=self,
                deleted_with=opts.deleted_with,
                delete_before_replace=True,
                custom_timeouts=CustomTimeouts(create=f"{DEADLINE_SECONDS + 60}s"),
            ),
        )
        self.register_outputs({"image": image.image})


def pod(image: Output[str], service: ServiceOutputs) -> "kubernetes.core.v1.PodSpecArgsDict":
    """The check's pod, within the `restricted` Pod Security Standard; to the cluster's own API it
    is nobody, as the service account says."""
    return {
        "restart_policy": "Never",
        "service_account_name": service.account,
        "priority_class_name": "platform",
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": 65532,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "authorities", "config_map": {"name": service.authorities}}],
        "containers": [
            {
                "name": "check",
                "image": image,
                "env": [{"name": "SERVICE_NAME", "value": SERVICE_NAME}],
                "env_from": [{"secret_ref": {"name": service.credentials}}],
                "volume_mounts": [
                    {"name": "authorities", "mount_path": AUTHORITIES, "read_only": True}
                ],
                # So that Pulumi's error shows what the check printed, not just its exit code.
                "termination_message_policy": "FallbackToLogsOnError",
                "resources": {
                    "requests": {"cpu": "50m", "memory": "32Mi"},
                    "limits": {"memory": "128Mi"},
                },
                "security_context": {
                    "allow_privilege_escalation": False,
                    "read_only_root_filesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
