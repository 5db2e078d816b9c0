"""The played GKE cluster: k3d, behind the name that the played API gives out."""

import base64
import select
import socket
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from components.cluster import k3d_cli as k3d
from rehearsal.servers.containers import LABEL, image

PLUGIN = """\
#!/bin/sh
# Stands in for gke-gcloud-auth-plugin: whoever rehearses is whoever the cluster trusts.
cat <<END
{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
 "status": {"token": "rehearsal"}}
END
"""


def free_port() -> int:
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return any_socket.getsockname()[1]


@dataclass(frozen=True)
class Cluster:
    name: str
    network: str
    """The nodes' Docker network."""
    managed: str
    """The one of managed services, which nodes and pods reach."""
    pods_cidr: str
    services_cidr: str
    dns_address: str
    registry: str
    """What names of the platform's images begin with, and where they really are."""
    registry_mirror: str
    stack: str

    def make(self) -> None:
        k3d.create(
            {
                "name": self.name,
                "servers": 1,
                "agents": 0,
                "image": image("node"),
                "proxy_image": image("k3d-proxy"),
                "tools_image": image("k3d-tools"),
                "network": self.network,
                "extra_network": self.managed,
                "pods_cidr": self.pods_cidr,
                "services_cidr": self.services_cidr,
                "dns_address": self.dns_address,
                "registry": self.registry,
                "registry_mirror": self.registry_mirror,
                "api_port": free_port(),
                "published_ports": {},
                "labels": {LABEL: self.stack},
            }
        )

    def remove(self) -> None:
        k3d.delete(self.name)

    def bridge(self) -> "Bridge":
        return Bridge(cast(dict[str, Any], yaml.safe_load(k3d.kubeconfig(self.name))))


class Bridge:
    """Passes connections on to the cluster, as its administrator: Google's endpoint has asked IAM
    before, and so lets nobody in by a token of Kubernetes' own."""

    def __init__(self, kubeconfig: dict[str, Any]) -> None:
        cluster = kubeconfig["clusters"][0]["cluster"]
        user = kubeconfig["users"][0]["user"]
        host, port = cluster["server"].removeprefix("https://").split(":")
        self.address = ("127.0.0.1" if host == "0.0.0.0" else host, int(port))
        self.tls = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        with tempfile.TemporaryDirectory() as folder:
            pair = Path(folder) / "pair.pem"
            pair.touch(mode=0o600)
            parts = (user["client-certificate-data"], user["client-key-data"])
            pair.write_bytes(b"\n".join(base64.b64decode(part) for part in parts))
            self.tls.load_cert_chain(pair)

    def serve(self, client: ssl.SSLSocket) -> None:
        with (
            socket.create_connection(self.address) as plain,
            self.tls.wrap_socket(plain, server_hostname=self.address[0]) as server,
        ):
            pump(client, server)


def pump(one: ssl.SSLSocket, other: ssl.SSLSocket) -> None:
    """Pass on what either says, until one of them ends: any protocol, upgrades too."""
    partner = {one: other, other: one}
    for end in partner:
        end.setblocking(False)
    while True:
        waiting = [end for end in partner if end.pending()]
        for end in waiting or select.select(list(partner), [], [])[0]:
            try:
                said = end.recv(65536)
            except ssl.SSLWantReadError:
                continue
            except OSError:
                return
            if not said:
                return
            partner[end].setblocking(True)
            partner[end].sendall(said)
            partner[end].setblocking(False)
