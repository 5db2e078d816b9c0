"""The network policies of the services' namespaces: those there are, and those asked for."""

from typing import Any

from tests.contract.platform import Platform

WAYS = {
    "database": "database",
    "cache": "cache",
    "registry": "registry",
    "internet": "internet",
    "calls": "calls",
    "outside": "exposed",
}
"""Allowance → the setting of a service that asks for it."""


def declared(platform: Platform) -> list[str]:
    """The services' namespaces."""
    return sorted(platform.settings.every_service)


def policies(platform: Platform) -> dict[str, dict[str, Any]]:
    """Namespace → the specs of its policies by name."""
    found: dict[str, dict[str, Any]] = {}
    for one in platform.items("networkpolicies", "--all-namespaces"):
        of = found.setdefault(one["metadata"]["namespace"], {})
        of[one["metadata"]["name"]] = one["spec"]
    return found


def allowances_there(platform: Platform) -> dict[str, set[str]]:
    """Service → its policies, but for what the target itself needs."""
    found = policies(platform)
    always = {"default-deny", "allow-google"}
    return {name: set(found.get(name, {})) - always for name in declared(platform)}


def allowances_asked_for(platform: Platform) -> dict[str, set[str]]:
    services = platform.settings.every_service
    called = {callee for service in services.values() for callee in service.calls}
    return {
        name: {"allow-dns"}
        | {f"allow-{what}" for what in WAYS if getattr(service, WAYS[what])}
        | ({"allow-callers"} if name in called else set())
        for name, service in services.items()
    }
