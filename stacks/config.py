"""A stack's settings: read from its file, checked, and explained where they are wrong."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self, cast

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import ValidationError, model_validator

from components.baseline import BaselineSpec
from components.cache import CacheSpec
from components.cluster import ClusterSpec
from components.connectivity import SERVICE as CHECK
from components.database import DatabaseSpec
from components.database import Name as DatabaseName
from components.foundation import FoundationSpec
from components.network import NetworkSpec
from components.network.plan import address_plan, node_capacity
from components.registry import RegistrySpec
from components.service import ServiceName, ServiceSpec
from components.spec import Spec, refuse
from policy import stack_name
from policy.google import PROJECT_ID, REGIONS
from policy.waiver import Waiver
from stacks.defaults import DEFAULTS
from stacks.messages import MISSING, SECRET, Problem, did_you_mean, problems, report, shown
from stacks.services import conflicts, merged

NAMESPACE = "alphintra"
GCP_SETTINGS = {
    "gcp:project": "the id of a Google Cloud project",
    "gcp:region": "a region of Google Cloud, such as europe-west1",
    "alphintra:foundation.project_number": "the project's number: "
    "gcloud projects describe PROJECT --format='value(projectNumber)'",
    "alphintra:foundation.billing_account": "the account that pays for the project, which its "
    "budget is set on: gcloud billing projects describe PROJECT",
    "alphintra:foundation.alert_email": "whom to warn when the budget runs out",
}
"""What a stack on Google Cloud needs and no default can know."""


class PlatformSpec(Spec):
    """What is wanted of each capability."""

    foundation: FoundationSpec
    network: NetworkSpec
    registry: RegistrySpec
    cluster: ClusterSpec
    database: DatabaseSpec
    cache: CacheSpec
    baseline: BaselineSpec
    services: dict[ServiceName, ServiceSpec]
    """Name of each service → what it may reach and use. They are merged, key by key, over the
    default ones (`stacks/defaults.py`); `<name>: null` takes a default service away, with its
    namespace; with its database if `dropped_databases` names that."""

    @property
    def every_service(self) -> dict[str, ServiceSpec]:
        """Those, and the platform's own check, which has no more rights than they."""
        return {**self.services, **CHECK}

    @model_validator(mode="after")
    def _loopback_ports_differ(self) -> Self:
        taken: dict[int, str] = {}
        for port, owner in [
            *((port, "cluster.published_ports") for port in self.cluster.published_ports),
            (self.cluster.api_port, "cluster.api_port"),
            (self.database.host_port, "database.host_port"),
            (self.database.replica_host_port, "database.replica_host_port"),
            (self.cache.host_port, "cache.host_port"),
            (self.cache.host_port + 1, "cache.host_port + 1 (the replica)"),
            (self.registry.host_port, "registry.host_port"),
        ]:
            if port in taken:
                both = f"given port {port} for both {taken[port]} and {owner}"
                raise refuse(both, "each port once")
            taken[port] = owner
        return self


class Settings(PlatformSpec):
    """A whole stack file, under the names that it uses after `alphintra:`."""

    target: Literal["local", "gcp"]
    """Where the stack stands: `local` (Docker and k3d on this machine) or `gcp`."""
    environment: Literal["dev", "staging", "prod"]
    """Which column of the table of defaults (`stacks/defaults.py`) the stack starts from."""
    waivers: tuple[Waiver, ...] = ()
    """The rules of `policy/` that the stack does not keep, each with its reason. prod has none."""
    dropped_databases: tuple[DatabaseName, ...] = ()
    """Databases that `up` may drop, with all that is in them, once nobody asks for them. Without
    its name here, a database whose service is taken away makes every preview and `up` fail."""

    @model_validator(mode="after")
    def _every_node_has_addresses(self) -> Self:
        """GKE would find out when it is to add the node."""
        block, nodes = self.network.cidr, self.cluster.max_nodes
        room = node_capacity(address_plan(block))
        if self.target == "gcp" and nodes > room:
            given = f"given cluster.pools of up to {nodes} nodes in network.cidr {block}"
            allowed = f"up to {room} nodes there, those of an upgrade included; or a larger block"
            raise refuse(given, allowed)
        return self

    def facts(self) -> dict[str, Any]:
        """What the stack is as a whole: inputs of its platform component, where policy reads
        them."""
        facts = {"target", "environment", "waivers"}
        return self.model_dump(mode="json", include=facts, exclude_none=True)


def load() -> Settings:
    """The settings of the stack that is being deployed.

    Raises `pulumi.RunError` with one line for each thing that is wrong; nothing is made then.
    """
    return parse(_config(), f"Pulumi.{pulumi.get_stack()}.yaml")


def parse(config: Mapping[str, Any], file: str) -> Settings:
    """Check `config` (full key → value, as Pulumi gives it) and merge it over the defaults."""
    given = {
        key.removeprefix(f"{NAMESPACE}:"): _value(value)
        for key, value in config.items()
        if key.startswith(f"{NAMESPACE}:")
    }
    defaults = DEFAULTS.get(str(given.get("environment")), DEFAULTS["dev"])
    for capability, values in defaults.items():
        override = given.get(capability, {})
        if isinstance(override, dict):
            merge = merged if capability == "services" else _over
            given[capability] = merge(values, cast(dict[str, Any], override))
    stack = file.removeprefix("Pulumi.").removesuffix(".yaml")
    found: list[Problem] = []
    if not stack_name.fits(stack):
        found.append(Problem("the stack's name", shown(stack), stack_name.ALLOWED))
    if given.get("target") == "gcp":
        found += [*_missing_on_gcp(config, given), *_unknown_to_google(config)]
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise pulumi.RunError(report(file, problems(error, Settings, NAMESPACE) + found)) from None
    found += conflicts(settings.every_service, settings.database, settings.target, stack)
    if found:
        raise pulumi.RunError(report(file, found))
    return settings


def _over(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**defaults, **given}


def _missing_on_gcp(config: Mapping[str, Any], given: Mapping[str, Any]) -> list[Problem]:
    foundation: Any = given.get("foundation")
    stated = dict(config)
    if isinstance(foundation, dict):
        for name, value in cast(dict[str, Any], foundation).items():
            stated[f"{NAMESPACE}:foundation.{name}"] = value
    return [
        Problem(key, MISSING, allowed)
        for key, allowed in GCP_SETTINGS.items()
        if not stated.get(key)
    ]


def _unknown_to_google(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What Google's APIs would refuse long after the preview has passed it."""
    region, project = str(config.get("gcp:region", "")), str(config.get("gcp:project", ""))
    if region and region not in REGIONS:
        hint = did_you_mean(region, REGIONS)
        yield Problem("gcp:region", shown(region), f"{GCP_SETTINGS['gcp:region']}{hint}")
    if project and not PROJECT_ID.fullmatch(project):
        yield Problem("gcp:project", shown(project), f"text like {PROJECT_ID.pattern}")


def _config() -> dict[str, Any]:
    """All configuration of the stack; secret values are blanked, since no setting is secret."""
    values = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    secret = set(runtime_config.get_config_secret_keys_env())
    return {
        key: SECRET if key in secret or runtime_config.is_config_secret(key) else value
        for key, value in values.items()
    }


def _value(value: Any) -> Any:
    """Pulumi hands objects over as JSON."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
