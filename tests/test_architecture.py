"""Rules of the code that no type checker knows."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import ROOT

PACKAGES = ("components", "stacks", "policy", "ops", "toolchain")
ALLOWED = {
    "components": {"components"},
    "stacks": {"components", "policy", "stacks"},
    "policy": {"policy"},
    "ops": {"ops", "policy", "toolchain"},
    "toolchain": {"toolchain"},
}
SHARED = {"components.scram"}
"""Without Pulumi, whose import takes longer than many a command: `ops` may ask them."""
CAPABILITIES = {
    path.parent.name
    for path in (ROOT / "components").glob("*/__init__.py")
    if (path.parent / "gcp.py").exists()
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file names in an import."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str):
    for path in sources(package):
        modules = set(imports(path)) - (SHARED if package == "ops" else set())
        roots = {module.split(".")[0] for module in modules} & {*PACKAGES, "tests"}
        assert roots <= ALLOWED[package], path


def test_what_commands_share_with_components_is_without_pulumi():
    for module in SHARED:
        for name in imports(ROOT / f"{module.replace('.', '/')}.py"):
            assert name.split(".")[0] in sys.stdlib_module_names, f"{module} imports {name}"


def test_a_capability_imports_only_the_contracts_of_others():
    assert {
        "foundation",
        "network",
        "cluster",
        "database",
        "cache",
        "registry",
        "service",
    } == CAPABILITIES
    for capability in CAPABILITIES:
        for path in sources(f"components/{capability}"):
            for module in imports(path):
                _, *rest = module.split(".")
                if rest and rest[0] in CAPABILITIES - {capability}:
                    inner = rest[1:]
                    assert inner in ([], ["plan"]), f"{path} imports {module}"


def test_every_capability_has_a_contract_and_both_builders():
    for capability in CAPABILITIES:
        folder = ROOT / "components" / capability
        assert {"__init__.py", "gcp.py", "local.py"} <= {path.name for path in folder.iterdir()}


def test_children_never_merge_the_callers_options():
    for package in PACKAGES:
        for path in sources(package):
            assert ".merge(" not in path.read_text(), path


def test_the_choice_of_target_is_made_in_one_place():
    for path in [*sources("components"), ROOT / "stacks" / "platform.py"]:
        assert "settings.target" not in path.read_text(), path
        assert '== "local"' not in path.read_text(), path
        assert '== "gcp"' not in path.read_text(), path


def test_files_stay_short():
    long = {
        str(path.relative_to(ROOT)): lines
        for package in (*PACKAGES, "tests")
        for path in sources(package)
        if (lines := len(path.read_text().splitlines())) > 320
    }
    assert long == {}


def test_the_main_program_is_short():
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 25
