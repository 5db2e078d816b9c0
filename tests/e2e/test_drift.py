"""What somebody changes by hand in a stack that is up: `make status` names it, `make up` puts
exactly that right, and data stays."""

import json
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import STACK, Platform, owned, run

PREFIX = f"alphintra-{STACK}"
NODE = f"k3d-{PREFIX}-cluster"
NETWORK = f"{PREFIX}-database"
REDIS = (
    'REDISCLI_AUTH="$(cat /etc/redis/password)" '
    "redis-cli -p 6378 --tls --cacert /etc/redis/ca.pem --user platform-admin"
)
NOTHING = "Changed by hand"


def sql(words: str, server: str = "database") -> str:
    """What PostgreSQL answers its administrator."""
    inside = ("docker", "exec", "--interactive", f"{PREFIX}-{server}")
    return run(*inside, "psql", "--username=postgres", "-qtA", "-vON_ERROR_STOP=1", stdin=words)


def redis(words: str, server: str = "cache") -> str:
    inside = ("docker", "exec", "--interactive", f"{PREFIX}-{server}")
    return run(*inside, "sh", "-c", REDIS, stdin=f"{words}\n")


def ids() -> dict[str, str]:
    """Container → id, nodes included. That a volume is the same, its rows say: it has no id."""
    containers = json.loads(run("docker", "inspect", *owned("container")))
    return {one["Name"].lstrip("/"): one["Id"] for one in containers}


@dataclass(frozen=True)
class Drift:
    by_hand: str
    """A shell line; kubectl knows the cluster in it."""
    says: str
    anew: frozenset[str] = frozenset()
    """The containers that are others after `up`. Nothing else is."""


def sql_line(words: str) -> str:
    return f'docker exec {PREFIX}-database psql --username=postgres --command="{words}"'


def leave(network: str) -> str:
    """Have everything leave a network, and remove it."""
    members = "{{range .Containers}}{{.Name}} {{end}}"
    return (
        f"for one in $(docker network inspect --format='{members}' {network}); "
        f"do docker network disconnect {network} $one; done; docker network rm {network}"
    )


def called(*names: str) -> frozenset[str]:
    return frozenset(f"{PREFIX}-{name}" for name in names)


TOGETHER = {
    "a container removed": Drift(
        f"docker rm --force {PREFIX}-cache-way-in",
        f"container {PREFIX}-cache-way-in: gone",
        called("cache-way-in"),
    ),
    "a container killed": Drift(
        f"docker kill {PREFIX}-registry", f"container {PREFIX}-registry: state: running → exited"
    ),
    "a container paused": Drift(
        f"docker pause {PREFIX}-registry-gate",
        f"container {PREFIX}-registry-gate: state: running → paused",
    ),
    "a limit changed": Drift(
        f"docker update --memory=256m --memory-swap=256m {PREFIX}-database-way-in",
        f"container {PREFIX}-database-way-in: memory in MiB: 128 → 256",
    ),
    "a network left": Drift(
        f"docker network disconnect {NETWORK} {PREFIX}-cache-replica",
        f"container {PREFIX}-cache-replica: network {NETWORK}: 10.",
    ),
    "a role's password": Drift(
        sql_line("ALTER ROLE auth PASSWORD 'x'"),
        f"role auth in {PREFIX}-database: password: the stack's → another",
    ),
    "a database's openness": Drift(
        sql_line("GRANT CONNECT ON DATABASE users TO PUBLIC"),
        f"database users in {PREFIX}-database: who may connect: its owner → everybody",
    ),
    "a setting of PostgreSQL": Drift(
        sql_line("ALTER SYSTEM SET log_statement = 'all'")
        + " && "
        # PostgreSQL answers a reload before each process has taken it.
        + sql_line("SELECT pg_reload_conf()"),
        f"server {PREFIX}-database: setting log_statement:",
    ),
    "a setting of Redis": Drift(
        f"docker exec {PREFIX}-cache sh -c '{REDIS} CONFIG SET maxmemory 100mb'",
        f"server {PREFIX}-cache: setting maxmemory:",
    ),
    "a user of Redis": Drift(
        f"docker exec {PREFIX}-cache sh -c '{REDIS} ACL SETUSER mallory on nopass +@all'",
        f"server {PREFIX}-cache: users:",
    ),
    "an object of the cluster removed": Drift(
        "kubectl --namespace=auth delete networkpolicy allow-dns",
        "NetworkPolicy auth/allow-dns: gone",
    ),
    "an object of the cluster edited": Drift(
        "kubectl --namespace=auth patch networkpolicy allow-cache --type=merge "
        """--patch='{"spec": {"egress": [{}]}}'""",
        "NetworkPolicy auth/allow-cache: spec: the stack's → another",
    ),
    "a quota edited": Drift(
        "kubectl --namespace=auth patch resourcequota auth --type=merge "
        """--patch='{"spec": {"hard": {"pods": "999"}}}'""",
        "ResourceQuota auth/auth: spec: the stack's → another",
    ),
    "a Secret edited": Drift(
        "kubectl --namespace=auth patch secret platform --type=merge "
        """--patch='{"data": {"PGPASSWORD": "eA=="}}'""",
        "Secret auth/platform: data: the stack's → another",
    ),
}
"""What can be done at one time: each is named, and one `up` puts all of it right."""

