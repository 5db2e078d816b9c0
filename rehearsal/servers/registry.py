"""The played Artifact Registry: a registry container, and a `docker` that pushes there.

The Docker Engine is the machine's own and resolves names itself, so no proxy of the rehearsal's is
in its way. In its place stands the command: what is pushed to Artifact Registry goes to the
container, and nothing is pushed anywhere else.
"""

import shlex
import shutil
from pathlib import Path

from components.command import run
from rehearsal.servers.containers import Place, serve

PORT = 5000
DOCKER = """\
#!/bin/sh
# `docker`, but what is pushed stays on this machine.
real={real}
host={host}
local={local}
for last; do :; done
case "$1 $last" in
  "push "*-docker.pkg.dev/*)
    path=${{last#*/}}
    [ "$last" = "$host/$path" ] && [ -n "$local" ] || {{
      echo "the rehearsal has no registry at ${{last%%/*}}" >&2; exit 1; }}
    "$real" tag "$last" "$local/$path" && exec "$real" push --quiet "$local/$path" ;;
  "push "* | "login "* | "pull "*)
    echo "the rehearsal lets docker $1 nothing: $last" >&2; exit 1 ;;
  "image inspect"*|"image "*-docker.pkg.dev/*)
    [ -n "$local" ] || exec "$real" "$@"
    said=$("$real" "$@") || exit 1
    printf '%s\\n' "$said" | sed "s#$local/#$host/#g" ;;
  *) exec "$real" "$@" ;;
esac
"""


def command(folder: Path, host: str, local: str) -> None:
    """Put a `docker` into `folder`, for whoever has that on PATH; `local` empty: it pushes
    nothing."""
    real = shutil.which("docker") or "/usr/bin/docker"
    file = folder / "docker"
    quoted = {"real": real, "host": host, "local": local}
    file.write_text(DOCKER.format(**{name: shlex.quote(value) for name, value in quoted.items()}))
    file.chmod(0o755)


def start(place: Place, address: str) -> str:
    """Where the host pushes to: `localhost:<port>`, which Docker trusts without TLS."""
    name = serve(
        place,
        "registry",
        "registry",
        address=address,
        files={},
        flags=[f"--publish=127.0.0.1::{PORT}"],
        healthy=["wget", "-q", "--spider", f"http://127.0.0.1:{PORT}/v2/"],
    )
    return run(["docker", "port", name, f"{PORT}/tcp"]).strip().replace("127.0.0.1", "localhost")


def forget(local: str) -> None:
    """Take the tags of what was pushed away again; the images stay, as a cache."""
    listed = run(["docker", "image", "ls", "--format={{.Repository}}:{{.Tag}}"]).split()
    if mine := [tag for tag in listed if tag.startswith(f"{local}/")]:
        run(["docker", "image", "rm", "--no-prune", *mine])
