"""Alphintra's platform infrastructure: `pulumi up -s <stack>`."""

import asyncio

import pulumi

from stacks.config import load
from stacks.kept import refuse_losses
from stacks.platform import Platform
from stacks.secrecy import silence_the_sdk
from stacks.targets import TARGETS


async def main() -> pulumi.Inputs:
    silence_the_sdk()
    settings = load()
    refuse_losses(settings)
    exports = Platform(pulumi.get_stack(), settings, TARGETS[settings.target]).exports
    # Else Pulumi looks at all outputs still open whenever one is known: docs/performance.md
    await asyncio.wait([asyncio.ensure_future(one.future()) for one in exports.values()])
    return {"target": settings.target, "environment": settings.environment, **exports}


pulumi.run(main)
