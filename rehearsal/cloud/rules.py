"""What Google refuses beyond its schemas and references: each rule with its source.

The words are Google's where a source has them, else as near as they were found.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from policy import google
from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import last, of_project
from rehearsal.cloud.known import region
from rehearsal.cloud.rules_access import Complaint, key_grant, key_place, roles
from rehearsal.cloud.state import Call, Cloud

Rule = Callable[[Cloud, Call], Complaint | None]


def peered(cloud: Cloud, network: str) -> bool:
    """Whether Google's managed services have a connection to the network."""
    found = cloud.under("servicenetworking:")
    return any(last(one.get("network", "")) == last(network) for one in found)


def sql_instance(cloud: Cloud, call: Call) -> Complaint | None:
    settings: Json = call.body.get("settings", {})
    backup = settings.get("backupConfiguration", {})
    if backup.get("pointInTimeRecoveryEnabled") and not backup.get("enabled"):
        return 400, (
            "Invalid request: Point in time recovery cannot be enabled when backups are disabled."
        )
    regional = settings.get("availabilityType") == "REGIONAL"
    if regional and backup and not backup.get("pointInTimeRecoveryEnabled"):
        return 400, (
            "Invalid request: Backups and point-in-time recovery must be enabled for a regional "
            "instance."
        )
    network = settings.get("ipConfiguration", {}).get("privateNetwork")
    if network and not peered(cloud, network):
        return 400, (
            "Invalid request: Failed to create instance because the network doesn't have at least "
            "1 private services connection. Please see "
            "https://cloud.google.com/sql/docs/mysql/private-ip#network_requirements for how to "
            "create this connection."
        )
    master = call.body.get("masterInstanceName")
    if master and call.method.verb == "insert":
        folder = call.key.rsplit("/instances", 1)[0]
        if f"{folder}/instances/{of_project(master)}" not in cloud.store:
            return 404, f"The master instance {master} does not exist."
    return None


def sql_tier(_cloud: Cloud, call: Call) -> Complaint | None:
    tier = call.body.get("settings", {}).get("tier", "")
    edition = call.body.get("settings", {}).get("edition", "ENTERPRISE")
    shared = tier in ("db-f1-micro", "db-g1-small")
    if tier and not shared and not google.is_sql_tier(tier):
        return 400, f"Invalid request: Invalid Tier ({tier}) for ({edition}) Edition."
    custom = shared or tier.startswith("db-custom")
    if tier and custom == (edition == "ENTERPRISE_PLUS"):
        return 400, (
            f"Invalid request: Invalid Tier ({tier}) for ({edition}) Edition. Use a predefined "
            "Tier like db-perf-optimized-N-* instead. Go to https://cloud.google.com/sql/docs/postgres/"
            "create-instance#machine-types for more details."
        )
    return None


def sql_version(_cloud: Cloud, call: Call) -> Complaint | None:
    version = call.body.get("databaseVersion", "")
    if version.startswith("POSTGRES") and version not in google.SQL_VERSIONS:
        return 400, f"Invalid request: Invalid value for databaseVersion: {version}."
    return None


def sql_delete(cloud: Cloud, call: Call) -> Complaint | None:
    instance = cloud.store.get(call.key, {})
    if instance.get("settings", {}).get("deletionProtectionEnabled"):
        return 400, (
            "The instance is protected. Please disable the deletion protection and try again. To "
            "disable deletion protection, update the instance settings with "
            "deletionProtectionEnabled set to false."
        )
    folder = call.key.rsplit("/", 1)[0]
    replicas = [
        last(key)
        for key, one in cloud.store.items()
        if key.startswith(f"{folder}/")
        and of_project(one.get("masterInstanceName", "")) == last(call.key)
    ]
    if replicas:
        return 400, f"The instance has replicas and can't be deleted: {', '.join(replicas)}."
    return None


def redis_instance(cloud: Cloud, call: Call) -> Complaint | None:
    network = call.body.get("authorizedNetwork", "")
    private = call.body.get("connectMode") == "PRIVATE_SERVICE_ACCESS"
    if private and not peered(cloud, network):
        return 400, (
            "Google private service access is not enabled. Enable privateServiceAccess and try "
            "again."
        )
    smallest, largest = google.REDIS_GB
    size = int(call.body.get("memorySizeGb", smallest))
    if not smallest <= size <= largest:
        return 400, f"Memory size must be between {smallest} GB and {largest} GB: {size} GB."
    return None


def redis_version(_cloud: Cloud, call: Call) -> Complaint | None:
    version = call.body.get("redisVersion", "")
    if version and version not in google.REDIS_VERSIONS:
        return 400, f"Provided Redis version is not supported: {version}."
    return None


