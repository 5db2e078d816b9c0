"""The host's way in to what has no way out: HAProxy between loopback ports and servers.

Docker publishes no port of a container that is on internal networks alone, so the servers publish
nothing and this does it for them. docs/decisions/2026-11-21-ways-in.md
"""

from collections.abc import Mapping, Sequence

import pulumi_docker as docker
from pulumi import Input, Output, ResourceOptions

from components.containers import CHECK_INTERVAL, LOOPBACK, RESTART
from components.images import LocalImage
from components.naming import labels, physical_name
from components.network import NetworkOutputs

CONFIG_FILE = "/usr/local/etc/haproxy/haproxy.cfg"
"""Where the official image looks for it."""
MEMORY_MB = 128

GLOBAL = """\
global
  log stdout format raw local0 info
  # Else derived from Docker's limit of open files, which may be a thousand million, all of which
  # HAProxy sets memory aside for.
  maxconn 1000
  # A stop is not to wait for a session that is open all day.
  hard-stop-after 3s
"""

DEFAULTS = """
defaults
  log global
  timeout connect 2s
"""

TCP = """\
  mode tcp
  option tcplog
  # A session at a prompt may be silent all day; keepalive finds out when an end of it is gone.
  timeout client 24h
  timeout server 24h
  option clitcpka
  option srvtcpka
"""


def tcp_configuration(routes: Mapping[int, str]) -> str:
    """HAProxy's configuration for `routes`: the port that it listens on → `address:port`."""
    return GLOBAL + DEFAULTS + TCP + "".join(_route(*route) for route in routes.items())


def _route(port: int, server: str) -> str:
    return f"""
listen {port}
  bind :{port}
  # The container's own health check: nothing is passed on.
  tcp-request connection reject if {{ src 127.0.0.1 }}
  server {port} {server}
"""


def way_in(
    name: str,
    component: str,
    ports: Mapping[int, Input[str]],
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> docker.Container:
    """The container `<name>-way-in`: each loopback port of the host → `address:port` of a server
    on the internal database network.

    It keeps no state and looks no name up, so a server may be made anew behind it at any time.
    """
    configuration = Output.all(*ports.values()).apply(
        lambda servers: tcp_configuration(dict(zip(ports, servers, strict=True)))
    )
    return proxy_container(
        f"{name}-way-in",
        component,
        files={CONFIG_FILE: configuration},
        health_command=" && ".join(f"exec 3<> /dev/tcp/127.0.0.1/{port}" for port in ports),
        ports={port: port for port in ports},
        networks=[
            docker.ContainerNetworksAdvancedArgs(name=network.public_subnet),
            docker.ContainerNetworksAdvancedArgs(name=network.database_subnet),
        ],
        opts=opts,
    )


def proxy_container(
    name: str,
    component: str,
    *,
    files: Mapping[str, Input[str]],
    health_command: str,
    ports: Mapping[int, int],
    networks: Sequence[docker.ContainerNetworksAdvancedArgs],
    opts: ResourceOptions,
) -> docker.Container:
    """HAProxy with configuration `files`, without root or any capability.

    `ports` maps ports of the container to loopback ports of the host. The resource is made once
    `health_command`, for bash, succeeds in it.
    """
    # Its root is not read-only: Docker would refuse the files. None of it is the proxy's user's.
    return docker.Container(
        name,
        name=physical_name(name),
        hostname=name,
        image=LocalImage(f"{name}-image", "haproxy", opts).image_id,
        user="haproxy",
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges:true"],
        memory=MEMORY_MB,
        memory_swap=MEMORY_MB,  # the same figure means: no swap
        uploads=[
            docker.ContainerUploadArgs(file=path, content=content)
            for path, content in files.items()
        ],
        networks_advanced=networks,
        ports=[
            docker.ContainerPortArgs(internal=inside, external=outside, ip=LOOPBACK)
            for inside, outside in ports.items()
        ],
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=["CMD", "bash", "-c", health_command],
            interval=CHECK_INTERVAL,
            timeout="5s",
            retries=5,
            start_period="1m0s",  # as Docker writes it: "60s" would differ in every preview
        ),
        wait=True,
        wait_timeout=120,
        restart=RESTART,
        labels=[docker.ContainerLabelArgs(label=k, value=v) for k, v in labels(component).items()],
        opts=ResourceOptions(parent=opts.parent, delete_before_replace=True),
    )
