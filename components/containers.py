"""A long-running service as a container: one volume, loopback ports, healthy before it counts."""

from collections.abc import Mapping, Sequence

import pulumi_docker as docker
from pulumi import Input, Output, ResourceOptions

from components.images import LocalImage
from components.naming import labels, physical_name

LOOPBACK = "127.0.0.1"


def service_container(
    name: str,
    component: str,
    image: LocalImage,
    *,
    data_path: str,
    health_command: str,
    ports: Mapping[int, int],
    networks: Sequence[docker.ContainerNetworksAdvancedArgs],
    opts: ResourceOptions,
    command: Sequence[Input[str]] | None = None,
    envs: Sequence[Input[str]] | None = None,
    files: Mapping[str, Input[str]] | None = None,
    memory_mb: int | None = None,
) -> docker.Container:
    """A container and its volume `<name>-data`, mounted at `data_path`.

    `ports` maps ports of the container to loopback ports of the host; `files` maps paths in the
    container to their contents, which may be secret. The container restarts unless it was stopped,
    and the resource is made once `health_command`, a shell line, succeeds in it.
    """
    data = docker.Volume(
        f"{name}-data",
        name=physical_name(f"{name}-data"),
        labels=[docker.VolumeLabelArgs(label=k, value=v) for k, v in labels(component).items()],
        opts=opts,
    )
    return docker.Container(
        name,
        name=physical_name(name),
        hostname=name,
        image=image.image_id,
        command=command,
        envs=envs,
        memory=memory_mb,
        memory_swap=memory_mb,  # the same figure means: no swap
        uploads=[
            docker.ContainerUploadArgs(file=path, content=content)
            for path, content in (files or {}).items()
        ],
        volumes=[docker.ContainerVolumeArgs(volume_name=data.name, container_path=data_path)],
        networks_advanced=networks,
        ports=[
            docker.ContainerPortArgs(internal=inside, external=outside, ip=LOOPBACK)
            for inside, outside in ports.items()
        ],
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=["CMD-SHELL", health_command],
            interval="2s",
            timeout="5s",
            retries=5,
            start_period="1m0s",  # as Docker writes it: "60s" would differ in every preview
        ),
        wait=True,
        wait_timeout=120,
        restart="unless-stopped",
        labels=[docker.ContainerLabelArgs(label=k, value=v) for k, v in labels(component).items()],
        opts=ResourceOptions(parent=opts.parent, delete_before_replace=True),
    )


def host_address(port: int) -> Output[str]:
    """How a person on this host reaches a published `port`."""
    return Output.from_input(f"{LOOPBACK}:{port}")
