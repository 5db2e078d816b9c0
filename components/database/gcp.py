"""The database on Google Cloud: Cloud SQL on a private address, with TLS and a key of our own.

What is recommended, what is set and what is left out: docs/cloud/database.md.
"""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, sql

from components.database import PORT, DatabaseOutputs, DatabaseSpec
from components.database.cloud_sql_address import authorities, host, private_zone
from components.database.cloud_sql_settings import every_server, primary_server
from components.database.cloud_sql_users import (
    databases,
    roles,
    service_accounts,
    stored_passwords,
)
from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.outputs import after


def cloud_sql(
    name: str,
    spec: DatabaseSpec,
    foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> DatabaseOutputs:
    key = foundation.key("database")
    server = primary(name, spec, key, network, opts)
    replicas = [read_replica(name, spec, server, network, opts)] if spec.read_replica else []

    passwords, users = roles(name, spec, server, opts)
    made = [*users, *databases(name, spec, server, opts)]
    stored_passwords(name, spec, passwords, key, opts)
    service_accounts(name, spec, foundation.project, server, opts)

    zone = private_zone(name, network, opts)
    hosts = [
        host(name, server, zone, opts),
        *(host(f"{name}-replica", replica, zone, opts) for replica in replicas),
    ]
    return DatabaseOutputs(
        host=hosts[0],
        reader_host=hosts[-1],
        port=Output.from_input(PORT),
        passwords=Output.secret(after(Output.all(**passwords), *made)),
        ca_certificate=authorities(server, *replicas),
        host_address=Output.format("{0}:{1}", server.private_ip_address, PORT),
    )


def primary(
    name: str,
    spec: DatabaseSpec,
    key: Output[str],
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> "sql.DatabaseInstance":
    return sql.DatabaseInstance(
        name,
        database_version=f"POSTGRES_{spec.version}",
        region=config.region,
        encryption_key_name=key,
        deletion_protection=spec.deletion_protection,
        final_backup_description=f"The last of {name}",
        settings=primary_server(name, spec, network),
        opts=kept(spec, opts),
    )


def read_replica(
    name: str,
    spec: DatabaseSpec,
    server: "sql.DatabaseInstance",
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> "sql.DatabaseInstance":
    """A second server that follows `server`: in the same region, and so under the same key. It is
    maintained with the primary, has its users, and needs no backups."""
    return sql.DatabaseInstance(
        f"{name}-replica",
        database_version=f"POSTGRES_{spec.version}",
        region=config.region,
        master_instance_name=server.name,
        instance_type="READ_REPLICA_INSTANCE",
        deletion_protection=spec.deletion_protection,
        settings=every_server(name, spec, network),
        opts=kept(spec, opts),
    )


def kept(spec: DatabaseSpec, opts: ResourceOptions) -> ResourceOptions:
    """Refused by Pulumi itself, too, and as early as in the preview: without this, a setting that
    only a new server can have would make that first, and then fail to delete the old one."""
    return ResourceOptions(parent=opts.parent, protect=spec.deletion_protection)
