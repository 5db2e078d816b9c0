"""What a rehearsal called, distilled: kept in `calls.toml` by stack, so that the roles of the
deployer and the docs can be held against it without a rehearsal."""

import functools
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

CALLS = Path(__file__).parent / "calls.toml"
HEAD = """\
# What each stack's rehearsal called, and made in its cluster. Renewed by a rehearsal:
# ACCEPT=1 make rehearse STACK=…
"""


@dataclass(frozen=True)
class Facts:
    """What a stack's rehearsal called, without the order and how often."""

    methods: frozenset[str]
    """Ids of discovery documents: `compute.networks.insert`."""
    kinds: frozenset[str]
    """Types of what was made in the cluster: `kubernetes:core/v1:Namespace`."""


def of_run(out: Path) -> Facts:
    """What a rehearsal left in `out`: its calls, and what it made in the cluster."""
    calls = [json.loads(line) for line in (out / "calls.jsonl").read_text().splitlines()]
    state = json.loads((out / "state.json").read_text())
    return Facts(
        frozenset(call["id"] for call in calls if call["id"]),
        frozenset(kinds_in_cluster(one["type"] for one in state["deployment"]["resources"])),
    )


def kinds_in_cluster(types: Iterable[str]) -> set[str]:
    return {one for one in types if one.startswith("kubernetes:")}


@functools.cache
def recorded() -> Mapping[str, Facts]:
    """Stack → what is kept of its last rehearsal that was accepted."""
    tables: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(CALLS.read_text())
    return {
        stack: Facts(
            frozenset(f"{api}.{one}" for api, ids in table["methods"].items() for one in ids),
            frozenset(
                f"kubernetes:{group}:{kind}"
                for group, kinds in table["cluster"].items()
                for kind in kinds
            ),
        )
        for stack, table in tables.items()
    }


def written(facts: Mapping[str, Facts]) -> str:
    """What `calls.toml` has of all stacks."""
    lines: list[str] = []
    for stack, of_stack in sorted(facts.items()):
        methods = [one.partition(".")[::2] for one in sorted(of_stack.methods)]
        kinds = [one.removeprefix("kubernetes:").split(":") for one in sorted(of_stack.kinds)]
        lines += ["", f"[{stack}.methods]", *_lists((api, rest) for api, rest in methods)]
        lines += ["", f"[{stack}.cluster]", *_lists((group, kind) for group, kind in kinds)]
    return HEAD + "\n".join(lines) + "\n"


def _lists(pairs: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Each first of `pairs` with all its seconds."""
    groups: dict[str, list[str]] = {}
    for group, one in pairs:
        groups.setdefault(group, []).append(one)
    for group, every in groups.items():
        yield from (f'"{group}" = [', *(f'  "{one}",' for one in every), "]")
