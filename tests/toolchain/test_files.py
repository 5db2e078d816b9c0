"""Files and folders appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain.files import digest, link, new_folder, tree_parts, write_atomic


def test_write_atomic_sets_the_mode_and_leaves_no_scratch(tmp_path: Path) -> None:
    path = tmp_path / "a" / "secret"
    write_atomic(path, "one", mode=0o600)
    write_atomic(path, "two", mode=0o600)
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out") as scratch:
        (scratch / "x").write_text("old")
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "out") as scratch:
        (scratch / "x").write_text("new")
        raise KeyboardInterrupt
    assert (tmp_path / "out" / "x").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_link_replaces(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
        link(tmp_path / name, tmp_path / "bin" / "tool")
    assert (tmp_path / "bin" / "tool").read_text() == "two"


def test_digest_keeps_parts_apart() -> None:
    assert digest(["a", "bc"]) != digest(["ab", "c"])


def test_tree_parts_see_names_contents_and_modes(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("x")
    seen = [tree_parts(tmp_path)]
    path.chmod(0o755)
    seen.append(tree_parts(tmp_path))
    path.write_text("y")
    seen.append(tree_parts(tmp_path))
    path.rename(tmp_path / "other")
    seen.append(tree_parts(tmp_path))
    assert all(seen[i] != seen[j] for i in range(4) for j in range(i))
