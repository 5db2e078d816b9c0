"""The registry on Google Cloud: three Artifact Registry repositories for container images.

`<name>` takes the platform's own images; `<name>-docker-hub` fetches public ones and keeps a copy;
`<name>-all` shows both under one name, the own ones first. What is recommended, what is set and
what is left out: docs/cloud/registry.md.
"""

from typing import TYPE_CHECKING, Any

from pulumi import Output, ResourceOptions
from pulumi_gcp import artifactregistry, config

from components.foundation import FoundationOutputs
from components.naming import cloud_labels
from components.network import NetworkOutputs
from components.network.plan import GOOGLE_APIS
from components.outputs import after
from components.protection import deletion_policy
from components.registry import RegistryOutputs, RegistrySpec
from components.registry.cleanup import CACHED_IMAGES, OWN_IMAGES

if TYPE_CHECKING:
    from pulumi_gcp.artifactregistry import Repository

READER, WRITER = "roles/artifactregistry.reader", "roles/artifactregistry.writer"
HTTPS = 443
OWN_FIRST, PUBLIC_AFTER = 100, 10
"""Priorities: whoever publishes an image of the same name on Docker Hub is never served instead."""
NODE_PLATFORM = "linux/amd64"
"""Of every machine type that the cluster's pools use."""


def artifact_registry(
    name: str,
    spec: RegistrySpec,
    foundation: FoundationOutputs,
    _network: NetworkOutputs,
    opts: ResourceOptions,
) -> RegistryOutputs:
    common: dict[str, Any] = {
        "location": config.region,
        "format": "DOCKER",
        "kms_key_name": foundation.key("registry"),
        "labels": cloud_labels(name),
    }
    # A repository's name is part of every image's, so it is fixed, and free only once it is gone.
    fixed = ResourceOptions(parent=opts.parent, delete_before_replace=True)
    guarded = ResourceOptions(
        parent=opts.parent, delete_before_replace=True, protect=spec.deletion_protection
    )
    own = own_images(name, spec, common, guarded)
    public = public_images(f"{name}-docker-hub", common, fixed)
    every = all_images(f"{name}-all", own, public, common, fixed)

    granted = [
        grant(f"{name}-{role}", own, what, account, opts)
        for role, what, account in (
            ("reader", READER, foundation.node_account),
            ("writer", WRITER, foundation.publisher_account),
        )
    ]
    grant(f"{name}-all-reader", every, READER, foundation.node_account, opts)
    host = Output.from_input(f"{config.region}-docker.pkg.dev")
    return RegistryOutputs(
        address=after(Output.format("{0}/{1}/{2}", host, own.project, own.repository_id), *granted),
        host=host,
        mirror=Output.format("https://{0}", host),
        cidr=Output.from_input(str(GOOGLE_APIS)),
        port=Output.from_input(HTTPS),
        image_platform=Output.from_input(NODE_PLATFORM),
    )


def own_images(
    name: str, spec: RegistrySpec, common: dict[str, Any], opts: ResourceOptions
) -> "Repository":
    """Protected twice: Pulumi refuses in the preview already, the provider when it is told to."""
    return artifactregistry.Repository(
        name,
        repository_id=name,
        description="The platform's own images.",
        mode="STANDARD_REPOSITORY",
        docker_config={"immutable_tags": spec.immutable_tags},
        vulnerability_scanning_config={"enablement_config": "INHERITED"},
        cleanup_policies=OWN_IMAGES,
        cleanup_policy_dry_run=False,
        deletion_policy=deletion_policy(spec.deletion_protection),
        **common,
        opts=opts,
    )


def public_images(name: str, common: dict[str, Any], opts: ResourceOptions) -> "Repository":
    """What is in it can be fetched again, so nothing protects it."""
    return artifactregistry.Repository(
        name,
        repository_id=name,
        description="Copies of public images from Docker Hub, fetched when first asked for.",
        mode="REMOTE_REPOSITORY",
        remote_repository_config={
            "description": "Docker Hub, without an account.",
            "docker_repository": {"public_repository": "DOCKER_HUB"},
        },
        vulnerability_scanning_config={"enablement_config": "INHERITED"},
        cleanup_policies=CACHED_IMAGES,
        cleanup_policy_dry_run=False,
        **common,
        opts=opts,
    )


def all_images(
    name: str,
    own: "Repository",
    public: "Repository",
    common: dict[str, Any],
    opts: ResourceOptions,
) -> "Repository":
    return artifactregistry.Repository(
        name,
        repository_id=name,
        description="The platform's own images, then those of Docker Hub.",
        mode="VIRTUAL_REPOSITORY",
        virtual_repository_config={
            "upstream_policies": [
                {"id": "own", "repository": own.id, "priority": OWN_FIRST},
                {"id": "docker-hub", "repository": public.id, "priority": PUBLIC_AFTER},
            ]
        },
        **common,
        opts=opts,
    )


def grant(
    name: str, repository: "Repository", role: str, account: Output[str], opts: ResourceOptions
) -> Output[str]:
    """`role` for `account` on this repository alone, known once it is given."""
    return artifactregistry.RepositoryIamMember(
        name,
        project=repository.project,
        location=repository.location,
        repository=repository.name,
        role=role,
        member=Output.format("serviceAccount:{0}", account),
        opts=opts,
    ).role
