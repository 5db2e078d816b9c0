"""Folders in a server's volume: filled beside the one in use, which they take the place of while
the server is stopped.

`restoring` is being filled, `restored` is complete, `before` is what was replaced. Each step can be
done again from wherever the last run was cut short.
"""

from dataclasses import dataclass

from ops.backup import redis, registry
from ops.backup.servers import Server
from ops.backup.throwaway import Container, throwaway
from ops.commands import OpsError
from ops.context import Context

MOUNT = "/volume"
RESTORING, RESTORED, BEFORE = (f"{MOUNT}/{name}" for name in ("restoring", "restored", "before"))
DATA = {"cache": redis.AOF_FOLDER, "registry": registry.STORAGE.split("/")[0]}
"""Service → the folder of its volume that holds its data."""

COMPLETE = f"""
set -eu
mkdir -p {RESTORING}/{{data}}
chown -R --reference={MOUNT} {RESTORING}
sync --file-system {MOUNT}
rm -rf {RESTORED}
mv {RESTORING} {RESTORED}
"""
SWITCH = f"""
set -eu
if [ -d {RESTORED}/{{data}} ]; then
  mkdir -p {BEFORE}
  # What a server that was started in between has made is not what was there before.
  if [ -d {BEFORE}/{{data}} ]; then rm -rf {MOUNT}/{{data}}; fi
  if [ -d {MOUNT}/{{data}} ]; then mv {MOUNT}/{{data}} {BEFORE}/{{data}}; fi
  mv {RESTORED}/{{data}} {MOUNT}/{{data}}
fi
sync --file-system {MOUNT}
"""


@dataclass(frozen=True)
class Staging:
    """A throw-away container with a server's volume."""

    context: Context
    server: Server
    image: str
    """One that has bash, tar and what else is run in it."""

    def open(self, role: str):
        return throwaway(self.context, role, self.image, volume=(self.server.volume, MOUNT))

    def complete(self, hands: Container) -> None:
        """What is in RESTORING is all there."""
        hands.ask("bash", "-c", self._script(COMPLETE), timeout=600)

    def switch(self) -> None:
        """Put what is complete in the place of what is there, with the server stopped."""
        self._docker("stop")
        with self.open("switch") as hands:
            hands.ask("bash", "-c", self._script(SWITCH), timeout=600)
        self._docker("start")

    def clear(self) -> None:
        """Remove what a restore has left beside the data."""
        with self.open("clear") as hands:
            hands.ask("rm", "-rf", RESTORING, RESTORED, BEFORE, timeout=600)

    def _script(self, text: str) -> str:
        return text.format(data=DATA[self.server.service])

    def _docker(self, verb: str) -> None:
        name = self.server.container.name
        result = self.context.commands.ask(["docker", verb, name], timeout=120)
        if not result.ok:
            raise OpsError(f"`docker {verb} {name}` failed: {result.words}")
