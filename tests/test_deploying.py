"""`docs/deploying-to-gcp.md`: its tables follow from the program, its commands exist."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from components.connectivity import NAME as CHECK
from components.database import DatabaseSpec
from components.service import AUTHORITIES
from components.service.environment import DATABASE_CA
from ops.bootstrap.deployer import BILLING, GRANTABLE, GRANTS, ROLES
from ops.bootstrap.steps import APIS, RETENTION_DAYS, Plan, all_steps
from tests.cloud_tables import PAGES, TABLES, costs, graph, index_table, settings
from tests.graph import Graph
from tests.programs import ROOT, STACKS, build

PAGE = ROOT / "docs/deploying-to-gcp.md"
INDEX = ROOT / "docs/cloud/README.md"
TEXT = PAGE.read_text()
BLOCK = r"(<!-- begin: {name} -->\n)(.*?)(<!-- end: {name} -->)"


@pytest.mark.parametrize("name", TABLES)
def test_its_tables_are_the_programs(name: str):
    same(PAGE, name, TABLES[name]())


def test_the_index_of_the_settings_tables():
    same(INDEX, "index", index_table())
    assert all(f"({page}.md)" in INDEX.read_text() for page in PAGES)


def same(page: Path, name: str, content: str) -> None:
    """That a generated block of a page is up to date; ACCEPT=1 makes it so."""
    block = re.compile(BLOCK.format(name=name), re.DOTALL)
    text = page.read_text()
    wanted = f"\n{content}\n\n"
    if os.environ.get("ACCEPT") == "1":
        page.write_text(block.sub(lambda found: found[1] + wanted + found[3], text))
        return
    found = block.search(text)
    assert found and found[2] == wanted, "ACCEPT=1 .venv/bin/pytest tests/test_deploying.py"


def test_every_make_command_of_it_exists():
    named = set(re.findall(r"\bmake ([a-z][a-z0-9-]+)(?= STACK|`|$)", TEXT, re.MULTILINE))
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.M))
    assert {"bootstrap-gcp", "up", "down", "preview", "kubeconfig", "setup"} <= named <= targets


def test_every_link_and_file_of_it_exists():
    files = re.findall(r"`((?:docs|stacks|ops|components)/[a-z0-9_./-]+)`", TEXT)
    assert files
    for page in (PAGE, INDEX, *(INDEX.parent / f"{name}.md" for name in PAGES)):
        links = [
            link for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in link
        ]
        assert all((page.parent / link.partition("#")[0]).exists() for link in links), page
    assert all((ROOT / file).exists() for file in files)


def test_it_names_the_apis_that_bootstrap_enables():
    (row,) = re.findall(r"^\| APIs: (.*?), and those", TEXT, re.MULTILINE)
    assert set(row.split(", ")) == set(APIS)


def test_the_names_and_figures_in_its_text_are_the_programs():
    prod = settings("prod")
    for words in (
        f"sslrootcert={AUTHORITIES}/{DATABASE_CA}",
        f"namespace: {CHECK}",
        f"`backup_lock_days` (prod: {prod.cluster.backup_lock_days})",
        f"soft delete for {RETENTION_DAYS} days",
    ):
        assert words in TEXT
    assert prod.foundation.lock_audit_logs


def test_the_budgets_of_staging_and_prod_leave_room():
    """A budget that warns every month is not read."""
    for stack in ("staging", "prod"):
        of = settings(stack)
        assert sum(costs(of).values()) < of.foundation.monthly_budget, stack


def on_google_cloud() -> list[Graph]:
    return [graph(stack) for stack in STACKS]


def test_the_deployer_may_make_what_the_program_makes_and_no_more():
    types = {node.type for graph in on_google_cloud() for node in graph.nodes.values()}
    made = {type_.split(":")[1].split("/")[0] for type_ in types if type_.startswith("gcp:")}
    assert {module for role in (*ROLES, BILLING) for module in role.makes} == made


def test_the_deployer_may_grant_what_the_program_grants_and_no_more():
    email = "reports@a-project.iam.gserviceaccount.com"
    with_users = build("database", "gcp", DatabaseSpec(iam_users=[email]))
    granted = {
        node.inputs["role"]
        for graph in [*on_google_cloud(), with_users]
        for node in graph.of("projects/iAMMember:IAMMember")
    }
    assert granted == set(GRANTABLE)
    assert GRANTS not in granted


# What gcloud itself says of the commands. It has neither credentials nor network here, so that it
# ends after its parser, or asking for a credential; nothing can be made.

OF_A_PERSON = ("gcloud auth ", "gcloud components ")
"""They would wait for somebody, or change this machine."""


def commands() -> list[str]:
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).splitlines()
    inline = re.findall(
        r"`(gcloud [^`]+ [^`]*--[^`]*)`", re.sub(r"```.*?```", "", TEXT, flags=re.S)
    )
    return [line for line in [*blocks, *inline] if line.startswith("gcloud ")]


def variables() -> dict[str, str]:
    exports = re.findall(r"^export (.*)$", TEXT, re.MULTILINE)
    return dict(pair.split("=", 1) for line in exports for pair in line.split() if "=" in pair)


def parsed(command: list[str], folder: Path, extra: Mapping[str, str]) -> str:
    """What gcloud says against the way that a command is written; empty if nothing."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "there-is-no-token"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_ACCOUNT": "nobody@example.com",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": "9",
        **extra,
    }
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    asked_for_a_token = "there-is-no-token" in done.stderr
    return "" if done.returncode == 0 or asked_for_a_token else done.stderr


needs_gcloud = pytest.mark.skipif(
    shutil.which("gcloud") is None, reason="gcloud is not on PATH: its commands are not checked"
)


def test_the_page_has_commands_to_check():
    assert len([one for one in commands() if not one.startswith(OF_A_PERSON)]) > 15
    assert {"PROJECT", "REGION", "STACK", "NUMBER"} <= set(variables())


@needs_gcloud
@pytest.mark.slow
@pytest.mark.parametrize("command", [one for one in commands() if not one.startswith(OF_A_PERSON)])
def test_gcloud_parses_the_pages_commands(command: str, tmp_path: Path):
    shell = ["bash", "-euc", command]
    given = {key: value for key, value in variables().items() if not key.startswith("CLOUDSDK")}
    assert parsed(shell, tmp_path, given) == ""


def of_bootstrap() -> dict[str, tuple[str, ...]]:
    """One of each kind: those that differ in their arguments alone are the same to a parser."""
    plan = Plan("prod", "a-project", "europe-west1", "4711", "me@example.com", "0A-1B-2C")
    every = [
        command
        for step in all_steps(plan)
        for command in [*([step.find] if step.find else []), *step.makes.values()]
    ]
    kinds = {
        " ".join(word.partition("=")[0] for word in one if not word.endswith(".googleapis.com"))
        + ("" if "--condition=None" in one else " condition"): one
        for one in every
    }
    return {re.sub(r"[^a-z]+", "-", kind): one for kind, one in kinds.items()}


@needs_gcloud
@pytest.mark.slow
@pytest.mark.parametrize("kind", of_bootstrap())
def test_gcloud_parses_the_commands_of_bootstrap(kind: str, tmp_path: Path):
    assert parsed(list(of_bootstrap()[kind]), tmp_path, {}) == ""
