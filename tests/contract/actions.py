"""What only one target can do to its servers: restart them, and take the first one away."""

import os
from dataclasses import dataclass

from tests.contract.commands import ask
from tests.contract.platform import Platform

DATABASE, CACHE = "database", "cache"
MINUTES = 15 * 60
"""How long gcloud may take for one of these."""

CLOUD_SQL = (
    "name=$(gcloud sql instances list --project=$PROJECT --format='value(name)'"
    ' --filter="ipAddresses.ipAddress=${DATABASE_ADDRESS%:*}") && gcloud sql instances'
)
MEMORYSTORE = (
    "name=$(gcloud redis instances list --project=$PROJECT --region=$REGION"
    " --format='value(name.basename())' --filter=\"host=${CACHE_ADDRESS%:*}\")"
    " && gcloud redis instances"
)
FAILOVER = "--data-protection-mode=limited-data-loss --region=$REGION --project=$PROJECT --quiet"


@dataclass(frozen=True)
class Actions:
    """Shell lines by server; they read $STACK, $PROJECT, $REGION and the servers' addresses."""

    unasked: bool
    """Whether a server may be disturbed without DISRUPTIVE=1."""
    restart: dict[str, str]
    down: dict[str, str]
    """Takes the first server away; on Google Cloud a standby takes its place."""
    up: dict[str, str]
    """Brings it back, where nothing else does."""


ACTIONS = {
    "local": Actions(
        unasked=True,
        restart={
            DATABASE: "docker restart alphintra-$STACK-database",
            CACHE: "docker restart alphintra-$STACK-cache",
        },
        down={
            DATABASE: "docker stop alphintra-$STACK-database",
            CACHE: "docker stop alphintra-$STACK-cache",
        },
        up={
            DATABASE: "docker start alphintra-$STACK-database",
            CACHE: "docker start alphintra-$STACK-cache",
        },
    ),
    "gcp": Actions(
        unasked=False,
        restart={
            DATABASE: f"{CLOUD_SQL} restart $name --project=$PROJECT --quiet",
            # Memorystore has no restart of its own.
            CACHE: f"{MEMORYSTORE} failover $name {FAILOVER}",
        },
        down={
            DATABASE: f"{CLOUD_SQL} failover $name --project=$PROJECT --quiet --async",
            CACHE: f"{MEMORYSTORE} failover $name {FAILOVER} --async",
        },
        up={DATABASE: "true", CACHE: "true"},
    ),
}


@dataclass(frozen=True)
class Disturb:
    """The actions of the stack under test."""

    platform: Platform

    def restart(self, server: str) -> None:
        self._run(self._actions.restart[server])

    def take_away(self, server: str) -> None:
        self._run(self._actions.down[server])

    def bring_back(self, server: str) -> None:
        self._run(self._actions.up[server])

    def allowed(self) -> bool:
        return self._actions.unasked or os.environ.get("DISRUPTIVE") == "1"

    @property
    def _actions(self) -> Actions:
        return ACTIONS[self.platform.settings.target]

    def _run(self, line: str) -> None:
        config, outputs = self.platform.config, self.platform.outputs
        known = {
            "STACK": self.platform.stack,
            "PROJECT": config.get("gcp:project", ""),
            "REGION": config.get("gcp:region", ""),
            "DATABASE_ADDRESS": outputs["database_host_address"],
            "CACHE_ADDRESS": outputs["cache_host_address"],
        }
        variables = [f"{name}={value}" for name, value in known.items()]
        done = ask("env", *variables, "bash", "-c", line, timeout=MINUTES)
        assert done.ok, f"{line}: {done.words}"
