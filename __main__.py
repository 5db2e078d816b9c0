"""Alphintra's platform infrastructure: `pulumi up -s <stack>`."""

import pulumi

from stacks.config import load
from stacks.kept import refuse_losses
from stacks.platform import Platform
from stacks.targets import TARGETS

settings = load()
refuse_losses(settings)
platform = Platform(pulumi.get_stack(), settings, TARGETS[settings.target])

pulumi.export("target", settings.target)
pulumi.export("environment", settings.environment)
for name, value in platform.exports.items():
    pulumi.export(name, value)
