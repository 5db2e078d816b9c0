"""What a month of a stack costs, before and after: from `docs/cloud/prices.toml`, list prices.

Only what has a price there is reckoned; the rest of what Google charges for is listed. Fixed is
what costs as long as it stands; what costs as it is used is apart (`usage.py`).
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ops.preview_report.model import Op, Preview, Step
from ops.preview_report.usage import Use, use

FILE = Path(__file__).parents[2] / "docs" / "cloud" / "prices.toml"
PRICES: Mapping[str, Mapping[str, Any]] = tomllib.loads(FILE.read_text())
USD: Mapping[str, float] = {name: one["usd"] for name, one in PRICES.items()}
HOURS = 730
"""Of a month, as Google reckons."""
CUSTOM = re.compile(r"(?:(?P<family>\w+)-)?custom-(?P<cpus>\d+)-(?P<mb>\d+)")
STANDARD = re.compile(r"(?P<family>[a-z]\w+)-standard-(?P<cpus>\d+)")
PERF = re.compile(r"db-perf-optimized-N-(?P<cpus>\d+)")
GB_PER_CPU_OF_PERF = 8
MB_PER_GB = 1024

CHARGED = (
    "gcp:compute/address:Address",
    "gcp:compute/disk:Disk",
    "gcp:compute/forwardingRule:ForwardingRule",
    "gcp:compute/globalForwardingRule:GlobalForwardingRule",
    "gcp:compute/instance:Instance",
    "gcp:compute/interconnect*",
    "gcp:compute/vpnTunnel:VPNTunnel",
    "gcp:sql/*Instance",
    "gcp:redis/*",
    "gcp:memorystore/*",
    "gcp:container/cluster:Cluster",
    "gcp:container/nodePool:NodePool",
)
"""What costs as long as it stands: if no price fits it, that is said."""


@dataclass(frozen=True)
class Priced:
    """What a resource costs a month, in US dollars."""

    usd: float
    how: str
    """The reckoning, with the prices' names."""


@dataclass(frozen=True)
class Line:
    """A resource whose cost changes."""

    step: Step
    old: Priced | None
    new: Priced | None

    @property
    def delta(self) -> float:
        return (self.new.usd if self.new else 0.0) - (self.old.usd if self.old else 0.0)


@dataclass(frozen=True)
class UseLine:
    """A resource that costs by its use, where that changes."""

    step: Step
    old: Use | None
    new: Use | None

    @property
    def how(self) -> str:
        """What it costs by; of what goes, what it did."""
        return next(one.how for one in (self.new, self.old) if one)

    @property
    def delta(self) -> float | None:
        """None where there is no price for it."""
        old, new = (one.usd if one else 0.0 for one in (self.old, self.new))
        return None if old is None or new is None else new - old


@dataclass(frozen=True)
class Bill:
    """What a change does to a stack's costs."""

    lines: tuple[Line, ...]
    before: float
    after: float
    usage: tuple[UseLine, ...]
    """In no sum above."""
    unpriced: tuple[Step, ...]
    """What changes, costs something, and has no price in the table."""

    @property
    def delta(self) -> float:
        return self.after - self.before


def bill(preview: Preview) -> Bill:
    """What the change that `preview` is of does to a month's costs."""
    lines: list[Line] = []
    usage: list[UseLine] = []
    unpriced: list[Step] = []
    before = after = 0.0
    for step in preview.steps:
        sides = (step.old, None if step.op is Op.DELETE else step.new)
        old, new = (price(step.type, side.inputs) if side else None for side in sides)
        before += old.usd if old else 0.0
        after += new.usd if new else 0.0
        line = Line(step, old, new)
        if abs(line.delta) >= 0.005:
            lines.append(line)
        if step.op is not Op.SAME:
            by_use = [use(step.type, side.inputs) if side else None for side in sides]
            if by_use[0] != by_use[1]:
                usage.append(UseLine(step, *by_use))
            if not (old or new) and any(fnmatchcase(step.type, one) for one in CHARGED):
                unpriced.append(step)
    lines.sort(key=lambda one: -abs(one.delta))
    return Bill(tuple(lines), before, after, tuple(usage), tuple(unpriced))


def price(type_: str, inputs: Mapping[str, Any]) -> Priced | None:
    """What a resource of `type_` costs a month; None where no price fits."""
    reckon = RECKONED.get(type_)
    try:
        return reckon(inputs) if reckon else None
    except (KeyError, TypeError, ValueError):
        return None  # a size that is not known yet, or of a kind without a price


def _cluster(inputs: Mapping[str, Any]) -> Priced | None:
    del inputs
    return Priced(USD["cluster"] * HOURS, f"control plane: {USD['cluster']} * {HOURS} h")


def _node_pool(inputs: Mapping[str, Any]) -> Priced | None:
    config: Mapping[str, Any] = inputs["nodeConfig"]
    machine = STANDARD.fullmatch(config["machineType"])
    if not machine or machine["family"] not in USD or config.get("spot"):
        return None
    scaling: Mapping[str, Any] = inputs.get("autoscaling") or {}
    least = scaling.get("totalMinNodeCount", scaling.get("minNodeCount"))
    nodes = int(inputs.get("nodeCount") or 0 if least is None else least)
    boot: Mapping[str, Any] = config.get("bootDisk") or {}
    cpus, disk = int(machine["cpus"]), int(boot.get("sizeGb") or config["diskSizeGb"])
    each = cpus * USD[machine["family"]] * HOURS + disk * USD["node_disk"]
    return Priced(
        nodes * each,
        f"{nodes} nodes that are always there * ({cpus} vCPU * {USD[machine['family']]} * "
        f"{HOURS} h + {disk} GB * {USD['node_disk']})",
    )


def _database(inputs: Mapping[str, Any]) -> Priced | None:
    settings: Mapping[str, Any] = inputs["settings"]
    tier = str(settings["tier"])
    if perf := PERF.fullmatch(tier):
        cpus, gb = int(perf["cpus"]), int(perf["cpus"]) * float(GB_PER_CPU_OF_PERF)
    elif custom := CUSTOM.search(tier):
        cpus, gb = int(custom["cpus"]), int(custom["mb"]) / MB_PER_GB
    else:
        return None
    plus = settings.get("edition") == "ENTERPRISE_PLUS"
    factor = USD["enterprise_plus"] if plus else 1
    disk = int(settings["diskSize"])
    machine = cpus * USD["database_cpu"] + gb * USD["database_memory"]
    servers = 2 if settings.get("availabilityType") == "REGIONAL" else 1
    usd = servers * (machine * factor * HOURS + disk * USD["database_disk"])
    premium = f" * {factor} (Enterprise Plus)" if plus else ""
    return Priced(
        usd,
        f"{servers} * (({cpus} vCPU * {USD['database_cpu']} + {gb:g} GiB * "
        f"{USD['database_memory']}){premium} * {HOURS} h + {disk} GiB * {USD['database_disk']})",
    )


def _cache(inputs: Mapping[str, Any]) -> Priced | None:
    if inputs.get("tier") != "STANDARD_HA":
        return None
    gb = int(inputs["memorySizeGb"])
    reads = inputs.get("readReplicasMode") == "READ_REPLICAS_ENABLED"
    if reads and gb <= 10:
        nodes = 1 + int(inputs.get("replicaCount", 1))
        usd, how = nodes * gb * USD["cache_node"], f"{nodes} nodes * {gb} GiB * "
        return Priced(usd * HOURS, f"{how}{USD['cache_node']} * {HOURS} h")
    if not reads and gb <= 4:
        usd = gb * USD["cache_small"] * HOURS
        return Priced(usd, f"{gb} GiB * {USD['cache_small']} * {HOURS} h")
    return None


def _address(inputs: Mapping[str, Any]) -> Priced | None:
    if inputs.get("addressType") != "EXTERNAL":
        return None
    return Priced(USD["address"] * HOURS, f"external address: {USD['address']} * {HOURS} h")


def _nat(inputs: Mapping[str, Any]) -> Priced | None:
    del inputs
    return Priced(USD["nat"] * HOURS, f"gateway, at most: {USD['nat']} * {HOURS} h")


RECKONED: Mapping[str, Callable[[Mapping[str, Any]], Priced | None]] = {
    "gcp:container/cluster:Cluster": _cluster,
    "gcp:container/nodePool:NodePool": _node_pool,
    "gcp:sql/databaseInstance:DatabaseInstance": _database,
    "gcp:redis/instance:Instance": _cache,
    "gcp:compute/address:Address": _address,
    "gcp:compute/routerNat:RouterNat": _nat,
}
