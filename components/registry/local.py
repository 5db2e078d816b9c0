"""The registry on one machine: a container that the host and the cluster's nodes both reach."""

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.containers import service_container
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.network import NetworkOutputs
from components.network.plan import fixed_address
from components.outputs import after
from components.registry import RegistryOutputs, RegistrySpec

PORT = 5000


def registry_container(
    name: str,
    spec: RegistrySpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> RegistryOutputs:
    address = fixed_address("registry-gate", network.private_cidr)
    container = service_container(
        name,
        name,
        LocalImage(f"{name}-image", "registry", opts),
        data_path="/var/lib/registry",
        envs=["REGISTRY_STORAGE_DELETE_ENABLED=true"],
        health_command=f"wget -q --spider http://127.0.0.1:{PORT}/v2/",
        ports={PORT: spec.host_port},
        networks=[
            docker.ContainerNetworksAdvancedArgs(name=network.private_subnet, ipv4_address=address)
        ],
        opts=opts,
    )

    # Docker trusts registries on localhost without TLS, so the host can push by this name.
    return RegistryOutputs(
        address=after(f"localhost:{spec.host_port}", container.id),
        mirror=Output.format("http://{0}:{1}", after(address, container.id), PORT),
        cidr=Output.format("{0}/32", address),
        port=Output.from_input(PORT),
        image_platform=Output.from_input(""),
    )
