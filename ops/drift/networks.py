"""The networks that a container is on."""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.drift.difference import Difference, Repair

Facts = Mapping[str, Any]


def attachments(
    urn: str, what: str, name: str, wanted: Mapping[str, str], facts: Facts
) -> Iterator[Difference]:
    """The networks that it is on; `wanted`: name → its fixed address there, or nothing."""
    networks: Mapping[str, Facts] = facts["NetworkSettings"]["Networks"]
    fixed: dict[str, dict[str, str]] = {
        name: settings.get("IPAMConfig") or {} for name, settings in networks.items()
    }
    found: dict[str, str] = {
        network: settings.get("IPv4Address") or ""
        for network, settings in fixed.items()
        if network != "bridge"  # Docker's word for a stopped one that was on no other
    }
    for network in sorted(wanted.keys() | found.keys()):
        expected, there = wanted.get(network), found.get(network)
        if expected is None:
            change = [("docker", "network", "disconnect", network, name)]
        elif there is None or (expected and there != expected):
            leave = (
                [("docker", "network", "disconnect", network, name)] if there is not None else []
            )
            address = [f"--ip={expected}"] if expected else []
            change = [*leave, ("docker", "network", "connect", *address, network, name)]
        else:
            continue
        said = ("" if one is None else one or "on it" for one in (expected, there))
        before, now = said  # an address, where it has a fixed one
        yield Difference(
            urn, what, f"network {network}", before, now, Repair.IN_PLACE, tuple(change)
        )
