"""Tables of `docs/deploying-to-gcp.md` that follow from the program: costs, quota, roles."""

import functools
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from components.cache.memory import READ_REPLICAS_FROM_GB, capacity_gb, has_read_replicas
from components.cluster.gke_pools import FAMILIES
from components.database.limits import MB_PER_GB, memory_mb
from components.foundation.services import SERVICE_AGENTS
from components.network.nat import addresses_needed
from components.network.plan import address_plan, node_capacity
from ops.bootstrap.deployer import BILLING, GRANTABLE, ROLES
from ops.bootstrap.steps import MADE_WITH_THEIR_API
from rehearsal import permissions
from rehearsal.facts import recorded
from stacks.config import Settings, parse
from tests.graph import Graph
from tests.programs import ROOT, STACKS, deploy, stack_config

HOURS = 730
PRICES: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs/cloud/prices.toml").read_text())
USD: dict[str, float] = {name: price["usd"] for name, price in PRICES.items()}


def settings(stack: str) -> Settings:
    """Of a stack as it would be on Google Cloud: dev too."""
    return parse({**stack_config(stack), "alphintra:target": "gcp"}, f"Pulumi.{stack}.yaml")


@functools.cache
def graph(stack: str) -> Graph:
    """Of a stack as it would be on Google Cloud: dev too."""
    return deploy(stack, target="gcp")


def costs(of: Settings) -> dict[str, float]:
    """What a month costs at least, in dollars: with as many nodes as are always there."""
    pools = [pool for pool in of.cluster.pools.values() if pool.min_nodes]
    assert all(pool.memory_gb == 4 * pool.cpus and not pool.spot for pool in pools), "no price"
    cpu = USD[FAMILIES[of.cluster.confidential_nodes]] * HOURS
    nodes = sum(pool.min_nodes * (pool.cpus * cpu) for pool in pools)
    disks = sum(pool.min_nodes * pool.disk_gb for pool in pools) * USD["node_disk"]
    addresses = addresses_needed(node_capacity(address_plan(of.network.cidr)))
    return {
        "cluster: control plane": USD["cluster"] * HOURS,
        "cluster: nodes": nodes + disks,
        "database": database(of),
        "cache": cache(of),
        "way out (NAT)": (USD["nat"] + addresses * USD["address"]) * HOURS,
    }


def database(of: Settings) -> float:
    spec = of.database
    factor = USD["enterprise_plus"] if spec.edition == "enterprise-plus" else 1
    machine = spec.cpus * USD["database_cpu"] + memory_mb(spec) / MB_PER_GB * USD["database_memory"]
    server = machine * factor * HOURS + spec.disk_gb * USD["database_disk"]
    return server * ((2 if spec.highly_available else 1) + spec.read_replica)


def cache(of: Settings) -> float:
    gb = capacity_gb(of.cache.memory_gb)
    assert of.cache.highly_available and gb <= 2 * READ_REPLICAS_FROM_GB, "no price"
    if not has_read_replicas(of.cache):
        return gb * USD["cache_small"] * HOURS
    return gb * (1 + of.cache.read_replicas) * USD["cache_node"] * HOURS


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def costs_table() -> str:
    by_stack = {stack: costs(settings(stack)) for stack in STACKS}
    names = list(by_stack["prod"])
    rows = [[name, *(f"{by_stack[stack][name]:.0f}" for stack in STACKS)] for name in names]
    totals = [f"**{sum(by_stack[stack].values()):.0f}**" for stack in STACKS]
    budgets = [str(settings(stack).foundation.monthly_budget) for stack in STACKS]
    return table(
        ["USD a month, estimated", *(f"{stack} on GCP" for stack in STACKS)],
        [*rows, ["**together**", *totals], ["the budget that warns", *budgets]],
    )


def prices_table() -> str:
    return table(
        ["price", "USD", "of", "region", "date", "source"],
        [
            [
                name.replace("_", " "),
                f"{one['usd']:g}",
                one["unit"],
                one["region"],
                one["date"],
                one["source"],
            ]
            for name, one in PRICES.items()
        ],
    )


def quota(of: Settings, addresses: int) -> dict[str, int]:
    """Quota → what the stack uses of it at most, upgrades included."""
    pools = of.cluster.pools.values()
    family = {"e2": "CPUS", "n2d": "N2D_CPUS"}[FAMILIES[of.cluster.confidential_nodes]]
    every = sum(pool.nodes_while_upgrading * pool.cpus for pool in pools)
    spot = sum(pool.nodes_while_upgrading * pool.cpus for pool in pools if pool.spot)
    others = {"CPUS": 0, "N2D_CPUS": 0}
    return {
        **others,
        family: every,
        "PREEMPTIBLE_CPUS": spot,
        "CPUS_ALL_REGIONS": every,
        "INSTANCES": of.cluster.max_nodes,
        "SSD_TOTAL_GB": sum(pool.nodes_while_upgrading * pool.disk_gb for pool in pools),
        "STATIC_ADDRESSES": addresses,
        "IN_USE_ADDRESSES": addresses,
        "NETWORKS": 1,
    }


