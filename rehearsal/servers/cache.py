"""The played Memorystore: Redis containers, configured as the local target's are."""

import secrets
from dataclasses import dataclass

from components.cache import DEFAULT_USER
from components.cache.config import (
    ADMIN,
    AUTHORITY,
    CERTIFICATE,
    FOLDER,
    KEY,
    PASSWORD_FILE,
    configuration,
)
from components.cache.server_settings import CLI
from components.certificates import make_server_certificate
from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import last
from rehearsal.servers.containers import Place, delete, serve
from rehearsal.stage.authority import Authority

CONFIG_FILE = f"{FOLDER}/redis.conf"


@dataclass
class Memorystore:
    place: Place
    authority: Authority
    password: str
    """What `getAuthString` answers."""

    def create(self, instance: Json) -> None:
        name, host = last(instance["name"]), instance["host"]
        passwords = {ADMIN: secrets.token_hex(16), DEFAULT_USER: self.password}
        self._node(name, host, passwords, None)
        if instance.get("readReplicasMode") == "READ_REPLICAS_ENABLED":
            self._node(f"{name}-replica", instance["readEndpoint"], passwords, host)

    def _node(
        self, name: str, address: str, passwords: dict[str, str], primary: str | None
    ) -> None:
        certificate, key = make_server_certificate(
            "memorystore", [address], [], self.authority.managed
        )
        followed = "info replication | grep --quiet master_link_status:up"
        words = followed if primary else "ping | grep --quiet PONG"
        serve(
            self.place,
            name,
            "redis",
            address=address,
            files={
                CONFIG_FILE: configuration(passwords, primary),
                PASSWORD_FILE: passwords[ADMIN],
                AUTHORITY: self.authority.managed[0],
                CERTIFICATE: certificate,
                KEY: key,
            },
            command=["redis-server", CONFIG_FILE],
            healthy=["sh", "-c", f"{CLI} {words}"],
        )

    def delete(self, name: str) -> None:
        for role in (last(name), f"{last(name)}-replica"):
            delete(self.place.name(role))
