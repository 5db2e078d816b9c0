"""Rules about keys and roles: who may use what."""

import json
import re
from functools import cache
from pathlib import Path

from components.foundation.services import SERVICE_AGENTS
from rehearsal.cloud.known import region
from rehearsal.cloud.state import Call, Cloud

Complaint = tuple[int, str]
KEY = re.compile(r"projects/[^\"]+/cryptoKeys/[^\"/]+")
USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def key_grant(cloud: Cloud, call: Call) -> Complaint | None:
    """A service's own agent must be allowed to use the key that a resource names."""
    template = SERVICE_AGENTS.get(call.method.api)
    if template is None:
        return None
    agent = template.format(number=cloud.number)
    for name in sorted(set(KEY.findall(json.dumps(call.body)))):
        holders = [
            member
            for part in (name, name.rsplit("/", 2)[0])
            for binding in cloud.policies.get(f"cloudkms:{part}", {}).get("bindings", [])
            if binding["role"] == USE
            for member in binding["members"]
        ]
        if f"serviceAccount:{agent}" not in holders:
            return 403, (
                f"Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource "
                f"'{name}' (or it may not exist): {agent} needs {USE}."
            )
    return None


REGIONAL = ("sqladmin", "redis", "artifactregistry", "gkebackup", "container")
"""APIs that take a key of the resource's own location only."""


def key_place(_cloud: Cloud, call: Call) -> Complaint | None:
    """https://cloud.google.com/kms/docs/cmek: a key and what it encrypts are in one location."""
    where = call.body.get("region") or region(f"/{call.key}")
    for name in sorted(set(KEY.findall(json.dumps(call.body)))):
        of_key = region(name)
        if call.method.api in REGIONAL and where and of_key != where:
            return 400, (
                f"The Cloud KMS key '{name}' is in location {of_key}, the resource in {where}: "
                "they must be in the same location."
            )
    return None


@cache
def role_names() -> frozenset[str]:
    lines = (Path(__file__).parent / "role_names.txt").read_text().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


@cache
def services_of_roles() -> frozenset[str]:
    return frozenset(name.split(".")[0] for name in role_names() if "." in name)


def roles(_cloud: Cloud, call: Call) -> Complaint | None:
    """A predefined role of a service whose roles are known has to be one of them."""
    policy = call.body.get("policy", call.body)
    for binding in policy.get("bindings", []):
        role = binding["role"]
        known = role.split(".")[0] in services_of_roles() or "." not in role
        if role.startswith("roles/") and known and role not in role_names():
            return 400, f"Role {role} is not supported for this resource."
    return None
