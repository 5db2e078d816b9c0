"""The connectivity check: a Job in the cluster that uses the platform as a workload would."""

import hashlib
import json
from collections.abc import Callable

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
DEADLINE_SECONDS = 520
"""Seven checks of up to 60 s each, and the time to pull the image."""
AUTHORITIES = "/etc/connectivity-check"
"""The folder of the authorities' files in the pod."""
DATABASE_CA, CACHE_CA = "database-ca.pem", "cache-ca.pem"
"""Their names."""


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
        image = PublishedImage(
            name, "connectivity-check", registry.address, registry.image_platform, here
        )
        namespace = kubernetes.core.v1.Namespace(
            name,
            metadata={
                "name": NAMESPACE,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
            opts=here,
        )
        # The namespace takes them along: quicker than one by one, and the Kubernetes provider can
        # miss that a Secret or ConfigMap is gone, and waits ten minutes for it.
        inside = ResourceOptions(parent=self, deleted_with=namespace)
        settings, authorities = environment(database, cache), certificates(database, cache)
        # Not secret: it can't be turned back, and would hide the whole Job in a preview.
        fingerprint = Output.unsecret(Output.all(settings, authorities).apply(digest))
        credentials = kubernetes.core.v1.Secret(
            name,
            metadata={"name": name, "namespace": namespace.metadata["name"]},
            string_data=settings,
            opts=inside,
        )
        trusted = kubernetes.core.v1.ConfigMap(
            f"{name}-authorities",
            metadata={"name": f"{name}-authorities", "namespace": namespace.metadata["name"]},
            data=authorities,
            opts=inside,
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
                    "spec": pod(
                        image.image, credentials.metadata["name"], trusted.metadata["name"]
                    ),
                },
            },
            opts=ResourceOptions(
                parent=self,
                deleted_with=namespace,
                delete_before_replace=True,
                custom_timeouts=CustomTimeouts(create=f"{DEADLINE_SECONDS + 60}s"),
            ),
        )
        self.register_outputs({"image": image.image})


def environment(database: DatabaseOutputs, cache: CacheOutputs) -> Output[dict[str, str]]:
    """What the check reads from its environment, under the names that psql and redis-cli know.

    The database's certificate must also bear the host's name: its authority signs other customers'
    too (Cloud SQL). The cache's authority signs for this one cache alone, so it is enough.
    """
    return Output.secret(
        Output.all(
            SERVICE_NAME=SERVICE_NAME,
            PGHOST=database.host,
            PGPORT=database.port.apply(str),
            PGDATABASE=ACCOUNT,
            PGUSER=ACCOUNT,
            PGPASSWORD=database.passwords.apply(lambda passwords: passwords[ACCOUNT]),
            PGSSLMODE=database.ca_certificate.apply(lambda ca: "verify-full" if ca else "disable"),
            PGSSLROOTCERT=database.ca_certificate.apply(trust(DATABASE_CA)),
            CACHE_HOST=cache.host,
            CACHE_PORT=cache.port.apply(str),
            CACHE_READER_HOST=cache.reader_host,
            CACHE_READER_PORT=cache.reader_port.apply(str),
            CACHE_CA_FILE=cache.ca_certificate.apply(trust(CACHE_CA)),
            REDISCLI_AUTH=cache.password,
        )
    )


def certificates(database: DatabaseOutputs, cache: CacheOutputs) -> Output[dict[str, str]]:
    """The authorities as files, by name; empty where the server speaks no TLS."""
    return Output.all(**{DATABASE_CA: database.ca_certificate, CACHE_CA: cache.ca_certificate})


def trust(file: str) -> Callable[[str], str]:
    """The path of `file` in the pod for an authority, and nothing for none."""
    return lambda authority: f"{AUTHORITIES}/{file}" if authority else ""


def digest(settings: object) -> str:
    """A fingerprint of `settings` (what JSON can hold) that gives none of them away."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def pod(
    image: Output[str], secret: Output[str], authorities: Output[str]
) -> "kubernetes.core.v1.PodSpecArgsDict":
    """The check's pod, within the `restricted` Pod Security Standard."""
    return {
        "restart_policy": "Never",
        "automount_service_account_token": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": 65532,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "authorities", "config_map": {"name": authorities}}],
        "containers": [
            {
                "name": "check",
                "image": image,
                "env_from": [{"secret_ref": {"name": secret}}],
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
