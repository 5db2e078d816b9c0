"""The registry on one machine: a storage that only its gate reaches, and the gate before it.

docs/decisions/2026-11-21-ways-in.md
"""

from pathlib import Path

import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from components.containers import service_container
from components.foundation import FoundationOutputs
from components.images import LocalImage
from components.network import NetworkOutputs
from components.network.plan import fixed_address
from components.outputs import after
from components.proxy import CONFIG_FILE, proxy_container
from components.registry import RegistryOutputs, RegistrySpec
from components.registry.gate import LUA_FILE, PORT, keeping_tags, passing_all

STORAGE_PORT = 5000
LUA = (Path(__file__).parent / "gate.lua").read_text()
ANSWERS = (
    f"exec 3<> /dev/tcp/127.0.0.1/{PORT}"
    " && printf 'GET /v2/ HTTP/1.0\\r\\n\\r\\n' >&3 && grep --quiet '200 OK' <&3"
)
"""For bash: the gate answers, and the storage behind it."""


def registry_container(
    name: str,
    spec: RegistrySpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> RegistryOutputs:
    storage = image_storage(name, network, opts)
    address = fixed_address(f"{name}-gate", network.private_cidr)
    gate = gate_container(name, spec, storage, address, network, opts)
    # Docker trusts registries on localhost without TLS, so the host can push by this name.
    host = f"localhost:{spec.host_port}"
    return RegistryOutputs(
        address=after(host, gate.id),
        host=Output.from_input(host),
        mirror=Output.format("http://{0}:{1}", address, PORT),
        cidr=Output.format("{0}/32", address),
        port=Output.from_input(PORT),
        image_platform=Output.from_input(""),
    )


def image_storage(name: str, network: NetworkOutputs, opts: ResourceOptions) -> Output[str]:
    """The address and port of the registry itself, on the internal network alone; known once it
    answers."""
    address = fixed_address(name, network.database_cidr)
    container = service_container(
        name,
        name,
        LocalImage(f"{name}-image", "registry", opts),
        data_path="/var/lib/registry",
        envs=["REGISTRY_STORAGE_DELETE_ENABLED=true"],
        health_command=f"wget -q --spider http://127.0.0.1:{STORAGE_PORT}/v2/",
        networks=[
            docker.ContainerNetworksAdvancedArgs(name=network.database_subnet, ipv4_address=address)
        ],
        opts=opts,
    )
    return after(Output.format("{0}:{1}", address, STORAGE_PORT), container.id)


def gate_container(
    name: str,
    spec: RegistrySpec,
    storage: Output[str],
    address: Output[str],
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> docker.Container:
    """What nodes and pods reach at `address`, and the host at its port."""
    configuration = keeping_tags if spec.immutable_tags else passing_all
    return proxy_container(
        f"{name}-gate",
        name,
        files={CONFIG_FILE: storage.apply(configuration), LUA_FILE: LUA},
        health_command=ANSWERS,
        ports={PORT: spec.host_port},
        networks=[
            docker.ContainerNetworksAdvancedArgs(name=network.private_subnet, ipv4_address=address),
            docker.ContainerNetworksAdvancedArgs(name=network.database_subnet),
        ],
        opts=opts,
    )