SCOPES = {"CPUS_ALL_REGIONS": "project", "NETWORKS": "project"}
"""Quotas of the project; the others are of the region."""


def quota_table() -> str:
    needs = {
        stack: quota(settings(stack), graph(stack).count("compute/address:Address"))
        for stack in STACKS
    }
    rows = [
        [f"`{name}`", SCOPES.get(name, "region"), *(str(needs[stack][name]) for stack in STACKS)]
        for name in needs["prod"]
    ]
    return table(["quota", "of the", *STACKS], rows)


def roles_table() -> str:
    rows = [[f"`{role.name}`", "project", role.why] for role in ROLES]
    grantable = ", ".join(f"`{role}`" for role in GRANTABLE)
    return (
        table(["role", "on", "for"], [*rows, [f"`{BILLING.name}`", "billing account", BILLING.why]])
        + f"\n\nWhat it can grant in turn: {grantable}. A condition on its grant sees to that."
    )


def agents_table() -> str:
    made = {
        **dict.fromkeys(SERVICE_AGENTS, "`gcloud beta services identity create`"),
        **dict.fromkeys(MADE_WITH_THEIR_API, "comes with the API"),
        "storage": "`gcloud storage service-agent`",
    }
    rows = [
        [f"`{api}.googleapis.com`", f"`{agent}`", made[api]]
        for api, agent in SERVICE_AGENTS.items()
    ]
    return table(["API", "its agent in the project", "made by"], rows)


def permissions_table() -> str:
    """What the calls of the stacks' rehearsals take, each with the narrowest of the roles that have
    it; and what no call takes."""
    granted = [role.name for role in (*ROLES, BILLING)]
    needless = permissions.spared(permissions.every(), granted)
    narrowest: dict[str, list[str]] = {role: [] for role in granted}
    for one in sorted(permissions.every()):
        having = [
            role for role in granted if role not in needless and one in permissions.holds(role)
        ]
        narrowest[min(having, key=permissions.size)].append(one)
    rows = [
        [
            f"`{role}`",
            f"{len(permissions.holds(role) & permissions.every())} of {permissions.size(role)}",
            shortened(taken),
            beyond(role),
        ]
        for role, taken in narrowest.items()
    ]
    needs = {stack: permissions.needed(facts) for stack, facts in recorded().items()}
    counts = ", ".join(
        f"{stack}: {len(facts.methods)} methods, {len(needs[stack])} permissions"
        for stack, facts in sorted(recorded().items())
    )
    differing = sorted(needs["prod"] ^ needs["staging"])
    said = f"they differ in {shortened(differing)}" if differing else "the same for both"
    head = ["role", "has of them, of all it has", "the calls take", "beyond the calls"]
    return f"{table(head, rows)}\n\nCalled ({counts}): {said}."


def beyond(role: str) -> str:
    row = permissions.TABLE["beyond"].get(role)
    return f"{shortened(row['needs'])}: {row['why']}" if row else ""


def shortened(names: Sequence[str]) -> str:
    """Permissions with those of one collection together: `compute.routes.{create,get}`."""
    verbs: dict[str, list[str]] = {}
    for name in sorted(names):
        collection, _, verb = name.rpartition(".")
        verbs.setdefault(collection, []).append(verb)
    return ", ".join(
        f"`{collection}.{found[0] if len(found) == 1 else '{' + ','.join(found) + '}'}`"
        for collection, found in verbs.items()
    )


PAGES = sorted({path.stem for path in (ROOT / "docs/cloud").glob("*.md")} - {"README"})


def rows_under(heading: str, page: str) -> int:
    """How many lines of tables stand under a heading of a page: those that head a group of others,
    and have only a name, are not counted."""
    section = re.split(r"^## ", page, flags=re.MULTILINE)
    (text,) = [one for one in section if one.startswith(f"{heading}\n")]
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()[2:]]
    return len([line for line in lines if any(cell.strip() for cell in line.split("|")[2:])])


def index_table() -> str:
    folder = ROOT / "docs/cloud"
    found = {page: (folder / f"{page}.md").read_text() for page in PAGES}
    counts = {
        page: (rows_under("Settings", text), rows_under("Left out", text))
        for page, text in found.items()
    }
    rows = [
        [f"[{page}]({page}.md)", str(listed), str(left)] for page, (listed, left) in counts.items()
    ]
    sums = [f"**{sum(count[place] for count in counts.values())}**" for place in (0, 1)]
    return table(
        ["page", "settings", "left out, with the reason"], [*rows, ["**together**", *sums]]
    )


TABLES = {
    "costs": costs_table,
    "prices": prices_table,
    "quota": quota_table,
    "roles": roles_table,
    "agents": agents_table,
    "permissions": permissions_table,
}
"""Name of a generated block of the page → what stands in it."""
