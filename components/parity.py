"""What each target makes of what a capability promises: the same, something near it, or nothing.

The statements stand beside what they are about, in `components/<capability>/parity.py`;
`python -m stacks.parity` shows them all, and `tests/stacks/test_statements.py` holds them against
the specs, the outputs, the pages of settings (`docs/cloud`) and the tests that they name. The
program itself reads none of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Same:
    """It is as promised."""

    backed_by: str
    """The test that shows it, as pytest names it."""


@dataclass(frozen=True)
class Approximated:
    """Something near it, or what it is said to be and no test of ours shows."""

    how: str
    backed_by: str = ""


@dataclass(frozen=True)
class Lacking:
    """It is not there."""

    means: str
    """What that means for whoever tests on that target, or what to use instead."""


Fidelity = Same | Approximated | Lacking


@dataclass(frozen=True)
class Statement:
    subject: str
    """A setting (`memory_gb`; inside of a table `pools.cpus`), an output, or a guarantee."""
    local: Fidelity
    """On this machine."""
    gcp: Fidelity
    """On Google Cloud."""
    rows: str = ""
    """Of a guarantee: the rows that it sums up in `docs/cloud/<capability>.md`, how each begins,
    with ` | ` between them."""


@dataclass(frozen=True)
class Parity:
    """All that is said of one capability."""

    settings: tuple[Statement, ...]
    """Each field of its spec."""
    outputs: tuple[Statement, ...]
    """Each field of its record of outputs."""
    guarantees: tuple[Statement, ...]
    """What it does that nobody has to ask for."""


FIELD_REACHES = (
    "tests/components/test_specs.py::test_a_field_reaches_the_provider_or_says_that_it_does_not"
)
RULE_REFUSES = "tests/policy/test_rules.py::test_a_wrong_edit_of_prod_is_refused_by_its_rule_alone"


def reaches(capability: str, setting: str, target: str) -> Same:
    """Another value of the setting makes another graph: it reaches the provider."""
    return Same(f"{FIELD_REACHES}[{capability}-{setting}-{target}]")


def rule(name: str) -> Same:
    """A rule of `policy/` holds it in every stack on Google Cloud."""
    return Same(f"{RULE_REFUSES}[{name}]")


CONTRACT_GRAPHS = {
    "cluster": "tests/stacks/test_contract_graph.py::TestCluster",
    "registry": "tests/stacks/test_contract_graph.py::TestRegistry",
    "database": "tests/stacks/test_contract_graph_servers.py::TestDatabase",
    "cache": "tests/stacks/test_contract_graph_servers.py::TestCache",
}
"""Capability → where its part of the contract is read from Google Cloud's graph, test for test."""


def tried(capability: str, test: str) -> Same:
    """A test of the contract tries it on whatever stands."""
    return Same(f"tests/contract/test_{capability}.py::test_{test}")


def shown(capability: str, test: str) -> Same:
    """Google Cloud's graph has what that test of the contract rests on."""
    return Same(f"{CONTRACT_GRAPHS[capability]}::test_{test}")


def contract(subject: str, capability: str, test: str, rows: str = "") -> Statement:
    """What the contract demands of both targets."""
    return Statement(subject, tried(capability, test), shown(capability, test), rows)


def on_both(capability: str, *settings: str) -> tuple[Statement, ...]:
    """Settings that do the same on both targets."""
    return tuple(
        Statement(one, reaches(capability, one, "local"), reaches(capability, one, "gcp"))
        for one in settings
    )


def on_cloud(capability: str, setting: str, local: Approximated | Lacking) -> Statement:
    """A setting that Google Cloud honours and this machine does not, or not quite."""
    return Statement(setting, local, reaches(capability, setting, "gcp"))


def on_machine(capability: str, setting: str, gcp: Approximated | Lacking) -> Statement:
    """A setting that this machine honours and Google Cloud does not, or not quite."""
    return Statement(setting, reaches(capability, setting, "local"), gcp)
