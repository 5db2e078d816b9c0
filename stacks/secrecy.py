"""What would tell secrets by the way."""

from typing import Any

from pulumi import log


def silence_the_sdk() -> None:
    """Drop the debug messages of Pulumi's Python SDK.

    They show what is registered with its secrets in plain text (`register_resource_outputs` in its
    runtime/resource.py), and the engine writes them into every event log, asked for or not.
    """
    log.debug = _nothing


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of `pulumi.log.debug`."""
