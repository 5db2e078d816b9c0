"""PostgreSQL, as a service in the cluster finds it."""

import uuid
from collections.abc import Iterator

import pytest

from tests.contract.actions import DATABASE, Disturb
from tests.contract.commands import eventually
from tests.contract.expect import Expect, configured
from tests.contract.platform import Platform
from tests.contract.pods import Pod

BACK_WITHIN_SECONDS = 180
"""On Google Cloud a failover takes about one minute."""
STALE_FOR_SECONDS = 10
MAKE_TABLE = "CREATE TABLE IF NOT EXISTS contract (word text PRIMARY KEY)"
READ_ONLY = "read-only transaction"


@pytest.fixture(scope="module", autouse=True)
def scratch(inside: Pod) -> Iterator[None]:
    """A table of the suite's own, where the server can be reached at all."""
    inside.run(f"sql '{MAKE_TABLE}'")
    yield
    inside.run("sql 'DROP TABLE IF EXISTS contract'")


@pytest.fixture
def replica(platform: Platform) -> None:
    reader, host = platform.outputs["database_reader_host"], platform.outputs["database_host"]
    configured(reader != host, "reads go to the one server; database.read_replica adds another")


def insert() -> tuple[str, str]:
    """A word of its own, and the statement that stores it."""
    word = uuid.uuid4().hex
    return word, f"INSERT INTO contract VALUES ('{word}')"


def select(word: str) -> str:
    """A statement that fails unless `word` is there."""
    return f"SELECT 1 / count(*) FROM contract WHERE word = '{word}'"


def test_tls_verified(inside: Pod, expect: Expect):
    encryption = "SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    asked = f'echo "$PGSSLMODE $PGSSLROOTCERT"; sql "{encryption}"; sql_reader "{encryption}"'
    said = expect.answer(inside.run(asked)).splitlines()
    assert said[0] == "verify-full /etc/platform/database-ca.pem"
    for server in said[1:]:
        assert server.startswith(("t|TLSv1.2", "t|TLSv1.3")), said
    assert len(said) == 3


def test_without_tls_refused(inside: Pod, expect: Expect):
    for server in ("sql", "sql_reader"):
        clear = inside.run(f"PGSSLMODE=disable {server} 'SELECT 1'")
        expect.refusal(clear, "no encryption|SSL|pg_hba")


def test_wrong_authority_refused(inside: Pod, wrong_authority: str, expect: Expect):
    stranger = f"cat > /tmp/stranger.pem <<'PEM'\n{wrong_authority}PEM\n"
    answer = inside.run(f"{stranger}PGSSLROOTCERT=/tmp/stranger.pem sql 'SELECT 1'")
    expect.refusal(answer, "certificate verify failed")


def test_wrong_password_refused(inside: Pod, expect: Expect):
    answer = inside.run("PGPASSWORD=wrong sql 'SELECT 1'")
    expect.refusal(answer, "password authentication failed")


def test_namespace_not_allowed_refused(inside: Pod, outside: Pod, expect: Expect):
    """Not for want of a name: whom nothing is allowed, DNS does not answer either."""
    found = inside.run("sql 'SELECT 1' && getent ahosts \"$PGHOST\" | awk 'NR == 1 {print $1}'")
    assert found.ok, "where it is allowed, it must work"
    address = found.out.split()[-1]
    answer = outside.run(f"PGHOSTADDR={address} sql 'SELECT 1'")
    expect.refusal(answer, "timeout expired|timed out|refused|unreachable")


def test_write_and_read(inside: Pod, expect: Expect):
    word, store = insert()
    expect.answer(inside.run(f'sql "{store}" && sql "{select(word)}"'), "1")


@pytest.mark.usefixtures("replica")
def test_read_from_replica(inside: Pod, expect: Expect):
    word, store = insert()
    follows = (
        f'sql "{store}" || exit 1; end=$((SECONDS + {STALE_FOR_SECONDS})); '
        f'until sql_reader "{select(word)}" > /dev/null || ((SECONDS >= end)); do sleep 0.1; done; '
        "sql_reader \"SELECT 'in recovery', pg_is_in_recovery(), count(*) FROM contract"
        f" WHERE word = '{word}'\""
    )
    expect.answer(inside.run(follows), r"in recovery\|t\|1")


