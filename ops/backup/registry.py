"""The registry's storage: layers, configurations and manifests, named by their digest, and links
that say which repository and tag has which.

Links are taken first: whatever is pushed meanwhile, what a link names is there. What is being
uploaded is left out.
"""

import re
from collections.abc import Iterable, Iterator

from ops.backup.manifest import Registry
from ops.backup.throwaway import Container
from ops.commands import OpsError

STORAGE = "docker/registry/v2"
"""Below the registry's folder: where it keeps everything."""
LINKS, BLOBS = "registry/links.tar", "registry/blobs.tar"
"""What the two halves are called in a backup."""
TAGGED = re.compile(r"\./(?P<repository>.+)/_manifests/tags/(?P<tag>[^/]+)/current/link")
# Listed once, so that both halves are of the same moment.
LIST = """
set -eu
root={folder}/{storage}
mkdir -p /tmp/listed
cd "$root/repositories" 2>/dev/null || {{ touch /tmp/listed/links /tmp/listed/blobs; exit 0; }}
find . -path '*/_uploads' -prune -o -type f -name link -print0 > /tmp/listed/links
cd "$root/blobs" && find . -mindepth 4 -type f -name data -print0 > /tmp/listed/blobs
"""
TAR = "cd {folder}/{storage}/{half} 2>/dev/null || cd /; exec tar -c --null -T /tmp/listed/{list}"
UNTAR = "mkdir -p {folder}/{storage}/{half} && exec tar -x -C {folder}/{storage}/{half}"
READ_LINKS = """
cd {folder}/{storage}/repositories 2>/dev/null || exit 0
find . -path '*/_uploads' -prune -o -type f -name link -print0 | xargs -0 -r grep -HZ ''
"""
SUMS = """
cd {folder}/{storage}/blobs 2>/dev/null || exit 0
find . -mindepth 4 -type f -name data -print0 | xargs -0 -r sha256sum
"""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
BLOB_PATH = re.compile(r"\./sha256/[0-9a-f]{2}/([0-9a-f]{64})/data")


def listed(reader: Container, folder: str) -> Registry:
    """What the storage in `folder` holds; remembered in `reader`, for `links` and `blobs`."""
    reader.ask("bash", "-c", LIST.format(folder=folder, storage=STORAGE), timeout=600)
    paths = reader.ask("cat", "/tmp/listed/blobs", timeout=600).split("\0")
    digests = sorted(found[1] for path in paths if (found := BLOB_PATH.fullmatch(path)))
    return Registry(digests, tags(_links(reader, folder)))


def links(reader: Container, folder: str) -> Iterator[bytes]:
    script = TAR.format(folder=folder, storage=STORAGE, half="repositories", list="links")
    return reader.output("bash", "-c", script)


def blobs(reader: Container, folder: str) -> Iterator[bytes]:
    script = TAR.format(folder=folder, storage=STORAGE, half="blobs", list="blobs")
    return reader.output("bash", "-c", script)


def put(writer: Container, folder: str, member: str, tar: Iterable[bytes]) -> None:
    """Unpack one half below `folder`."""
    half = {LINKS: "repositories", BLOBS: "blobs"}[member]
    script = UNTAR.format(folder=folder, storage=STORAGE, half=half)
    writer.feed(tar, "bash", "-c", script)


def check(copy: Container, folder: str, wanted: Registry) -> int:
    """Hold what was unpacked to what was listed, every blob to its name; how many bytes it is."""
    problems: list[str] = []
    found: set[str] = set()
    sums = copy.ask("bash", "-c", SUMS.format(folder=folder, storage=STORAGE), timeout=3600)
    for line in sums.splitlines():
        digest, _, path = line.partition("  ")
        found.add(digest)
        if f"/{digest}/" not in path:
            problems.append(f"{path}: its content is not what its name says")
    problems += [f"blob {digest} is missing" for digest in sorted(set(wanted.blobs) - found)]
    linked = _links(copy, folder)
    for path, digest in linked.items():
        if digest.removeprefix("sha256:") not in found:
            problems.append(f"{path} names {digest}, which is not there")
    if tags(linked) != wanted.tags:
        problems.append("the tags are not those that were listed")
    if problems:
        raise OpsError("the registry's storage is not whole:\n  " + "\n  ".join(problems[:20]))
    return int(copy.ask("du", "--summarize", "--bytes", folder, timeout=600).split()[0])


def tags(links: dict[str, str]) -> dict[str, str]:
    """`repository:tag` → digest, of links by their paths."""
    return {
        f"{named['repository']}:{named['tag']}": digest
        for path, digest in sorted(links.items())
        if (named := TAGGED.fullmatch(path))
    }


def _links(reader: Container, folder: str) -> dict[str, str]:
    """Path of each link → the digest in it."""
    script = READ_LINKS.format(folder=folder, storage=STORAGE)
    lines = reader.ask("bash", "-c", script, timeout=600).splitlines()
    found = dict(line.split("\0", 1) for line in lines)
    # A link that is being written is empty for a moment: nothing that a backup can hold.
    return {path: digest for path, digest in found.items() if DIGEST.fullmatch(digest)}
