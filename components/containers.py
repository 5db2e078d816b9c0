"""A long-running service as a container: one volume, healthy before it counts, no port published:
`components/proxy.py` is the way in."""

from collections.abc import Mapping, Sequence

import pulumi_docker as docker
from pulumi import Input, Output, ResourceOptions

from components.images import LocalImage
from components.naming import DATA, labels, physical_name

LOOPBACK = "127.0.0.1"
CHECK_INTERVAL = "5s"
"""How often Docker asks a container whether it is healthy, from its start on. Each time costs a
process in it; the cluster takes longer to come up than what is asked this often."""
STOP_SECONDS = 30
"""How long a server that is to be removed may take to write its data out and end by itself."""

RESTART = "always"
"""Not `unless-stopped`: a Docker that crashed stops, when it starts again, what still runs, and
takes that for a stop that was asked for."""


def service_container(
    name: str,
    component: str,
    image: LocalImage,
    *,
    data_path: str,
    health_command: str,
    networks: Sequence[docker.ContainerNetworksAdvancedArgs],
    opts: ResourceOptions,
    entry_point: Sequence[str] | None = None,
    command: Sequence[Input[str]] | None = None,
    envs: Sequence[Input[str]] | None = None,
    files: Mapping[str, Input[str]] | None = None,
    memory_mb: int | None = None,
    start_minutes: int = 1,
) -> docker.Container:
    """A container and its volume `<name>-data`, mounted at `data_path`.

    `files` maps paths in the container to their contents, which may be secret: everybody in it may
    read them. The container is started again whenever it ends, and the resource is made once
    `health_command`, a shell line, succeeds in it, for which the first `start_minutes` are allowed.
    """
    data = docker.Volume(
        f"{name}{DATA}",
        name=physical_name(f"{name}{DATA}"),
        labels=[docker.VolumeLabelArgs(label=k, value=v) for k, v in labels(component).items()],
        # It waits for nothing, so `down` removes it with all the others: each takes two seconds.
        opts=ResourceOptions(parent=opts.parent),
    )
    return docker.Container(
        name,
        name=physical_name(name),
        hostname=name,
        image=image.image_id,
        entrypoints=entry_point,
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
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=["CMD-SHELL", health_command],
            interval=CHECK_INTERVAL,
            timeout="10s",
            retries=5,
            # As Docker writes it: "60s" would differ in every preview.
            start_period=f"{start_minutes}m0s",
        ),
        wait=True,
        wait_timeout=60 * start_minutes + 60,
        destroy_grace_seconds=STOP_SECONDS,
        restart=RESTART,
        labels=[docker.ContainerLabelArgs(label=k, value=v) for k, v in labels(component).items()],
        opts=ResourceOptions(
            parent=opts.parent, depends_on=opts.depends_on, delete_before_replace=True
        ),
    )


def host_address(port: int) -> Output[str]:
    """How a person on this host reaches a published `port`."""
    return Output.from_input(f"{LOOPBACK}:{port}")
