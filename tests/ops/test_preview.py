"""`make preview` of a cloud stack, with and without credentials."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ops import lifecycle, offline
from ops.stack import Stack
from tests.ops.fake import FakeHost, context

FILE = """\
secretsprovider: gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k
encryptedkey: CiQAabc
config:
  alphintra:target: gcp
  alphintra:cache: {memory_gb: 4}
  gcp:credentials:
    secure: v1:abc
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    for name in offline.CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    (tmp_path / "Pulumi.yaml").write_text("name: alphintra\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(FILE)
    yield FakeHost(Stack("prod", "gcp", folder=tmp_path))
    assert (tmp_path / "Pulumi.prod.yaml").read_text() == FILE


def test_without_credentials_nothing_of_the_stacks_backend_is_used(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
):
    assert lifecycle.preview(context(host)) == 0
    (command,), (env,) = host.shown, host.shown_environments
    assert command[:3] == ["pulumi", "preview", "--stack=prod"]
    assert command[4:6] == ["--policy-pack", "policy"]
    assert env["PULUMI_BACKEND_URL"].startswith("file:///")
    assert env["HTTPS_PROXY"].startswith("http://127.0.0.1:")
    assert "from an empty state" in capsys.readouterr().out
    scratch = Path(env["PULUMI_BACKEND_URL"].removeprefix("file://"))
    assert command[3] == f"--config-file={scratch}/Pulumi.prod.yaml"
    assert not scratch.exists()


def test_the_copy_keeps_the_settings_and_no_secret():
    copy = offline.plain(FILE)
    assert not re.search("secure|encrypted|secretsprovider|abc", copy)
    assert yaml.safe_load(copy)["config"] == {
        "alphintra:target": "gcp",
        "alphintra:cache": {"memory_gb": 4},
        "gcp:credentials": "[secret]",
    }


def test_the_copy_has_every_value_as_it_is_written():
    text = 'config:\n  a: 1:30\n  b: 0o17\n  c: no\n  d: "0x1"\n  e: &x {f: 2027-01-15}\n  g: *x\n'
    copy = offline.plain(text)
    for value in ("a: 1:30", "b: 0o17", "c: no", 'd: "0x1"', "f: 2027-01-15"):
        assert value in copy
    assert "0000-00-00" in offline.plain("config: {a: 0000-00-00}")
    assert "abc" not in offline.plain("config: {a: {b: [{c: {secure: abc}}]}}")
    assert offline.plain("[]") == "[]\n"


def test_with_credentials_the_real_state_is_compared(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/key.json")
    assert lifecycle.preview(context(host)) == 0
    (command,), (env,) = host.shown, host.shown_environments
    assert command[:-1] == ["pulumi", "preview", "--stack=prod", "--policy-pack", "policy"]
    assert "PULUMI_BACKEND_URL" not in env


def test_gclouds_own_credentials_count(tmp_path: Path):
    env = {"HOME": str(tmp_path)}
    assert not offline.have_credentials(env)
    folder = tmp_path / ".config" / "gcloud"
    folder.mkdir(parents=True)
    (folder / "application_default_credentials.json").touch()
    assert offline.have_credentials(env)


def test_nobody_gets_through_to_google():
    with offline.refusing_proxy() as proxy:
        through = urllib.request.build_opener(urllib.request.ProxyHandler({"https": proxy}))
        with pytest.raises(urllib.error.URLError, match="no Google Cloud credentials"):
            through.open("https://oauth2.googleapis.com/tokeninfo", timeout=5)
