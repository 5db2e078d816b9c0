"""The connectivity check: the Job, its image, and the script itself."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.command import CommandError
from components.connectivity import DEADLINE_SECONDS
from components.connectivity.publish import PublishedImageProvider, content_digest
from tests.components.fake_host import FakeHost, install
from tests.graph import Graph
from tests.programs import ROOT, deploy

FOLDER = ROOT / "images" / "connectivity-check"
PROPS: dict[str, Any] = {
    "name": "connectivity-check",
    "registry": "localhost:5050",
    "platform": "",
    "content": "0123456789abcdef",
    "base_official": "debian:1",
    "base_stand_in": "alphintra.local/debian:1",
}


@pytest.fixture(scope="module", params=["dev", "prod"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return deploy(request.param)


def test_the_job_runs_the_image_in_the_platforms_registry(graph: Graph):
    container = job(graph)["template"]["spec"]["containers"][0]
    registry = graph.result["registry_address"]
    assert container["image"] == f"{registry}/connectivity-check@sha256:0"


def test_the_job_is_a_workload_of_its_service(graph: Graph):
    node, pod = graph.only("kubernetes:batch/v1:Job"), job(graph)["template"]["spec"]
    (container,) = pod["containers"]
    assert node.inputs["metadata"]["namespace"] == "connectivity-check"
    assert pod["serviceAccountName"] == "connectivity-check"
    assert container["envFrom"] == [{"secretRef": {"name": "platform"}}]
    assert container["env"] == [
        {"name": "SERVICE_NAME", "value": "kubernetes.default.svc.cluster.local"}
    ]


def test_the_job_is_given_the_authorities_where_its_environment_says(graph: Graph):
    pod = job(graph)["template"]["spec"]
    (volume,), (mount,) = pod["volumes"], pod["containers"][0]["volumeMounts"]
    assert volume["configMap"] == {"name": "platform-authorities"}
    assert mount == {"name": volume["name"], "mountPath": "/etc/platform", "readOnly": True}


def test_the_script_reads_what_the_service_is_given(graph: Graph):
    """Every variable of the script is in the Secret, or the shell's own."""
    (secret,) = (
        node.inputs["stringData"]
        for node in graph.of("kubernetes:core/v1:Secret")
        if node.name == "connectivity-check"
    )
    read = set(re.findall(r"\$\{?([A-Z_]+)", (FOLDER / "check.sh").read_text()))
    own = {"DEADLINE", "SECONDS", "SERVICE_NAME"}
    assert read - own == {name for name in secret if name in read}
    assert {"PGUSER", "PGREADERHOST", "CACHE_USERNAME", "CACHE_PASSWORD"} <= read


def test_the_job_may_take_as_long_as_all_its_checks():
    checks = (FOLDER / "check.sh").read_text().count('check "')
    assert checks * 60 + 60 <= DEADLINE_SECONDS


def test_a_failed_check_shows_its_own_words_and_runs_again(graph: Graph):
    node = graph.only("kubernetes:batch/v1:Job")
    container = job(graph)["template"]["spec"]["containers"][0]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert node.inputs["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}
    assert job(graph)["backoffLimit"] == 0


def test_the_pod_keeps_to_the_restricted_standard(graph: Graph):
    pod = job(graph)["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    context = pod["containers"][0]["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}


def job(graph: Graph) -> dict[str, Any]:
    return graph.only("kubernetes:batch/v1:Job").inputs["spec"]


def test_an_image_is_another_when_a_file_or_its_mode_changes(tmp_path: Path):
    file = tmp_path / "check.sh"
    file.write_text("one")
    first = content_digest(tmp_path)
    assert content_digest(tmp_path) == first
    file.write_text("two")
    second = content_digest(tmp_path)
    file.chmod(0o755)
    assert len({first, second, content_digest(tmp_path)}) == 3


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    host = install(monkeypatch, "components.connectivity.publish", "components.images")
    digests = ["elsewhere/x@sha256:1", "localhost:5050/connectivity-check@sha256:2"]
    host.answers = {
        "docker image inspect": json.dumps([{"Id": "sha256:base", "RepoDigests": digests}]),
        "docker build": "sha256:0123456789abcdef\n",
        "docker tag": "",
        "docker push": "",
    }
    return host


def test_publishing_builds_pushes_and_names_the_digest(docker: FakeHost):
    outs = PublishedImageProvider().create(dict(PROPS)).outs
    assert outs and outs["image"] == "localhost:5050/connectivity-check@sha256:2"
    (build,), (push,) = docker.ran("docker build"), docker.ran("docker push")
    assert "--build-arg=BASE=debian:1" in build
    assert "--platform" not in build
    assert push.endswith(" localhost:5050/connectivity-check:0123456789ab")


def test_a_tag_is_of_one_image_for_ever(docker: FakeHost):
    """The same folder built later, with newer packages in it, is another image."""
    PublishedImageProvider().create(dict(PROPS))
    docker.answers["docker build"] = "sha256:fedcba9876543210"
    PublishedImageProvider().create(dict(PROPS))
    first, second = (command.rsplit(":", 1)[1] for command in docker.ran("docker push"))
    assert (first, second) == ("0123456789ab", "fedcba987654")


def test_an_image_is_built_for_what_it_is_to_run_on(docker: FakeHost):
    PublishedImageProvider().create({**PROPS, "platform": "linux/amd64"})
    (build,) = docker.ran("docker build")
    assert "--platform=linux/amd64" in build


def test_a_push_that_is_refused_is_an_error(docker: FakeHost):
    docker.answers["docker push"] = CommandError("docker push: denied")
    with pytest.raises(CommandError, match="denied"):
        PublishedImageProvider().create(dict(PROPS))


PUBLISHED = "localhost:5050/connectivity-check@sha256:2"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("{}", PUBLISHED),
        (CommandError(f"docker manifest inspect: no such manifest: {PUBLISHED}"), None),
        (CommandError("docker manifest inspect: connect: connection refused"), None),
        (CommandError("unexpected HTTP status: 503 Service Unavailable"), None),
    ],
)
def test_what_its_registry_lost_is_gone(
    docker: FakeHost, said: str | CommandError, found: str | None
):
    docker.answers["docker manifest inspect"] = said
    assert PublishedImageProvider().read(PUBLISHED, dict(PROPS)).id == found


