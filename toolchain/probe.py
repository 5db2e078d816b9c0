"""Finds out, in a few seconds, what this machine can reach."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable

TIMEOUT = 4.0


def answers(url: str, timeout: float = TIMEOUT) -> bool:
    """Whether the address can be used: it exists, or asks who is calling (a registry does)."""
    request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": "alphintra-setup"})
    try:
        with urllib.request.urlopen(request, timeout=timeout):
            return True
    except urllib.error.HTTPError as error:
        return error.code in (401, 405)
    except (OSError, ValueError):
        return False


def probe(urls: Iterable[str], timeout: float = TIMEOUT) -> dict[str, bool]:
    """Ask all at once. What has not answered in time (a hanging name look-up) counts as no."""
    results: dict[str, bool] = {}

    def ask(url: str) -> None:
        results[url] = answers(url, timeout)

    wanted = list(dict.fromkeys(urls))
    threads = [threading.Thread(target=ask, args=(url,), daemon=True) for url in wanted]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout + 1
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {url: results.get(url, False) for url in wanted}


def registry_url(host: str) -> str:
    """The address at which a container registry says that it is one."""
    name = "registry-1.docker.io" if host == "docker.io" else host
    return f"https://{name}/v2/"


def host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc
