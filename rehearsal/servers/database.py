"""The played Cloud SQL: PostgreSQL containers, with the project's own start scripts."""

from dataclasses import dataclass, field

from components.certificates import make_server_certificate
from components.database import ADMIN, PORT, REPLICATOR, DatabaseSpec
from components.database.postgres import PostgresDatabaseProvider, PostgresRoleProvider, psql
from components.database.server_files import (
    ACCESS,
    ACCESS_RULES,
    AUTHORITY,
    CERTIFICATE,
    KEY,
    PASSWORD,
    REPLICA_HEALTH,
    SLOT,
    START,
    START_REPLICA,
    script,
    settings,
)
from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import of_project
from rehearsal.servers.containers import Place, delete, serve
from rehearsal.stage.authority import Authority

SUPERUSER = "cloudsqlsuperuser"
"""The role that Cloud SQL's users are members of, and that owns their databases."""
ROLES, DATABASES = PostgresRoleProvider(), PostgresDatabaseProvider()


@dataclass
class CloudSql:
    place: Place
    authority: Authority
    password: str
    """The administrator's until the program sets one."""
    size: DatabaseSpec = field(default_factory=DatabaseSpec)
    """One machine has no room for what the stack asks for."""

    def create(self, instance: Json) -> None:
        address = instance["ipAddresses"][0]["ipAddress"]
        name = instance["dnsNames"][0]["name"]
        certificate, key = make_server_certificate(
            "cloud-sql", [address], [name], self.authority.managed
        )
        files = {
            START: script("start-server"),
            ACCESS: ACCESS_RULES,
            AUTHORITY: self.authority.managed[0],
            CERTIFICATE: certificate,
            KEY: key,
        }
        master = instance.get("masterInstanceName")
        start = self._replica(instance, files) if master else self._primary(files)
        container = serve(
            self.place,
            instance["name"],
            "postgres",
            address=address,
            files=files,
            command=[start[0], *settings(self.size)],
            # The name as resolvers ask for it; with the dot that ends it, it is in the certificate.
            flags=[f"--network-alias={name.rstrip('.')}", "--entrypoint=bash", *start[1]],
            healthy=start[2],
        )
        if not master:
            psql(container, f"CREATE ROLE {SUPERUSER} CREATEROLE CREATEDB NOLOGIN;")

    def _primary(self, files: dict[str, str]) -> tuple[str, list[str], list[str]]:
        files[PASSWORD] = self.password
        environment = [
            f"--env=POSTGRES_PASSWORD_FILE={PASSWORD}",
            "--env=POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256",
        ]
        healthy = ["pg_isready", "--quiet", "--host=127.0.0.1", f"--username={ADMIN}"]
        return START, environment, healthy

    def _replica(self, instance: Json, files: dict[str, str]) -> tuple[str, list[str], list[str]]:
        primary = self.place.name(of_project(instance["masterInstanceName"]))
        role = {"container": primary, "role": REPLICATOR, "password": self.password}
        ROLES.create({**role, "may_replicate": True})
        files[START_REPLICA] = script("start-replica")
        files[REPLICA_HEALTH] = script("replica-health")
        files[PASSWORD] = f"*:*:*:{REPLICATOR}:{self.password}\n"
        # By its container's name, which its certificate does not have.
        words = (
            f"host={primary} port={PORT} user={REPLICATOR} passfile=/dev/shm/password "
            f"connect_timeout=2 sslmode=verify-ca sslrootcert={AUTHORITY}"
        )
        environment = [f"--env=PRIMARY={words}", f"--env=SLOT={SLOT}"]
        return START_REPLICA, environment, ["bash", REPLICA_HEALTH]

    def user(self, instance: str, user: Json) -> None:
        """A role as the API was asked for; one that signs in by IAM has no password here."""
        container, role = self.place.name(instance), user["name"]
        if "password" in user:
            ROLES.create({"container": container, "role": role, "password": user["password"]})
        if role != ADMIN and "password" in user:
            psql(container, f"GRANT {SUPERUSER} TO {role};")

    def database(self, instance: str, name: str) -> None:
        container = self.place.name(instance)
        DATABASES.create({"container": container, "database": name, "owner": SUPERUSER})

    def drop_database(self, instance: str, name: str) -> None:
        psql(self.place.name(instance), f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")

    def delete(self, instance: str) -> None:
        delete(self.place.name(instance))
