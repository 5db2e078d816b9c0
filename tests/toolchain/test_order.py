"""Each tool: PATH if it suits, else the official release, else a build from source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import build, probe, steps, tools
from toolchain.decide import Setup
from toolchain.errors import SetupError
from toolchain.plan import Step
from toolchain.versions import Build, Official, Program, Tool, Versions

from .conftest import Script
from .server import Server, serving

RELEASE = b"#!/bin/sh\necho tool v2.1.0 official\n"
# Stands for the compiler: writes the program that -o names, and notes that it was called.
FAKE_GO = """
echo "$*" >> "$HOME/go-calls"
case "$1" in
  env) echo go1.26.0; exit ;;
  list) exit ;;
esac
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
printf '#!/bin/sh\\necho tool v2.1.0 built\\n' > "$out"
chmod +x "$out"
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({"/tool": RELEASE}) as server:
        yield server


@pytest.fixture
def machine(project: Path, tmp_path: Path, script: Script, server: Server) -> Setup:
    """A machine with Go and a network on which one tool, `tool` 2.1, can be downloaded."""
    (tmp_path / "home").mkdir()
    script(tmp_path / "user-bin" / "go", FAKE_GO)
    module = project / "toolchain" / "go" / "tool"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module tool\n")
    (module / "go.sum").write_text("")
    tool = Tool(
        name="tool",
        title="The tool",
        version="2.1.0",
        suitable=">=2.1.0,<3",
        version_command=("tool", "--version"),
        programs=("tool",),
        official=Official(f"{server.url}/tool", hashlib.sha256(RELEASE).hexdigest(), "", ""),
        build=Build("tool", 10, (Program("tool", ".", ()),), "", ()),
    )
    empty = Build("tool", 1, (), "", ())
    return Setup(versions=Versions("1.26.0", 0, {"tool": tool}, {}, empty), images={})


def bring(setup: Setup, tmp_path: Path) -> str:
    """Do the tool's step as set-up does, and say how it was got."""
    step = tool_step(setup)
    if step.done():
        return "there already"
    setup.decide(["tool"])
    compiles = setup.compiles(["tool"])
    step = steps.tool_step(setup, setup.versions.tools["tool"], compiles, "")
    return step.work(tmp_path / "log", lambda _: None)


def tool_step(setup: Setup) -> Step:
    return steps.tool_step(setup, setup.versions.tools["tool"], {}, "")


def compiled(tmp_path: Path) -> bool:
    calls = tmp_path / "home" / "go-calls"
    return calls.exists() and "build" in calls.read_text()


def test_a_suitable_one_on_path_is_used(machine: Setup, tmp_path: Path, script: Script) -> None:
    script(tmp_path / "user-bin" / "tool", "echo tool v2.3.1")
    assert bring(machine, tmp_path) == "2.3.1, found on PATH"
    assert not (tools.BIN / "tool").exists()
    assert not compiled(tmp_path)
    assert bring(Setup(versions=machine.versions, images={}), tmp_path) == "there already"


def test_a_changed_one_on_path_is_looked_at_again(
    machine: Setup, tmp_path: Path, script: Script
) -> None:
    script(tmp_path / "user-bin" / "tool", "echo tool v2.3.1")
    bring(machine, tmp_path)
    script(tmp_path / "user-bin" / "tool", "echo tool v1.0.0 # too old now")
    fresh = Setup(versions=machine.versions, images={})
    assert bring(fresh, tmp_path) == "2.1.0, the official release"


def test_an_unsuitable_one_gives_way_to_the_release(
    machine: Setup, tmp_path: Path, script: Script
) -> None:
    script(tmp_path / "user-bin" / "tool", "echo tool v1.9.0")
    assert bring(machine, tmp_path) == "2.1.0, the official release"
    assert (tools.BIN / "tool").read_bytes() == RELEASE
    assert not compiled(tmp_path)


def test_what_set_up_itself_put_on_path_does_not_count(
    machine: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(machine, tmp_path)
    monkeypatch.setenv("PATH", f"{tools.BIN}:{tmp_path}/user-bin:/usr/bin:/bin")
    again = Setup(versions=machine.versions, images={})
    assert bring(again, tmp_path) == "there already"
    (tools.STATE / "tool.json").unlink()
    assert bring(again, tmp_path) == "2.1.0, the official release"


def test_without_downloads_it_is_built(machine: Setup, tmp_path: Path, server: Server) -> None:
    server.files.clear()
    assert bring(machine, tmp_path) == "2.1.0, built from source"
    assert "built" in (tools.BIN / "tool").read_text()
    assert bring(Setup(versions=machine.versions, images={}), tmp_path) == "there already"


def test_a_second_clone_takes_the_build_from_the_cache(
    machine: Setup, tmp_path: Path, server: Server
) -> None:
    server.files.clear()
    bring(machine, tmp_path)
    (tmp_path / "home" / "go-calls").unlink()
    (tools.BIN / "tool").unlink()
    (tools.STATE / "tool.json").unlink()
    again = Setup(versions=machine.versions, images={})
    assert bring(again, tmp_path) == "2.1.0, from the cache"
    assert not compiled(tmp_path)


def test_from_source_asks_no_network(
    machine: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> dict[str, bool]:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(probe, "probe", never)
    machine.from_source = True
    assert bring(machine, tmp_path) == "2.1.0, built from source"


def test_a_download_that_breaks_leads_to_a_build(
    machine: Setup, tmp_path: Path, server: Server
) -> None:
    server.broken.add("/tool")
    assert bring(machine, tmp_path) == "2.1.0, built from source"


def test_a_wrong_checksum_is_an_error_not_a_build(
    machine: Setup, tmp_path: Path, server: Server
) -> None:
    server.files["/tool"] = RELEASE + b"# changed on the way\n"
    with pytest.raises(SetupError, match="checksum"):
        bring(machine, tmp_path)
    assert not compiled(tmp_path)
    assert not (tools.BIN / "tool").exists()


def test_without_go_the_message_says_what_to_do(
    machine: Setup, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files.clear()
    monkeypatch.setattr(build, "go_command", lambda: None)
    with pytest.raises(SetupError, match="Go is not installed") as caught:
        bring(machine, tmp_path)
    assert "install Go 1.26.0" in caught.value.hint


def test_an_old_go_is_refused(project: Path, tmp_path: Path, script: Script) -> None:
    script(tmp_path / "user-bin" / "go", "echo go1.19.8")
    with pytest.raises(SetupError, match=r"Go go1\.19\.8 is too old"):
        build.require_go("1.26.0")
