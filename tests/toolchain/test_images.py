"""The table of images, their folders, and the pieces that need no Docker."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from toolchain import catalog, images
from toolchain.paths import IMAGES

from .conftest import Script

TABLE = catalog.load()


@pytest.mark.parametrize("image", TABLE.values(), ids=lambda image: image.name)
def test_every_image_has_a_pinned_original_and_a_stand_in(image: catalog.Image) -> None:
    assert re.fullmatch(
        r"(docker\.io|ghcr\.io)/[a-z0-9/.-]+:[\w.-]*\d[\w.-]*|.*:bookworm-slim", image.official
    )
    assert re.fullmatch(rf"alphintra\.local/{image.name}:[\w.-]+", image.stand_in)
    assert not image.official.startswith("alphintra.local/")
    assert (IMAGES / image.name).is_dir()


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"debian"}))
def test_every_stand_in_is_built_on_the_base_that_is_given(name: str) -> None:
    text = (IMAGES / name / "Dockerfile").read_text()
    assert f"ARG BASE={TABLE['debian'].stand_in}" in text
    assert "FROM ${BASE}" in text


def test_no_folder_names_a_mirror() -> None:
    for path in IMAGES.rglob("*"):
        if path.is_file():
            assert not re.search(r"//[\w.-]*debian", path.read_text(errors="ignore")), path


def test_names_as_docker_lists_them() -> None:
    assert catalog.short("docker.io/library/redis:7.0.15-bookworm") == "redis:7.0.15-bookworm"
    assert catalog.short("docker.io/rancher/k3s:v1") == "rancher/k3s:v1"
    assert catalog.short("ghcr.io/k3d-io/k3d-proxy:5") == "ghcr.io/k3d-io/k3d-proxy:5"


def test_the_official_image_is_chosen_first() -> None:
    redis = TABLE["redis"]
    official, stand_in = catalog.short(redis.official), redis.stand_in
    assert catalog.chosen(redis, {}) is None
    assert catalog.chosen(redis, {stand_in: "x"}) == stand_in
    assert catalog.chosen(redis, {stand_in: "x", official: ""}) == redis.official


def test_present_reads_what_docker_prints(project: Path, tmp_path: Path, script: Script) -> None:
    script(
        tmp_path / "user-bin" / "docker",
        """cat <<'END'
["alphintra.local/redis:7.0","127.0.0.1:5050/redis:7.0"] {"io.alphintra.inputs":"abc","x":"y"}
["postgres:15.14-bookworm"] null
END
echo "Error: No such image: registry" >&2
exit 1""",
    )
    have = catalog.present(TABLE.values())
    assert have["alphintra.local/redis:7.0"] == "abc"
    assert have["postgres:15.14-bookworm"] == ""
    assert "alphintra.local/registry:2.8.2" not in have


def test_inputs_follow_the_folder_and_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "IMAGES", tmp_path)
    for name in ("debian", "redis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    seen = {images.inputs("redis"), images.inputs("redis", ("program",))}
    (tmp_path / "redis" / "file").write_text("changed")
    seen.add(images.inputs("redis"))
    (tmp_path / "debian" / "file").write_text("changed")
    seen.add(images.inputs("redis"))
    assert len(seen) == 4


def test_apt_s_mirror_is_taken_over() -> None:
    lines = [
        "http://mirror.test/debian-security bookworm-security main",
        "http://mirror.test/debian bookworm main",
        "http://mirror.test/debian bookworm main",
        "http://mirror.test/debian bookworm contrib",
        "http://other.test/repo nodistro main",
    ]
    mirror, text = images.parse_sources(lines)
    assert mirror == "http://mirror.test/debian"
    assert text == (
        "deb http://mirror.test/debian bookworm main\n"
        "deb http://mirror.test/debian-security bookworm-security main\n"
    )
    assert images.parse_sources(["http://mirror.test/debian trixie main"]) == ("", "")


PORTS = """\
ports:
  6443.tcp:
    - k3d-dev-server-0
  "53.udp":
    - k3d-dev-agent-0
    - k3d-dev-agent-1
settings:
  defaultProxyTimeout: 300
  workerConnections: 2048
"""


def test_the_load_balancer_s_configuration() -> None:
    done = subprocess.run(
        ["awk", "-f", str(IMAGES / "k3d-proxy" / "nginx-config.awk")],
        input=PORTS,
        capture_output=True,
        text=True,
        check=True,
    )
    text = " ".join(done.stdout.split())
    assert "worker_connections 2048;" in text
    assert "proxy_timeout 300;" in text
    assert "upstream tcp_6443 { server k3d-dev-server-0:6443 max_fails=1" in text
    assert "server { listen 6443; proxy_pass tcp_6443; }" in text
    assert "server k3d-dev-agent-0:53 max_fails" in text
    assert "server k3d-dev-agent-1:53 max_fails" in text
    assert "listen 53 udp; proxy_pass udp_53;" in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(IMAGES.rglob("*")) if p.is_file() and p.read_bytes()[:3] == b"#!/"],
    ids=lambda path: f"{path.parent.name}-{path.name}",
)
def test_scripts_parse_and_are_executable(path: Path) -> None:
    shell = path.read_text().splitlines()[0].rsplit("/", 1)[-1]
    assert path.stat().st_mode & 0o111
    subprocess.run([shell, "-n", str(path)], check=True)