def redis_tier(_cloud: Cloud, call: Call) -> Complaint | None:
    replicas = call.body.get("readReplicasMode") == "READ_REPLICAS_ENABLED"
    if replicas and (call.body.get("tier") == "BASIC" or int(call.body["memorySizeGb"]) < 5):
        return 400, "Read replicas need the standard tier and at least 5 GB of memory."
    return None


def cluster_ranges(cloud: Cloud, call: Call) -> Complaint | None:
    cluster = call.body.get("cluster", {})
    subnet = cloud.store.get("compute:" + cluster.get("subnetwork", ""))
    if subnet is None:
        return None
    named = [one["rangeName"] for one in subnet.get("secondaryIpRanges", [])]
    for what, field in (
        ("Pod", "clusterSecondaryRangeName"),
        ("Services", "servicesSecondaryRangeName"),
    ):
        name = cluster.get("ipAllocationPolicy", {}).get(field)
        if name and name not in named:
            return 400, (
                f'{what} secondary range "{name}" does not exist in network '
                f'"{last(cluster["network"])}", subnetwork "{last(cluster["subnetwork"])}".'
            )
    return None


def subnet_overlap(cloud: Cloud, call: Call) -> Complaint | None:
    wanted = list(_ranges(call.body))
    for key, other in cloud.store.items():
        same = "/subnetworks/" in key and last(other["network"]) == last(call.body["network"])
        for mine in wanted if same else ():
            if any(mine.overlaps(theirs) for theirs in _ranges(other)):
                return 400, (
                    f"Invalid IPCidrRange: {mine} conflicts with existing subnetwork "
                    f"'{last(key)}' in region '{region(key)}'."
                )
    return _managed_overlap(cloud, wanted)


def _managed_overlap(cloud: Cloud, wanted: list[ipaddress.IPv4Network]) -> Complaint | None:
    for reserved in _reserved(cloud):
        for mine in wanted:
            if mine.overlaps(reserved):
                return 400, (
                    f"Invalid IPCidrRange: {mine} conflicts with the allocated range {reserved}."
                )
    return None


def _reserved(cloud: Cloud) -> Iterator[ipaddress.IPv4Network]:
    for one in cloud.under("compute:"):
        if one.get("purpose") == "VPC_PEERING":
            yield ipaddress.IPv4Network(f"{one['address']}/{one['prefixLength']}")


def _ranges(subnet: Json) -> Iterator[ipaddress.IPv4Network]:
    secondary = (one["ipCidrRange"] for one in subnet.get("secondaryIpRanges", []))
    for text in (subnet["ipCidrRange"], *secondary):
        yield ipaddress.IPv4Network(text)


def subnet_range(_cloud: Cloud, call: Call) -> Complaint | None:
    try:
        list(_ranges(call.body))
    except ValueError as error:
        return 400, f"Invalid value for field 'resource.ipCidrRange': {error}."
    return None


def bucket(_cloud: Cloud, call: Call) -> Complaint | None:
    for rule in call.body.get("lifecycle", {}).get("rule", []):
        action = rule["action"]["type"]
        if action not in google.BUCKET_ACTIONS:
            return 400, f"Invalid value for lifecycle action: {action}"
    return None


def machine_type(_cloud: Cloud, call: Call) -> Complaint | None:
    for field, value in _fields(call.body):
        if field == "machineType" and last(value) not in google.MACHINE_TYPES:
            return 400, f"Invalid value for field 'machineType': '{value}'. Unknown machine type."
    return None


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in cast(Json, value).items():
            if isinstance(one, str):
                yield name, one
            yield from _fields(one)
    elif isinstance(value, list):
        for one in cast(list[Any], value):
            yield from _fields(one)


CHANGES = r".*\.(insert|create|patch|update)"
RULES: tuple[tuple[str, Rule], ...] = (
    (r"sql\.instances\.(insert|update|patch)", sql_instance),
    (r"sql\.instances\.(insert|update|patch)", sql_tier),
    (r"sql\.instances\.(insert|update|patch)", sql_version),
    (r"sql\.instances\.delete", sql_delete),
    (r"redis\..*instances\.create", redis_instance),
    (r"redis\..*instances\.(create|upgrade)", redis_version),
    (r"redis\..*instances\.create", redis_tier),
    (r"container\..*clusters\.create", cluster_ranges),
    (r"compute\.subnetworks\.insert", subnet_range),
    (r"compute\.subnetworks\.insert", subnet_overlap),
    (r"storage\.buckets\.(insert|patch|update)", bucket),
    (CHANGES, key_place),
    (CHANGES, key_grant),
    (r".*\.setIamPolicy", roles),
    (CHANGES, machine_type),
)
"""Methods, by id → what is refused of them."""


def complaint(cloud: Cloud, call: Call) -> Complaint | None:
    for pattern, rule in RULES:
        if re.fullmatch(pattern, call.method.id) and (found := rule(cloud, call)):
            return found
    return None