@pytest.mark.usefixtures("replica")
def test_replica_refuses_writes(inside: Pod, expect: Expect):
    _, store = insert()
    expect.refusal(inside.run(f'sql_reader "{store}"'), READ_ONLY)


def test_another_services_database_refused(platform: Platform, inside: Pod, expect: Expect):
    services = platform.settings.services.values()
    others = [service.database for service in services if service.database]
    configured(others, "no other service has a database")
    each = "; ".join(
        f"PGDATABASE={database} sql 'SELECT 1' && echo {database}: OPEN" for database in others
    )
    answer = inside.run(f"{each}; exit 1")
    expect.refusal(answer, "permission denied for database")
    assert "OPEN" not in answer.words, answer.words
    assert answer.words.count("permission denied for database") == len(others), answer.words


def test_settings_are_the_specs(platform: Platform, inside: Pod, expect: Expect):
    spec = platform.settings.database
    # PostgreSQL says buffers in pages of 8 KiB, and memory in KiB.
    wanted = {
        "max_connections": spec.max_connections,
        "shared_buffers": spec.shared_buffers_mb * 128,
        "effective_cache_size": spec.effective_cache_size_mb * 128,
        "work_mem": spec.work_mem_mb * 1024,
        "maintenance_work_mem": spec.maintenance_work_mem_mb * 1024,
        "checkpoint_completion_target": spec.checkpoint_completion_target,
    }
    # As the settings' descriptions say, there may be a least share of the memory: a tenth.
    tenth = -(-spec.memory_gb * 1024 // 10) * 128
    raised = {name: max(wanted[name], tenth) for name in ("shared_buffers", "effective_cache_size")}
    names = ", ".join(f"'{name}'" for name in wanted)
    query = f"SELECT name, setting FROM pg_settings WHERE name IN ({names})"
    lines = expect.answer(inside.run(f'sql "{query}"')).splitlines()
    found = {name: float(value) for name, _, value in (line.partition("|") for line in lines)}
    assert found in (wanted, {**wanted, **raised})


def test_version(platform: Platform, inside: Pod, expect: Expect):
    said = expect.answer(inside.run("sql 'SHOW server_version'; sql 'SELECT version()'"))
    assert said.split(".")[0] == platform.settings.database.version


@pytest.mark.disruptive
def test_data_survives_restart(inside: Pod, disturb: Disturb, expect: Expect):
    word, store = insert()
    began = "sql 'SELECT pg_postmaster_start_time()'"
    before = expect.answer(inside.run(f'sql "{store}" && {began}'))
    disturb.restart(DATABASE)
    back = eventually(lambda: inside.run(began), True, BACK_WITHIN_SECONDS)
    assert expect.answer(back) != before, "the server did not restart"
    expect.answer(inside.run(f'sql "{select(word)}" && echo the row is there'))


@pytest.mark.disruptive
@pytest.mark.usefixtures("replica")
def test_reads_go_on_while_primary_is_down(inside: Pod, disturb: Disturb, expect: Expect):
    word, store = insert()
    written = inside.run(f'sql "{store}" && until sql_reader "{select(word)}"; do sleep 0.1; done')
    assert written.ok, written.words
    disturb.take_away(DATABASE)
    try:
        gone = eventually(lambda: inside.run("sql 'SELECT 1'"), False, BACK_WITHIN_SECONDS)
        reads = inside.run(f'for _ in {{1..5}}; do sql_reader "{select(word)}" || exit 1; done')
    finally:
        disturb.bring_back(DATABASE)
    again, store = insert()
    back = eventually(lambda: inside.run(f'sql "{store}"'), True, BACK_WITHIN_SECONDS)
    assert not gone.ok, "the first server was never away"
    expect.answer(reads)
    assert back.ok, f"the first server did not come back: {back.words}"
    after = inside.run(f'sql "{select(word)}" && sql "{select(again)}"')
    expect.answer(after)
    expect.said(f"first server: {gone.words}; reads went on")
