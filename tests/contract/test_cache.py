"""Redis, as a service in the cluster finds it."""

import re
import uuid

import pytest

from tests.contract.actions import CACHE, Disturb
from tests.contract.commands import eventually
from tests.contract.expect import Expect, configured
from tests.contract.platform import CHECK, Platform
from tests.contract.pods import CREDENTIALS, Pod

NAMED_PLATFORM = f"metadata.name={CREDENTIALS}"
BACK_WITHIN_SECONDS = 180
STALE_FOR_SECONDS = 10
KEPT_SECONDS = 900
ADMINISTRATION = (
    "CONFIG GET maxmemory",
    "CONFIG SET maxmemory-policy noeviction",
    "ACL LIST",
    "REPLICAOF NO ONE",
    "SAVE",
    "MONITOR",
)
"""Commands that Memorystore refuses to all its clients."""


@pytest.fixture
def replica(platform: Platform) -> None:
    def place(role: str) -> tuple[str, int]:
        return platform.outputs[f"cache_{role}host"], platform.outputs[f"cache_{role}port"]

    configured(place("reader_") != place(""), "reads go to the one node")


def store(word: str) -> str:
    return f"redis SET contract:{word} {word} EX {KEPT_SECONDS}"


def fetch(word: str, how: str = "redis") -> str:
    """A command that fails unless `word` is there, and says what is."""
    return f'found=$({how} GET contract:{word}); echo "$found"; [ "$found" = {word} ]'


def a_word() -> str:
    return uuid.uuid4().hex


def test_tls_verified(inside: Pod, expect: Expect):
    asked = inside.run('echo "$CACHE_CA_FILE"; redis PING && redis_reader PING')
    said = expect.answer(asked).split()
    assert said == ["/etc/platform/cache-ca.pem", "PONG", "PONG"]


def test_without_tls_refused(inside: Pod, expect: Expect):
    for role in ("CACHE", "CACHE_READER"):
        clear = f'redis-cli -h "${role}_HOST" -p "${role}_PORT" -e PING < /dev/null'
        answer = inside.run(f"timeout 5 {clear}")
        expect.refusal(answer, "closed|reset|I/O error|Protocol error")
        assert "PONG" not in answer.out, answer.words


def test_wrong_authority_refused(inside: Pod, wrong_authority: str, expect: Expect):
    stranger = f"cat > /tmp/stranger.pem <<'PEM'\n{wrong_authority}PEM\n"
    answer = inside.run(f"{stranger}CACHE_CA_FILE=/tmp/stranger.pem redis PING")
    expect.refusal(answer, "certificate verify failed")


def test_wrong_password_refused(inside: Pod, expect: Expect):
    expect.refusal(inside.run("CACHE_PASSWORD=wrong redis PING"), "WRONGPASS|invalid password")
    nobody = inside.run("unset CACHE_USERNAME; CACHE_PASSWORD= CACHE_USERNAME=default redis PING")
    assert not nobody.ok and "NOAUTH" in nobody.words, nobody.words


def test_namespace_not_allowed_refused(inside: Pod, outside: Pod, expect: Expect):
    assert inside.run("redis PING").ok, "where it is allowed, it must work"
    said = 'redis PING || { code=$?; [ $code = 124 ] && echo "no answer within 5 s"; exit $code; }'
    expect.refusal(outside.run(said), "no answer|timed out|refused|unreachable")


def test_write_and_read(inside: Pod, expect: Expect):
    word = a_word()
    expect.answer(inside.run(f"{store(word)} && {fetch(word)}"), word)


@pytest.mark.usefixtures("replica")
def test_read_from_replica(inside: Pod, expect: Expect):
    word = a_word()
    there = fetch(word, "redis_reader")
    follows = (
        f"{store(word)} || exit 1; end=$((SECONDS + {STALE_FOR_SECONDS})); "
        f"until ({there}) || ((SECONDS >= end)); do sleep 0.1; done; "
        "redis_reader INFO replication | grep ^role"
    )
    expect.answer(inside.run(follows), rf"{word}\n(.*\n)*role:slave")


