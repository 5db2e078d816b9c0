"""Containers, networks, volumes and nodes: `docker inspect` against the state's inputs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops import docker_cli
from ops.commands import Commands
from ops.docker_cli import Kind, facts
from ops.drift.difference import Difference, Repair
from ops.drift.networks import attachments
from ops.drift.nodes import cluster_nodes
from ops.pulumi_cli import Record, Resource
from ops.stack import Stack

Facts = Mapping[str, Any]
MIB = 1024 * 1024


@dataclass(frozen=True)
class Fact:
    """Something that can be changed in a container while it is there."""

    name: str
    expected: Callable[[Facts], Any]
    """From the state's inputs."""
    found: Callable[[Facts], Any]
    """From `docker inspect`."""
    command: Callable[[Facts, Any], tuple[str, ...] | None] = lambda _, __: None
    """What puts it right, given the inputs and what was found; None if Docker can't."""


def listed(inputs: Facts, key: str) -> list[Facts]:
    return inputs.get(key) or []


def run_again(inputs: Facts, status: str) -> tuple[str, ...] | None:
    verb = docker_cli.RUN_AGAIN.get(status)
    return ("docker", verb, inputs["name"]) if verb else None


def limits(inputs: Facts, _: int) -> tuple[str, ...] | None:
    if not inputs.get("memory"):
        return None  # `docker update` takes no limit away
    both = f"--memory={inputs['memory']}m", f"--memory-swap={inputs['memorySwap']}m"
    return ("docker", "update", *both, inputs["name"])


STATE = Fact("state", lambda _: "running", lambda facts: facts["State"]["Status"], run_again)
FACTS = (
    Fact(
        "memory in MiB",
        lambda inputs: inputs.get("memory") or 0,
        lambda facts: facts["HostConfig"]["Memory"] // MIB,
        limits,
    ),
    Fact(
        "memory and swap in MiB",
        lambda inputs: inputs.get("memorySwap") or 0,
        lambda facts: facts["HostConfig"]["MemorySwap"] // MIB,
        limits,
    ),
    Fact(
        "processors (in thousand millionths, share, quota, set)",
        lambda _: (0, 0, 0, ""),
        lambda facts: tuple(
            facts["HostConfig"][key] for key in ("NanoCpus", "CpuShares", "CpuQuota", "CpusetCpus")
        ),
    ),
    Fact(
        "restart policy",
        lambda inputs: inputs.get("restart", "no"),
        lambda facts: facts["HostConfig"]["RestartPolicy"]["Name"],
        lambda inputs, _: ("docker", "update", f"--restart={inputs['restart']}", inputs["name"]),
    ),
)
MADE_WITH = (
    Fact("image", lambda inputs: inputs["image"], lambda facts: facts["Image"]),
    Fact(
        "command",
        lambda inputs: inputs.get("commands") or [],
        lambda facts: facts["Config"]["Cmd"] or [],
    ),
    Fact(
        "mounts",
        lambda inputs: sorted(
            f"{one.get('volumeName') or one.get('hostPath')}:{one['containerPath']}"
            for one in listed(inputs, "volumes")
        ),
        lambda facts: sorted(
            f"{one.get('Name') or one['Source']}:{one['Destination']}" for one in facts["Mounts"]
        ),
    ),
)
"""What a container has from its start to its end: shown of another one under its name. Its
environment is not: there may be secrets in it."""


def of_type(state: Record, kind: Kind) -> list[Resource]:
    return [one for one in state.resources if one.id and one.type == docker_cli.RESOURCES[kind]]


def differences(commands: Commands, stack: Stack, state: Record) -> list[Difference]:
    containers = of_type(state, "container")
    names = [name for one in containers for name in (one.id, one.inputs["name"])]
    there = facts(commands, "container", names)
    nodes = docker_cli.found(commands, "container", docker_cli.k3ds(stack))
    return [
        *volumes(commands, state),
        *networks(commands, state),
        *(found for one in containers for found in container(one, there)),
        *cluster_nodes(state, facts(commands, "container", list(nodes))),
    ]


def volumes(commands: Commands, state: Record) -> Iterator[Difference]:
    recorded = of_type(state, "volume")
    there = {one["Name"] for one in facts(commands, "volume", [one.id for one in recorded])}
    for one in recorded:
        if one.id not in there:
            yield Difference(one.urn, f"volume {one.id}", "", repair=Repair.DATA)


def networks(commands: Commands, state: Record) -> Iterator[Difference]:
    recorded = of_type(state, "network")
    there = {
        one["Name"]: one
        for one in facts(commands, "network", [one.inputs["name"] for one in recorded])
    }
    for one in recorded:
        what, found = f"network {one.inputs['name']}", there.get(one.inputs["name"])
        if found is None:
            yield Difference(one.urn, what, "")
        elif found["Id"] != one.id:
            attached = [member["Name"] for member in found["Containers"].values()]
            leave = (("docker", "network", "disconnect", found["Id"], name) for name in attached)
            yield Difference(
                one.urn,
                what,
                "which network has this name",
                one.id[:12],
                found["Id"][:12],
                Repair.ANEW,
                (*leave, ("docker", "network", "rm", found["Id"])),
            )


def container(one: Resource, there: list[dict[str, Any]]) -> Iterator[Difference]:
    name = one.inputs["name"]
    what = f"container {name}"
    remove = (("docker", "stop", name), ("docker", "rm", "--volumes", name))
    same = next((facts for facts in there if facts["Id"] == one.id), None)
    namesake = next((facts for facts in there if facts["Name"] == f"/{name}"), None)
    if same is None and namesake is None:
        yield Difference(one.urn, what, "")
    elif same is None and namesake is not None:
        for fact in MADE_WITH:
            expected, found = fact.expected(one.inputs), fact.found(namesake)
            if expected and expected != found:
                yield _differs(one, what, fact, found, Repair.ANEW, remove)
        ids = one.id[:12], namesake["Id"][:12]
        yield Difference(one.urn, what, "which container has this name", *ids, Repair.ANEW, remove)
    elif same is not None and namesake is not same:
        # The name is free, or another container's, which is in its way.
        rename = ("docker", "rename", one.id, name)
        commands = (rename,) if namesake is None else (*remove, rename)
        found = same["Name"].lstrip("/")
        yield Difference(one.urn, what, "name", name, found, Repair.IN_PLACE, commands)
    elif same is not None:
        for fact in FACTS:
            yield from _fact(one, what, fact, same, remove)
        wanted: dict[str, str] = {
            each["name"]: each.get("ipv4Address") or ""
            for each in listed(one.inputs, "networksAdvanceds")
        }
        yield from attachments(one.urn, what, name, wanted, same)
        # Last: it can't start without its networks.
        yield from _fact(one, what, STATE, same, remove)


def _fact(
    one: Resource, what: str, fact: Fact, facts: Facts, remove: tuple[tuple[str, ...], ...]
) -> Iterator[Difference]:
    found = fact.found(facts)
    if found == fact.expected(one.inputs):
        return
    command = fact.command(one.inputs, found)
    repair, commands = (Repair.IN_PLACE, (command,)) if command else (Repair.ANEW, remove)
    yield _differs(one, what, fact, found, repair, commands)


def _differs(
    one: Resource,
    what: str,
    fact: Fact,
    found: Any,
    repair: Repair,
    commands: tuple[tuple[str, ...], ...],
) -> Difference:
    expected = str(fact.expected(one.inputs))
    return Difference(one.urn, what, fact.name, expected, str(found), repair, commands)
