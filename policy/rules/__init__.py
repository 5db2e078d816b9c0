"""All rules."""

from policy.model import Rule
from policy.rules import (
    cache,
    cluster,
    database,
    encryption,
    identity,
    namespaces,
    network,
    nodes,
    operation,
    placement,
    registry,
    storage,
    workloads,
)

RULES: tuple[Rule, ...] = (
    *network.RULES,
    *cluster.RULES,
    *nodes.RULES,
    *database.RULES,
    *cache.RULES,
    *registry.RULES,
    *storage.RULES,
    *encryption.RULES,
    *identity.RULES,
    *operation.RULES,
    *placement.RULES,
    *workloads.RULES,
    *namespaces.RULES,
)