def test_a_registry_elsewhere_is_not_asked(docker: FakeHost):
    elsewhere = "europe-west1-docker.pkg.dev/p/r/connectivity-check@sha256:2"
    assert PublishedImageProvider().read(elsewhere, dict(PROPS)).id == elsewhere
    assert not docker.commands


def test_publishing_again_only_when_something_changed():
    provider = PublishedImageProvider()
    assert provider.diff("x", PROPS, {**PROPS, "base_official": "debian:2"}).changes is False
    assert provider.diff("x", PROPS, {**PROPS, "content": "f"}).replaces == ["content"]
    before_platforms = {key: value for key, value in PROPS.items() if key != "platform"}
    assert provider.diff("x", before_platforms, PROPS).changes is False


CLIENTS = {
    "getent": "echo 10.0.0.1 kubernetes",
    "psql": """
        [ "$PGSSLMODE" != disable ] || exit 2
        case "$*" in *count*) [ "$PGHOST" = pgreaderhost ] && echo 0; exit ;; esac
        cat >/dev/null; echo written""",
    "redis-cli": """
        [[ $* == "--tls --cacert /ca.pem "* ]] || exit 1
        case "$REDISCLI_AUTH:$*" in
            :*) echo 'NOAUTH Authentication required.' ;;
            *" --user cache_username "*" set "*) echo OK ;;
            *" --user cache_username "*" get "*) echo written ;;
        esac""",
    "sleep": "exit 0",
}
"""Servers that refuse all that is not encrypted."""
LAX_REDIS = 'case "$*" in -h*ping) echo PONG; exit ;; esac' + CLIENTS["redis-cli"]


def run_check(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run the script with stand-ins for its clients; a deadline of 0 s for what fails."""
    for name, body in {**CLIENTS, **changed}.items():
        client = folder / name
        client.write_text(f"#!/bin/bash\n{body}\n")
        client.chmod(0o755)
    script = (FOLDER / "check.sh").read_text().replace("DEADLINE=60", "DEADLINE=0")
    names = (
        *("SERVICE_NAME", "PGHOST", "PGREADERHOST", "PGUSER", "CACHE_HOST", "CACHE_READER_HOST"),
        *("CACHE_USERNAME", "CACHE_PASSWORD"),
    )
    return subprocess.run(
        ["bash", "-c", script],
        env={
            "PATH": f"{folder}:/usr/bin:/bin",
            "CACHE_PORT": "1",
            "CACHE_READER_PORT": "1",
            "CACHE_CA_FILE": "/ca.pem",
            "PGSSLROOTCERT": "/ca.pem",
            "PGSSLMODE": "verify-full",
            **{name: name.lower() for name in names},
        },
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.skipif(not shutil.which("bash"), reason="the script is bash's")
class TestScript:
    def test_all_well(self, tmp_path: Path):
        done = run_check(tmp_path)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("ok    ") == 8
        assert done.stdout.endswith("All checks passed.\n")

    @pytest.mark.parametrize(
        ("client", "body", "words"),
        [
            ("getent", "exit 2", "FAIL  resolve service_name: no answer"),
            ("psql", "echo refused >&2; exit 1", "FAIL  database: log in as pguser"),
            ("psql", "cat >/dev/null; echo other", "read other, not what was written"),
            ("psql", "echo written", "FAIL  database: read on pgreaderhost: counted written"),
            ("psql", "echo written", "a client without TLS could log in: written"),
            ("redis-cli", LAX_REDIS, "a client without TLS got: PONG"),
            ("redis-cli", "echo PONG", "a client without a password got: PONG"),
            ("redis-cli", "echo NOAUTH; exit 1", "FAIL  cache: authenticate and write"),
        ],
    )
    def test_what_fails_is_said(self, tmp_path: Path, client: str, body: str, words: str):
        done = run_check(tmp_path, **{client: body})
        assert done.returncode == 1
        assert words in done.stdout
        assert "see the lines above" in done.stdout
