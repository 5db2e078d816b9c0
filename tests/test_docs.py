"""The README says what the program does today."""

import re
from ipaddress import IPv4Network

from components.cache import config as cache
from components.network.plan import FIXED_HOSTS, address_plan, host
from stacks.config import parse
from tests.e2e.test_commands import SAYS
from tests.e2e.test_previews import PREVIEWS, REPORT
from tests.programs import ROOT, STACKS, stack_config

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_make_command_of_the_readme_exists():
    named = set(re.findall(r"\bmake ([a-z][a-z0-9-]+)", README))
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
    assert {"up", "test", "e2e"} <= named <= targets


NEEDS_ACCOUNT = {
    "make up STACK=staging",
    "make contract STACK=staging",
    "make bootstrap-gcp STACK=staging",
    "gcloud auth configure-docker",
}
BY_CI = {"make up", "make test", "make check", "make e2e", "make restart", "make down"}
"""Run by `.ci/run` as such, or (up, restart, down) by the end-to-end test."""


def test_every_command_of_the_readme_is_run_somewhere():
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)).splitlines()
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    programs = ("make ", "pulumi ", "kubectl ", "k3d ", ". ", "gcloud ", "PGPASSWORD=", "REDIS")
    written = {line for line in [*blocks, *inline] if line.startswith(programs)}
    placeholder = {line for line in written if "<" in line}
    assert written - placeholder - NEEDS_ACCOUNT - BY_CI - {*SAYS, *PREVIEWS, REPORT} == set()
    assert NEEDS_ACCOUNT | set(SAYS) <= written | {"make help"}


def test_every_folder_and_file_that_the_readme_links_exists():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)


def test_the_table_of_endpoints_is_the_dev_stacks():
    settings = parse(stack_config("dev"), "Pulumi.dev.yaml")
    database = address_plan(IPv4Network(settings.network.cidr)).database
    inside = {name: str(host(database, number)) for name, number in FIXED_HOSTS["database"].items()}
    for row in (
        f"| `127.0.0.1:{settings.database.host_port}` | `{inside['database']}:5432` |",
        f"| `127.0.0.1:{settings.database.replica_host_port}` "
        f"| `{inside['database-replica']}:5432` |",
        f"| `127.0.0.1:{settings.cache.host_port}` | `{inside['cache']}:{cache.PORT}` |",
        f"| `127.0.0.1:{settings.cache.host_port + 1}` "
        f"| `{inside['cache-replica']}:{cache.PORT}` |",
        f"| `localhost:{settings.registry.host_port}` |",
        f"| `127.0.0.1:{settings.cluster.api_port}` |",
    ):
        assert row in README
    for outside, node_port in settings.cluster.published_ports.items():
        assert f"NodePort {node_port} | `127.0.0.1:{outside}`" in README


def test_every_stack_file_is_named_or_reachable_from_the_readme():
    assert all((ROOT / f"Pulumi.{stack}.yaml").exists() for stack in STACKS)
    assert "STACK=staging" in README
