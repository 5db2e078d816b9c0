"""The page of all calls: what it shows, whose each call is, and what it keeps to itself."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from rehearsal import page
from rehearsal.page import Call, components, owner, read

PREFIX = "urn:pulumi:prod::alphintra::alphintra:index:Platform$alphintra:index:"
STATE: dict[str, Any] = {
    "deployment": {
        "resources": [
            {
                "urn": f"{PREFIX}Network$gcp:compute/network:Network::network",
                "type": "gcp:compute/network:Network",
                "id": "projects/p/global/networks/network-1a2b3c4",
            },
            {
                "urn": f"{PREFIX}Database$gcp:sql/databaseInstance:DatabaseInstance::database",
                "type": "gcp:sql/databaseInstance:DatabaseInstance",
                "id": "database-4a376b3",
            },
            {
                "urn": f"{PREFIX}Cluster$gcp:kms/cryptoKey:CryptoKey::one",
                "type": "gcp:kms/cryptoKey:CryptoKey",
                "id": "projects/p/locations/r/keyRings/a/cryptoKeys/same",
            },
            {
                "urn": f"{PREFIX}Foundation$gcp:kms/cryptoKey:CryptoKey::two",
                "type": "gcp:kms/cryptoKey:CryptoKey",
                "id": "projects/p/locations/r/keyRings/b/cryptoKeys/same",
            },
        ]
    }
}
LINE: dict[str, Any] = {
    "n": 1,
    "at": 2.5,
    "step": "up",
    "api": "compute",
    "id": "compute.networks.insert",
    "method": "POST",
    "host": "compute.googleapis.com",
    "path": "compute/v1/projects/p/global/networks",
    "project": "p",
    "resource": "projects/p/global/networks/network-1a2b3c4",
    "status": 200,
    "error": None,
    "operation": "operation-1",
    "ms": 1.5,
}


def call(**changes: Any) -> Call:
    return read({**LINE, **changes}, components(STATE))


def page_of(folder: Path, *lines: dict[str, Any], **bodies: Any) -> str:
    """The page of a rehearsal that made the calls `lines`; `bodies` are by number."""
    (folder / "state.json").write_text(json.dumps(STATE))
    (folder / "calls.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    (folder / "bodies").mkdir()
    for number, body in bodies.items():
        (folder / "bodies" / f"{number.removeprefix('n')}.json").write_text(json.dumps(body))
    (said,) = page.write(folder, "prod")
    assert str(folder / page.PAGE) in said
    return (folder / page.PAGE).read_text()


@pytest.mark.parametrize(
    ("resource", "component"),
    {
        "projects/p/global/networks/network-1a2b3c4": "network",
        "projects/p/instances/database-4a376b3/users/postgres": "database",
        "projects/p/locations/r/keyRings/a/cryptoKeys/same": "project",
        "projects/p/services": "project",
        "": "project",
    }.items(),
)
def test_whose_a_call_is(resource: str, component: str):
    assert owner(resource, components(STATE)) == component


@pytest.mark.parametrize(
    ("method", "status", "outcome"),
    [
        ("POST", 200, "answered"),
        ("GET", 404, "absent"),
        ("DELETE", 404, "refused"),
        ("POST", 400, "refused"),
        ("GET", 503, "refused"),
    ],
)
def test_what_became_of_a_call(method: str, status: int, outcome: str):
    assert call(method=method, status=status).outcome == outcome


def test_each_call_can_be_found_by_what_it_is_of(tmp_path: Path):
    refused = {**LINE, "n": 2, "step": "destroy", "status": 400, "error": "The network is in use"}
    text = page_of(tmp_path, LINE, refused)
    found = re.findall(r'<details class="call" ([^>]*)>', text)
    assert found == [
        'data-component="network" data-step="up" data-api="compute" data-outcome="answered"',
        'data-component="network" data-step="destroy" data-api="compute" data-outcome="refused"',
    ]
    assert "The network is in use" in text
    for choice in ("component", "step", "api", "outcome"):
        assert f'<select data-of="{choice}"' in text
    assert '<option value="destroy">' in text and "2 calls" in text


def test_what_was_said_is_folded_beneath(tmp_path: Path):
    body = {"request": {"autoCreateSubnetworks": False}, "response": {"status": "DONE"}}
    text = page_of(tmp_path, LINE, n1=body)
    assert "<small>Request</small><pre>{\n &quot;autoCreateSubnetworks&quot;: false\n}" in text
    assert "<details open" not in text


def test_a_long_message_is_cut_and_says_so(tmp_path: Path):
    text = page_of(tmp_path, LINE, n1={"request": {"a": ["words and words"] * 5_000}})
    assert "more characters)" in text and len(text) < page.LONGEST + 30_000


def test_no_secret_is_on_it(tmp_path: Path):
    secret = "hunter2-Xk29fQz81LmPw7"
    body = {
        "request": {"rootPassword": secret, "note": f"PGPASSWORD={secret}"},
        "response": {"accessToken": "ya29.a0AfH6SMBx"},
    }
    text = page_of(tmp_path, LINE, n1=body)
    assert secret not in text and "ya29." not in text and "[masked]" in text


def test_what_is_shown_can_do_no_harm(tmp_path: Path):
    bad = '"><script>alert(1)</script>'
    line = {**LINE, **dict.fromkeys(("step", "api", "id", "resource", "error", "path"), bad)}
    text = page_of(tmp_path, line, n1={"request": {bad: bad}})
    assert "<script>alert" not in text and text.count("<script>") == 1


def test_it_needs_nothing_else(tmp_path: Path):
    """No address is loaded, and the browser is told to load none."""
    loaded: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            loaded.extend(str(value) for name, value in attrs if name in ("src", "href"))

    text = page_of(tmp_path, LINE)
    Reader().feed(text)
    assert loaded == [] and "default-src 'none'" in text


def test_the_critical_path_is_on_it(tmp_path: Path):
    (tmp_path / "times.svg").write_text("<svg><title>the way</title></svg>")
    assert "<svg><title>the way</title></svg>" in page_of(tmp_path, LINE)
