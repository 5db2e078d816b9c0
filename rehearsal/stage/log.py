"""The log of all calls: a line each, and beside it what was said."""

import json
import re
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

SECRET = re.compile(
    r"password|authString|privateKey(Data)?|accessToken|token|payload|clientKey", re.IGNORECASE
)
"""Fields whose value nobody is to read in a log."""
MASK = "[secret]"


@dataclass(frozen=True)
class Entry:
    """One call, as `calls.jsonl` has it."""

    step: str
    api: str
    id: str
    """The method's, in the discovery document: `compute.networks.insert`."""
    method: str
    host: str
    path: str
    project: str
    resource: str
    """What the call is about: `projects/p/global/networks/n`."""
    status: int
    error: str | None
    operation: str | None
    """The long-running operation that it started or asked for."""
    ms: float


class CallLog:
    """Writes into a folder: `calls.jsonl` and `bodies/<n>.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.step, self.entries = folder, "", list[Entry]()
        self._started, self._lock = time.monotonic(), threading.Lock()
        (folder / "bodies").mkdir(parents=True, exist_ok=True)
        self._file = (folder / "calls.jsonl").open("w")

    def write(self, entry: Entry, body: Any, answer: Any) -> None:
        at = round(time.monotonic() - self._started, 3)
        with self._lock:
            self.entries.append(entry)
            number = len(self.entries)
            print(json.dumps({"n": number, "at": at, **asdict(entry)}), file=self._file, flush=True)
        said = {"request": masked(body), "response": masked(answer)}
        (self.folder / "bodies" / f"{number}.json").write_text(json.dumps(said, indent=1))

    def close(self) -> None:
        self._file.close()


def masked(value: Any) -> Any:
    """A message without its secrets."""
    if isinstance(value, list):
        return [masked(one) for one in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    return {
        name: MASK if SECRET.fullmatch(name) and isinstance(one, str | dict) else masked(one)
        for name, one in cast(dict[str, Any], value).items()
    }