ONE_BY_ONE = {
    "a server removed": Drift(
        f"docker rm --force {PREFIX}-database",
        f"container {PREFIX}-database: gone",
        called("database"),
    ),
    "a server of another image": Drift(
        f"docker rm --force {PREFIX}-cache && docker run --detach --name={PREFIX}-cache "
        f"--network=none --entrypoint=sleep $(docker inspect --format='{{{{.Image}}}}' "
        f"{PREFIX}-registry-gate) 1000",
        f"container {PREFIX}-cache: which container has this name:",
        called("cache"),
    ),
    "processors": Drift(
        f"docker update --cpus=0.5 {PREFIX}-cache-replica",
        f"container {PREFIX}-cache-replica: processors",
        called("cache-replica"),
    ),
    "the servers' network removed": Drift(leave(NETWORK), f"network {NETWORK}: gone"),
    "the ways' network removed": Drift(leave(f"{PREFIX}-public"), f"network {PREFIX}-public: gone"),
    "a role that may do everything": Drift(
        sql_line("ALTER ROLE auth SUPERUSER"),
        f"role auth in {PREFIX}-database: may log in, replicate, do everything: yes, no, no →",
    ),
    "a database dropped": Drift(
        sql_line("DROP DATABASE users WITH (FORCE)"), f"database users in {PREFIX}-database: gone"
    ),
    "an agent removed": Drift(
        f"docker rm --force {NODE}-agent-0",
        f"cluster {PREFIX}-cluster: agent nodes: 1 → 0",
        frozenset({f"{NODE}-agent-0", f"{NODE}-agent-0-0"}),
    ),
    "the load balancer removed": Drift(
        f"docker rm --force {NODE}-serverlb",
        f"cluster {PREFIX}-cluster: load balancers: 1 → 0",
        frozenset({f"{NODE}-serverlb"}),
    ),
    "the server node removed": Drift(
        f"docker rm --force {NODE}-server-0",
        f"cluster {PREFIX}-cluster: server nodes: 1 → 0; Kubernetes' own store was on it",
        frozenset(f"{NODE}-{node}" for node in ("server-0", "agent-0", "agent-0-0", "serverlb")),
    ),
}
"""What is in the way of something else."""


@pytest.fixture(scope="module", autouse=True)
def rows(platform: Platform) -> None:
    """What must be there after each of them."""
    del platform
    sql("CREATE TABLE IF NOT EXISTS kept AS SELECT generate_series(1, 1000) AS number;")
    redis("SET kept 1000")


def data_is_kept() -> None:
    assert sql("SELECT count(*), sum(number) FROM kept;").strip() == "1000|500500"
    assert redis("GET kept").strip() == "1000"


def holds(platform: Platform, *drifts: Drift) -> None:
    """Each is named, `up` puts all right and makes nothing else anew; then nothing is named."""
    assert NOTHING not in platform.shell("make status")
    before = ids()
    for drift in drifts:
        platform.shell(drift.by_hand)
    said = platform.shell("make status")
    for drift in drifts:
        assert f"{NOTHING}: {drift.says}" in said, said
    platform.shell("make up")
    assert NOTHING not in platform.shell("make status")
    after = ids()
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {name for drift in drifts for name in drift.anew if name in before | after}
    data_is_kept()


def test_what_was_changed_at_one_time_is_put_right_by_one_up(platform: Platform):
    holds(platform, *TOGETHER.values())


@pytest.mark.thorough
@pytest.mark.parametrize("drift", [*TOGETHER, *ONE_BY_ONE])
def test_each_change_is_named_and_put_right(platform: Platform, drift: str):
    holds(platform, {**TOGETHER, **ONE_BY_ONE}[drift])


@pytest.mark.thorough
@pytest.mark.parametrize("server", ["database", "cache"])
def test_a_data_volume_that_is_gone_is_made_of_its_replicas(platform: Platform, server: str):
    volume = f"{PREFIX}-{server}-data"
    before = ids()
    run("docker", "rm", "--force", f"{PREFIX}-{server}")
    run("docker", "volume", "rm", volume)
    said = platform.shell("make status")
    assert f"{NOTHING}: volume {volume}: gone, and the data in it" in said
    said = platform.shell("make up")
    assert "Its replica still holds the data" in said
    data_is_kept()
    after = ids()
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {f"{PREFIX}-{server}"}
    assert NOTHING not in platform.shell("make status")


@pytest.mark.thorough
def test_without_a_copy_it_is_said_that_the_data_is_lost(platform: Platform):
    volumes = [f"{PREFIX}-{name}-data" for name in ("cache", "cache-replica")]
    run("docker", "rm", "--force", f"{PREFIX}-cache", f"{PREFIX}-cache-replica")
    run("docker", "volume", "rm", *volumes)
    said = platform.shell("make up")
    assert f"{volumes[0]} is gone, and what was in it can't be brought back from here" in said
    assert redis("GET kept").strip() == ""
    redis("SET kept 1000")


@pytest.mark.thorough
def test_a_registry_that_lost_its_images_gets_the_platforms_own_again(platform: Platform):
    run("docker", "rm", "--force", f"{PREFIX}-registry")
    run("docker", "volume", "rm", f"{PREFIX}-registry-data")
    platform.shell("make up")
    assert NOTHING not in platform.shell("make status")
    address = platform.outputs["registry_address"]
    assert "connectivity-check" in run("curl", "--silent", f"http://{address}/v2/_catalog")
    data_is_kept()


@pytest.mark.thorough
def test_a_cluster_that_k3d_deleted_is_made_again(platform: Platform):
    platform.shell(f"k3d cluster delete {PREFIX}-cluster")
    said = platform.shell("make status")
    assert f"{NOTHING}: cluster {PREFIX}-cluster: gone" in said
    platform.shell("make up")
    platform.kubeconfig.write_text(platform.stack.outputs()["kubeconfig"].value)
    assert NOTHING not in platform.shell("make status")
    data_is_kept()
