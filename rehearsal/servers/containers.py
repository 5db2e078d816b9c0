"""The containers and networks of a rehearsal: by one prefix, so that all of them go again."""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from components.command import CommandError, run
from components.images import ImageSource, catalog, resolve

LABEL = "io.alphintra.rehearsal"
READY_SECONDS = 90


def image(name: str) -> str:
    source: ImageSource = catalog()[name]
    return resolve(source)[0]


@dataclass(frozen=True)
class Place:
    """A Docker network that plays one of the VPC's ranges."""

    prefix: str
    """Begins every name: `alphintra-rehearsal-prod`."""
    network: str
    stack: str

    def name(self, role: str) -> str:
        return f"{self.prefix}-{role}"


def network(place: Place, block: IPv4Network) -> None:
    """Make the network; the pool for addresses that nobody asks for is its upper half."""
    upper = list(block.subnets(prefixlen_diff=1))[1]
    run(
        [
            *("docker", "network", "create", f"--label={LABEL}={place.stack}"),
            *(f"--subnet={block}", f"--ip-range={upper}", f"--gateway={block[1]}"),
            place.network,
        ]
    )


def serve(
    place: Place,
    role: str,
    image_name: str,
    *,
    address: str,
    files: Mapping[str, str],
    command: Sequence[str] = (),
    flags: Sequence[str] = (),
    healthy: Sequence[str],
) -> str:
    """Start a server and wait until the command `healthy` succeeds in it; its name.

    Secrets go in as files: arguments and environments show in every listing.
    """
    name = place.name(role)
    run(
        [
            *("docker", "create", f"--name={name}", f"--label={LABEL}={place.stack}"),
            *(f"--network={place.network}", f"--ip={address}", "--memory=1g", *flags),
            *(image(image_name), *command),
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        for target, text in files.items():
            file = Path(folder) / target.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o644)
        for top in os.listdir(folder):
            run(["docker", "cp", f"{folder}/{top}", f"{name}:/"])
    run(["docker", "start", name])
    wait(name, healthy)
    return name


def wait(name: str, healthy: Sequence[str]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            run(["docker", "exec", name, *healthy])
            return
        except CommandError as error:
            if time.monotonic() > deadline:
                logs = run(["docker", "logs", "--tail=20", name])
                raise CommandError(f"{error}\n{logs}") from None
            time.sleep(0.5)


def remove(stack: str) -> None:
    """All that a rehearsal of `stack` has, or that one left which was interrupted."""
    label = f"--filter=label={LABEL}={stack}"
    if found := run(["docker", "ps", "--all", "--quiet", label]).split():
        run(["docker", "rm", "--force", "--volumes", *found])
    if found := run(["docker", "network", "ls", "--quiet", label]).split():
        run(["docker", "network", "rm", *found])


def delete(name: str) -> None:
    run(["docker", "rm", "--force", "--volumes", name])
