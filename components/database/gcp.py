"""The database on Google Cloud: Cloud SQL on a private address."""

from pulumi import Output, ResourceOptions
from pulumi_gcp import config, sql

from components.database import ADMIN, PORT, DatabaseOutputs, DatabaseSpec
from components.database.tuning import parameters
from components.foundation import FoundationOutputs
from components.network import NetworkOutputs
from components.outputs import after
from components.password import Password

MB_PER_GB = 1024


def cloud_sql(
    name: str,
    spec: DatabaseSpec,
    _foundation: FoundationOutputs,
    network: NetworkOutputs,
    opts: ResourceOptions,
) -> DatabaseOutputs:
    server = sql.DatabaseInstance(
        name,
        database_version=f"POSTGRES_{spec.version}",
        region=config.region,
        deletion_protection=spec.deletion_protection,
        settings=sql.DatabaseInstanceSettingsArgs(
            edition="ENTERPRISE",
            tier=f"db-custom-{spec.cpus}-{spec.memory_gb * MB_PER_GB}",
            availability_type="REGIONAL" if spec.highly_available else "ZONAL",
            disk_size=spec.disk_gb,
            disk_autoresize=True,
            deletion_protection_enabled=spec.deletion_protection,
            ip_configuration=sql.DatabaseInstanceSettingsIpConfigurationArgs(
                ipv4_enabled=False, private_network=network.managed_services
            ),
            # A regional instance must have backups and the log that point-in-time recovery needs.
            backup_configuration=sql.DatabaseInstanceSettingsBackupConfigurationArgs(
                enabled=True, point_in_time_recovery_enabled=True
            ),
            database_flags=[
                sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=key, value=value)
                for key, value in parameters(spec).items()
            ],
        ),
        opts=opts,
    )
    with_server = ResourceOptions(parent=opts.parent, deleted_with=server)
    passwords: dict[str, Output[str]] = {}
    made: list[Output[str]] = []
    for role in [ADMIN, *spec.roles]:
        password = Password(f"{name}-{role}", opts)
        user = sql.User(
            f"{name}-{role}",
            instance=server.name,
            name=role,
            password=password.value,
            opts=with_server,
        )
        passwords[role] = password.value
        made.append(user.id)
    for database in spec.databases:
        made.append(
            sql.Database(
                f"{name}-{database}", instance=server.name, name=database, opts=with_server
            ).id
        )
    return DatabaseOutputs(
        host=server.private_ip_address,
        port=Output.from_input(PORT),
        passwords=Output.secret(after(Output.all(**passwords), *made)),
        ca_certificate=Output.from_input(""),
        host_address=Output.format("{0}:{1}", server.private_ip_address, PORT),
    )
