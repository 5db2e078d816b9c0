"""Redis: its data at one moment, as it hands it to a replica (an RDB file)."""

import time
from collections.abc import Callable, Iterable

from ops.access import REDIS_CLI
from ops.backup.manifest import Cache
from ops.backup.throwaway import Container
from ops.commands import OpsError

# A replica of nobody: such a server keeps keys whose time has come, so that counts are exact.
SOCKET, PID, LOG = "/tmp/redis.sock", "/tmp/redis.pid", "/tmp/redis.log"
SERVE = (
    "redis-server --daemonize yes --port 0 --protected-mode no --save '' --appendonly no"
    f" --unixsocket {SOCKET} --pidfile {PID} --logfile {LOG}"
    " --replicaof 127.0.0.1 1 --enable-debug-command local"
    " --dir {folder} --dbfilename dump.rdb"
)
ENDED = f"test -s {PID} && ! kill -0 $(cat {PID})"
LOADS_WITHIN_SECONDS = 1800
AOF_FOLDER = "appendonlydir"
"""Where Redis 7 looks for its data if, as on this platform, each write is appended to a log."""


def fetch(cache: Container, copy: Container, folder: str) -> None:
    """Have the data that `cache` holds at this moment written to a file in `copy`.

    Redis forks for it, and goes on serving.
    """
    put(copy, folder, cache.output("sh", "-c", f"{REDIS_CLI} --rdb -"))


def put(copy: Container, folder: str, rdb: Iterable[bytes]) -> None:
    copy.feed(rdb, "sh", "-c", f"mkdir -p {folder} && cat > {folder}/dump.rdb")


def content(copy: Container, folder: str) -> Iterable[bytes]:
    return copy.output("cat", f"{folder}/dump.rdb")


def load(copy: Container, folder: str) -> Cache:
    """Serve the file in `copy`, to nobody; what is in it. Redis checks it as it loads it."""
    copy.ask("sh", "-c", SERVE.format(folder=folder))
    _wait(copy, "persistence", lambda facts: facts.get("loading") == "0")
    keys: dict[str, list[int]] = {}
    for database, words in info(copy, "keyspace").items():
        counts = dict(one.split("=") for one in words.split(","))
        keys[database] = [int(counts["keys"]), int(counts["expires"])]
    memory = info(copy, "memory")
    took = int(memory["used_memory"]) - int(memory["used_memory_startup"])
    return Cache(keys, ask(copy, "DEBUG", "DIGEST").strip(), max(took, 0))


def write_log(copy: Container, folder: str) -> None:
    """Have what was loaded written as the log that a server of the platform starts from, in the
    folder AOF_FOLDER of `folder`, and end the server."""
    ask(copy, "CONFIG", "SET", "appendonly", "yes")
    wanted = {"aof_enabled": "1", "aof_rewrite_in_progress": "0", "aof_rewrite_scheduled": "0"}
    facts = _wait(copy, "persistence", lambda facts: wanted.items() <= facts.items())
    if facts["aof_last_bgrewrite_status"] != "ok":
        raise OpsError(f"Redis can't write its log: {copy.ask('tail', '-n3', LOG)}")
    copy.attempt("redis-cli", "-s", SOCKET, "SHUTDOWN", "NOSAVE")
    copy.ask("rm", f"{folder}/dump.rdb")


def memory_limit(cache: Container) -> int:
    """In bytes; 0 means none."""
    words = cache.ask("sh", "-c", f"{REDIS_CLI} CONFIG GET maxmemory").split()
    return int(words[-1])


def version(cache: Container) -> str:
    return cache.ask("redis-server", "--version").split("v=")[1].split()[0]


def ask(copy: Container, *words: str) -> str:
    return copy.ask("redis-cli", "-s", SOCKET, *words, timeout=LOADS_WITHIN_SECONDS)


def info(copy: Container, section: str) -> dict[str, str]:
    """What the server says of itself; nothing while it does not answer."""
    result = copy.attempt("redis-cli", "-s", SOCKET, "INFO", section)
    lines = result.out.splitlines() if result.ok else []
    return dict(line.strip().split(":", 1) for line in lines if ":" in line)


def _wait(copy: Container, section: str, good: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    deadline = time.monotonic() + LOADS_WITHIN_SECONDS
    while not good(facts := info(copy, section)):
        if copy.attempt("sh", "-c", ENDED).ok or time.monotonic() > deadline:
            raise OpsError(f"Redis can't take the data: {copy.ask('tail', '-n3', LOG)}")
        time.sleep(0.1)
    return facts
