"""Finds the secrets that a stack generated, in any form in which they might stand somewhere."""

import base64
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

SECRET_KEY = "4dabf18193072939515e22adb298388d"
"""What marks a secret in Pulumi's state (its sdk/go/common/resource/sig)."""
PASSWORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])")
"""As `components/password.py` makes them."""
PRIVATE_KEY = re.compile(r"-----BEGIN(?: [A-Z]+)? PRIVATE KEY-----\n(.*?)\n-----END", re.DOTALL)
CLUSTER_KEY = re.compile(r"client-key-data: (\S+)")
ENCODED = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----|\w+-data: \S+", re.DOTALL)
"""Where letters and digits follow each other that are no password."""
LARGEST_FILE = 64 * 2**20


def marked_secret(value: Any) -> Iterator[str]:
    """Every text inside `value`, a state shown with its secrets, that stands in one."""
    if isinstance(value, dict):
        inside = cast(dict[str, Any], value)
        if SECRET_KEY in inside:
            yield from texts(json.loads(inside["plaintext"]))
        else:
            for one in inside.values():
                yield from marked_secret(one)
    elif isinstance(value, list):
        for one in cast(list[Any], value):
            yield from marked_secret(one)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in cast(dict[str, Any], value).values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in cast(list[Any], value):
            yield from texts(one)


def generated(state: Any) -> set[str]:
    """The passwords and keys in a state: what else is marked secret is what they stand in."""
    found: set[str] = set()
    for text in marked_secret(state):
        found.update(PASSWORD.findall(ENCODED.sub("", text)))
        found.update(CLUSTER_KEY.findall(text))
        for body in PRIVATE_KEY.findall(text):
            # The last line is of the public key, and so in the certificate, too.
            found.update(body.splitlines()[:-1])
    return found


def forms(secret: str, roles: frozenset[str]) -> Iterator[bytes]:
    """`secret` as it is, in base64 at any place of a longer text, in hex, and as PostgreSQL kept
    passwords once. Letters and digits are the same in a URL or in JSON."""
    plain = secret.encode()
    yield plain
    if "/" in secret or "+" in secret:
        yield plain.replace(b"/", b"%2F").replace(b"+", b"%2B")
        yield plain.replace(b"/", b"\\/")
    for before, unsure in ((0, 0), (1, 2), (2, 3)):
        yield base64.b64encode(b"\0" * before + plain)[unsure:-4]
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield from (hashlib.md5(plain + role.encode()).hexdigest().encode() for role in ("", *roles))


class Scanner:
    def __init__(self, secrets: set[str], roles: set[str]) -> None:
        self.needles = {
            form: f"{secret[:3]}…" for secret in secrets for form in forms(secret, frozenset(roles))
        }

    def found(self, data: bytes) -> list[str]:
        """A few words about each secret in `data`, of which they say no more than a person needs
        to find the place."""
        said: list[str] = []
        for form, beginning in self.needles.items():
            if (place := data.find(form)) >= 0:
                near = data[max(0, place - 60) : place].decode(errors="replace")
                said.append(f"{beginning} after {near!r}")
        return said

    def files(self, folder: Path, since: float = 0) -> dict[str, list[str]]:
        """File → what is found in it, of all below `folder` that are no links and were changed
        `since` then."""
        wrong: dict[str, list[str]] = {}
        inside = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
        for path in (folder, *inside):
            try:
                facts = path.lstat()
                wanted = facts.st_mtime >= since and facts.st_size < LARGEST_FILE
                regular = path.is_file() and not path.is_symlink()
                if wanted and regular and (said := self.found(path.read_bytes())):
                    wrong[str(path)] = said
            except FileNotFoundError:
                continue  # it was a temporary one
        return wrong


class CommandLines:
    """Watches what every user of the machine sees of every process: its command line."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "CommandLines":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for process in os.listdir("/proc"):
                if process.isdigit():
                    try:
                        self.seen.add(Path(f"/proc/{process}/cmdline").read_bytes())
                    except OSError:
                        continue  # it has ended


def readable_by_others(paths: Mapping[str, Any]) -> list[str]:
    return [path for path in paths if Path(path).stat().st_mode & 0o077]
