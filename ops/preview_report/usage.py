"""What costs by its use: from `docs/cloud/usage.toml`, with the use that is assumed there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "docs" / "cloud" / "usage.toml"
PRICES: list[dict[str, Any]] = tomllib.loads(FILE.read_text())["price"]


@dataclass(frozen=True)
class Use:
    """What the use of a resource costs a month."""

    usd: float | None
    """US dollars; None where the table has no price."""
    how: str
    """The price and the assumption, or by what it costs."""


def use(type_: str, inputs: Mapping[str, Any]) -> Use | None:
    """What the use of a resource of `type_` costs a month; None where it costs nothing by use."""
    for price in PRICES:
        if fnmatchcase(type_, price["type"]) and _is_for(price.get("where", {}), inputs):
            unit = price["unit"]
            if "usd" not in price:
                return Use(None, f"by {unit}")
            usd, assumed = price["usd"], price["assumed"]
            return Use(usd * assumed, f"{assumed:g} assumed * {usd:g} a {unit}")
    return None


def _is_for(where: Mapping[str, str], inputs: Mapping[str, Any]) -> bool:
    return all(_at(inputs, path) == value for path, value in where.items())


def _at(inputs: Mapping[str, Any], path: str) -> Any:
    block, name = path.split(".")
    properties: Mapping[str, Any] = inputs.get(block) or {}
    return properties.get(name)
