"""The registry on Google Cloud: an Artifact Registry repository for container images."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import artifactregistry, config

from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.registry import RegistryOutputs, RegistrySpec


def artifact_registry(
    name: str,
    spec: RegistrySpec,
    _foundation: FoundationOutputs,
    _network: NetworkOutputs,
    opts: ResourceOptions,
) -> RegistryOutputs:
    repository = artifactregistry.Repository(
        name,
        repository_id=name,
        location=config.region,
        format="DOCKER",
        docker_config=artifactregistry.RepositoryDockerConfigArgs(
            immutable_tags=spec.immutable_tags
        ),
        opts=opts,
    )
    address = Output.format(
        "{0}-docker.pkg.dev/{1}/{2}",
        repository.location,
        repository.project,
        repository.repository_id,
    )
    return RegistryOutputs(address=address, mirror=Output.format("https://{0}", address))
