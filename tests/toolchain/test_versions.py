"""Version numbers, ranges, and the table of pinned versions."""

from __future__ import annotations

import tomllib

import pytest

from toolchain import versions
from toolchain.paths import GO_MODULES, ROOT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v3.255.0", (3, 255, 0)),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", (1, 32, 4)),
        ("k3d version v5.8.3\nk3s version v1.31.4-k3s1 (default)", (5, 8, 3)),
        ("go1.26", (1, 26, 0)),
        ("1.26", (1, 26, 0)),
        ("no number here", None),
        ("", None),
    ],
)
def test_parse_finds_the_first_version(text: str, expected: tuple[int, int, int] | None) -> None:
    assert versions.parse(text) == expected


@pytest.mark.parametrize(
    ("version", "wanted", "good"),
    [
        ("1.31.4", ">=1.30.0,<1.33", True),
        ("1.30.0", ">=1.30.0,<1.33", True),
        ("1.29.9", ">=1.30.0,<1.33", False),
        ("1.33.0", ">=1.30.0,<1.33", False),
        ("3.255.0", ">=3.255.0,<4", True),
        ("3.99.0", ">=3.255.0,<4", False),
        ("4.0.0", ">=3.255.0,<4", False),
        ("garbage", ">=1.0.0", False),
    ],
)
def test_suits(version: str, wanted: str, good: bool) -> None:
    assert versions.suits(version, wanted) is good


@pytest.mark.parametrize("wanted", ["~=1.2", "latest"])
def test_an_unknown_range_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match="not a version range"):
        versions.suits("1.2.3", wanted)


@pytest.mark.parametrize("system", [("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64")])
def test_every_system_has_a_release_that_can_be_checked(
    system: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "system", lambda: system)
    for tool in versions.load().tools.values():
        assert "{" not in tool.official.url + tool.official.checksums
        assert system[0] in tool.official.url
        assert len(tool.official.sha256) == 64 or tool.official.checksums, tool.name


def test_every_tool_suits_its_own_range() -> None:
    for tool in versions.load().tools.values():
        assert versions.suits(tool.version, tool.suitable), tool.name


def test_every_build_names_modules_that_are_pinned() -> None:
    table = versions.load()
    builds = [t.build for t in table.tools.values()]
    builds += [p.build for p in table.plugins.values()] + [table.node]
    for build in builds:
        for name in ("go.mod", "go.sum"):
            assert (GO_MODULES / build.module / name).is_file(), f"{build.module}/{name}"
        for program in build.programs:
            if program.package.startswith("./"):
                assert (GO_MODULES / build.module / program.package).is_dir(), program


def test_plugins_have_the_versions_of_the_python_packages() -> None:
    table = versions.load()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(line.split("==") for line in project["dependencies"] if "==" in line)
    assert table.tools["pulumi"].version == pins["pulumi"]
    for plugin in table.plugins.values():
        assert plugin.version == pins[f"pulumi-{plugin.name}"]
