"""Who may use a Cloud SQL server: roles with passwords, and service accounts without."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, projects, secretmanager, sql

from components.database import ADMIN, DatabaseSpec
from components.naming import cloud_labels, physical_name
from components.password import Password

COMPLYING = "-aA0"
"""Ends every password: a character of each kind that Cloud SQL's policy asks for, which 32 random
ones need not have."""
REGRET_SECONDS = 7 * 24 * 60 * 60
"""How long a stored password that is to be destroyed can still be restored."""


def roles(
    name: str, spec: DatabaseSpec, server: "sql.DatabaseInstance", opts: ResourceOptions
) -> tuple[dict[str, Output[str]], list[Output[str]]]:
    """Role → password, and what must be made before one can be used."""
    with_server = ResourceOptions(parent=opts.parent, deleted_with=server)
    passwords: dict[str, Output[str]] = {}
    made: list[Output[str]] = []
    for role in [ADMIN, *spec.roles]:
        random = Password(f"{name}-{role}", opts).value
        passwords[role] = Output.secret(random.apply(lambda value: value + COMPLYING))
        user = sql.User(
            f"{name}-{role}",
            instance=server.name,
            name=role,
            password=passwords[role],
            opts=with_server,
        )
        made.append(user.name)
    return passwords, made


def databases(
    name: str, spec: DatabaseSpec, server: "sql.DatabaseInstance", opts: ResourceOptions
) -> list[Output[str]]:
    """Their names, each known once it is there."""
    here = ResourceOptions(
        parent=opts.parent, deleted_with=server, protect=spec.deletion_protection
    )
    return [
        sql.Database(
            f"{name}-{database}",
            instance=server.name,
            name=database,
            charset="UTF8",
            collation="en_US.UTF8",
            opts=here,
        ).name
        for database in spec.databases
    ]


def stored_passwords(
    name: str,
    spec: DatabaseSpec,
    passwords: dict[str, Output[str]],
    key: Output[str],
    opts: ResourceOptions,
) -> None:
    """Each password in Secret Manager, as `<project>-<stack>-<name>-<role>-password`: nobody may
    read one until they are granted it."""
    for role, password in passwords.items():
        secret_name = f"{name}-{role}-password"
        secret = secretmanager.Secret(
            secret_name,
            secret_id=physical_name(secret_name),
            # In the server's region alone, so that the key that encrypts both can be one.
            replication={
                "user_managed": {
                    "replicas": [
                        {
                            "location": config.region or "",
                            "customer_managed_encryption": {"kms_key_name": key},
                        }
                    ]
                }
            },
            version_destroy_ttl=f"{REGRET_SECONDS}s",
            deletion_protection=spec.deletion_protection,
            labels=cloud_labels(name),
            opts=ResourceOptions(
                parent=opts.parent, delete_before_replace=True, protect=spec.deletion_protection
            ),
        )
        secretmanager.SecretVersion(secret_name, secret=secret.id, secret_data=password, opts=opts)


def service_accounts(
    name: str,
    spec: DatabaseSpec,
    project: Output[str],
    server: "sql.DatabaseInstance",
    opts: ResourceOptions,
) -> None:
    """Each service account as a user of this server. What it may do in a database is granted there,
    in SQL."""
    only_here = Output.format(
        'resource.type == "sqladmin.googleapis.com/Instance" && '
        'resource.name == "projects/{0}/instances/{1}"',
        project,
        server.name,
    )
    for email in dict.fromkeys(spec.iam_users):  # each once, however often it is named
        user = email.removesuffix(".gserviceaccount.com")  # Cloud SQL's rule
        sql.User(
            f"{name}-{user}",
            instance=server.name,
            name=user,
            type="CLOUD_IAM_SERVICE_ACCOUNT",
            opts=ResourceOptions(parent=opts.parent, deleted_with=server),
        )
        projects.IAMMember(
            f"{name}-{user}",
            project=project,
            role="roles/cloudsql.instanceUser",
            member=f"serviceAccount:{email}",
            condition={"title": f"{name} only", "expression": only_here},
            opts=opts,
        )
