"""The connectivity check: a Job in the cluster that uses the platform as a workload would."""

import hashlib
import json

import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, CustomTimeouts, Output, ResourceOptions

from components.cache import CacheOutputs
from components.connectivity.publish import PublishedImage
from components.database import DatabaseOutputs
from components.registry import RegistryOutputs

ACCOUNT = "connectivity"
"""The database and the role that the check has to itself."""
NAMESPACE = "connectivity-check"
SERVICE_NAME = "kubernetes.default.svc.cluster.local"
DEADLINE_SECONDS = 400
"""Five checks of up to 60 s each, and the time to pull the image."""


class ConnectivityCheck(ComponentResource):
    """Succeeds only if, from inside the cluster, the registry, database, cache and DNS can be used.

    `opts` must bring a Kubernetes provider. The Job runs again whenever an address, a credential or
    the check itself changes; if it fails, its own last lines are in the error.
    """

    def __init__(
        self,
        name: str,
        registry: RegistryOutputs,
        database: DatabaseOutputs,
        cache: CacheOutputs,
        opts: ResourceOptions,
    ) -> None:
        super().__init__("alphintra:index:ConnectivityCheck", name, None, opts)
        here = ResourceOptions(parent=self)
        image = PublishedImage(name, "connectivity-check", registry.address, here)
        namespace = kubernetes.core.v1.Namespace(
            name,
            metadata={
                "name": NAMESPACE,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
            opts=here,
        )
        settings = environment(database, cache)
        # Not secret: it can't be turned back, and would hide the whole Job in a preview.
        fingerprint = Output.unsecret(settings.apply(digest))
        credentials = kubernetes.core.v1.Secret(
            name,
            metadata={"name": name, "namespace": namespace.metadata["name"]},
            string_data=settings,
            opts=here,
        )
        kubernetes.batch.v1.Job(
            name,
            metadata={
                "name": name,
                "namespace": namespace.metadata["name"],
                # A check that failed is made anew by the next `up`, not waited for again.
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec={
                "backoff_limit": 0,
                "active_deadline_seconds": DEADLINE_SECONDS,
                "template": {
                    "metadata": {"annotations": {"io.alphintra/settings": fingerprint}},
                    "spec": pod(image.image, credentials.metadata["name"]),
                },
            },
            opts=ResourceOptions(
                parent=self,
                delete_before_replace=True,
                custom_timeouts=CustomTimeouts(create=f"{DEADLINE_SECONDS + 60}s"),
            ),
        )
        self.register_outputs({"image": image.image})


def environment(database: DatabaseOutputs, cache: CacheOutputs) -> Output[dict[str, str]]:
    """What the check reads from its environment, under the names that psql and redis-cli know."""
    return Output.secret(
        Output.all(
            SERVICE_NAME=SERVICE_NAME,
            PGHOST=database.host,
            PGPORT=database.port.apply(str),
            PGDATABASE=ACCOUNT,
            PGUSER=ACCOUNT,
            PGPASSWORD=database.passwords.apply(lambda passwords: passwords[ACCOUNT]),
            CACHE_HOST=cache.host,
            CACHE_PORT=cache.port.apply(str),
            CACHE_READER_HOST=cache.reader_host,
            CACHE_READER_PORT=cache.reader_port.apply(str),
            REDISCLI_AUTH=cache.password,
        )
    )


def digest(settings: dict[str, str]) -> str:
    """A fingerprint of `settings` that gives none of them away."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def pod(image: Output[str], secret: Output[str]) -> "kubernetes.core.v1.PodSpecArgsDict":
    """The check's pod, within the `restricted` Pod Security Standard."""
    return {
        "restart_policy": "Never",
        "automount_service_account_token": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": 65532,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "check",
                "image": image,
                "env_from": [{"secret_ref": {"name": secret}}],
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
