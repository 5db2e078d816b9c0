"""Who may do what in a GKE cluster, and what is encrypted with which key."""

from pulumi_gcp import config, container

from components.cluster import ClusterSpec
from components.foundation import FoundationOutputs

MEMORY = {False: None, True: "SEV"}
"""Whether memory is encrypted → the technology. AMD SEV lets nodes be moved while they run."""
SECRET_ROTATION = "120s"
"""How often mounted secrets are compared with Secret Manager: Google's golden path."""


def harden(args: "container.ClusterArgs", spec: ClusterSpec, foundation: FoundationOutputs) -> None:
    _identities(args, spec)
    _encryption(args, spec, foundation)
    args.enable_shielded_nodes = True
    args.binary_authorization = container.ClusterBinaryAuthorizationArgs(
        evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"
    )
    # Google has shut down the scanning of running workloads: the registry scans the images.
    args.security_posture_config = container.ClusterSecurityPostureConfigArgs(
        mode="BASIC", vulnerability_mode="VULNERABILITY_DISABLED"
    )


def _identities(args: "container.ClusterArgs", spec: ClusterSpec) -> None:
    """Google identities for people and workloads; nothing for the anonymous."""
    args.workload_identity_config = container.ClusterWorkloadIdentityConfigArgs(
        workload_pool=f"{config.project}.svc.id.goog"
    )
    args.master_auth = container.ClusterMasterAuthArgs(
        client_certificate_config=container.ClusterMasterAuthClientCertificateConfigArgs(
            issue_client_certificate=False
        )
    )
    args.enable_legacy_abac = False
    args.anonymous_authentication_config = container.ClusterAnonymousAuthenticationConfigArgs(
        mode="LIMITED"  # health checks only
    )
    args.rbac_binding_config = container.ClusterRbacBindingConfigArgs(
        enable_insecure_binding_system_authenticated=False,
        enable_insecure_binding_system_unauthenticated=False,
    )
    if spec.security_group:
        args.authenticator_groups_config = container.ClusterAuthenticatorGroupsConfigArgs(
            security_group=spec.security_group
        )


def _encryption(
    args: "container.ClusterArgs", spec: ClusterSpec, foundation: FoundationOutputs
) -> None:
    """Kubernetes' secrets in etcd, those of Secret Manager in pods, and the nodes' memory."""
    args.database_encryption = container.ClusterDatabaseEncryptionArgs(
        state="ENCRYPTED",
        key_name=foundation.key("cluster"),
    )
    args.secret_manager_config = container.ClusterSecretManagerConfigArgs(
        enabled=True,
        rotation_config=container.ClusterSecretManagerConfigRotationConfigArgs(
            enabled=True, rotation_interval=SECRET_ROTATION
        ),
    )
    args.confidential_nodes = container.ClusterConfidentialNodesArgs(
        enabled=spec.confidential_nodes, confidential_instance_type=MEMORY[spec.confidential_nodes]
    )