@pytest.mark.usefixtures("replica")
def test_replica_refuses_writes(inside: Pod, expect: Expect):
    answer = inside.run(f"redis_reader SET contract:{a_word()} word EX 60")
    expect.refusal(answer, "READONLY")


def test_own_user_only(platform: Platform, inside: Pod, expect: Expect):
    """Its password opens no other service's user."""
    secrets = platform.items("secrets", "--all-namespaces", f"--field-selector={NAMED_PLATFORM}")
    others = [
        one["data"]["CACHE_USERNAME"]
        for one in secrets
        if one["metadata"]["namespace"] != CHECK and "CACHE_USERNAME" in one.get("data", {})
    ]
    configured(others, "no other service uses the cache")
    each = "\n".join(
        f'user=$(base64 --decode <<< {user}); CACHE_USERNAME=$user redis PING && echo "$user: OPEN"'
        for user in others
    )
    answer = inside.run(f"{each}; exit 1")
    expect.refusal(answer, "WRONGPASS")
    assert "OPEN" not in answer.words, answer.words
    assert answer.words.count("WRONGPASS") == len(others), answer.words


def test_administration_refused(inside: Pod, expect: Expect):
    every = "; ".join(f"redis {command} && echo ALLOWED {command}" for command in ADMINISTRATION)
    said = expect.answer(inside.run(f"{every}; redis PING"), "PONG")
    assert "ALLOWED" not in said, said
    refused = [line for line in said.splitlines() if re.search("NOPERM|unknown command", line)]
    assert len(refused) == len(ADMINISTRATION), said
    expect.said(refused[0])


def test_eviction_policy(platform: Platform, inside: Pod, expect: Expect):
    said = expect.answer(inside.run("redis INFO memory | grep -E '^maxmemory(_policy)?:'"))
    settings = dict(line.strip().split(":") for line in said.splitlines())
    assert settings["maxmemory_policy"] == platform.settings.cache.eviction_policy
    assert int(settings["maxmemory"]) == platform.settings.cache.memory_gb << 30


def test_version(platform: Platform, inside: Pod, expect: Expect):
    said = expect.answer(inside.run("redis INFO server | grep ^redis_version"))
    assert said.startswith(f"redis_version:{platform.settings.cache.version}.")


@pytest.mark.disruptive
def test_data_survives_restart(inside: Pod, disturb: Disturb, expect: Expect):
    word = a_word()
    began = "redis INFO server | grep ^run_id"
    before = expect.answer(inside.run(f"{store(word)} && {began}")).splitlines()[-1]
    disturb.restart(CACHE)
    back = expect.answer(eventually(lambda: inside.run(began), True, BACK_WITHIN_SECONDS))
    assert back != before, "the server did not restart"
    expect.answer(inside.run(fetch(word)), word)
    expect.said("after the restart the key is there")


@pytest.mark.disruptive
@pytest.mark.usefixtures("replica")
def test_reads_go_on_while_primary_is_down(inside: Pod, disturb: Disturb, expect: Expect):
    word = a_word()
    follows = f"{store(word)} && until {fetch(word, 'redis_reader')}; do sleep 0.1; done"
    written = inside.run(follows)
    assert written.ok, written.words
    disturb.take_away(CACHE)
    try:
        gone = eventually(lambda: inside.run("redis PING"), False, BACK_WITHIN_SECONDS)
        one = fetch(word, "redis_reader")
        reads = inside.run(f"for _ in {{1..5}}; do {one} || exit 1; done")
    finally:
        disturb.bring_back(CACHE)
    again = a_word()
    back = eventually(lambda: inside.run(store(again)), True, BACK_WITHIN_SECONDS)
    assert not gone.ok, "the first node was never away"
    expect.answer(reads, word)
    assert back.ok, f"the first node did not come back: {back.words}"
    expect.answer(inside.run(f"{fetch(word)} && {fetch(again)}"))
    expect.said(f"first node: {gone.words}; reads went on")
