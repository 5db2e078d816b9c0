"""The lock files: everything pinned, everything with a checksum, no index named."""

from __future__ import annotations

import re

import pytest

from toolchain.paths import ROOT

FILES = ("requirements.txt", "requirements-dev.txt")
ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)(?: ; [^\\]+)?$")


def entries(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package → (version, checksums)."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found: dict[str, tuple[str, list[str]]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        match = ENTRY.match(requirement.strip())
        assert match, f"{name}: not an exact pin: {line}"
        found[match[1]] = (match[2], hashes)
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_entry_is_pinned_and_hashed(name: str) -> None:
    found = entries(name)
    assert found
    for package, (_, hashes) in found.items():
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), package


@pytest.mark.parametrize("name", FILES)
def test_no_index_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "index" not in text


def test_the_development_lock_agrees_with_the_other() -> None:
    runtime, development = (entries(name) for name in FILES)
    for package, (version, _) in runtime.items():
        assert development[package][0] == version, package
