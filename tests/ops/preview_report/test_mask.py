"""No secret gets into any output, wherever it stands."""

import base64
import json
import secrets
import string
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.preview_report import markdown, page, topology
from ops.preview_report.mask import MASKED, Masker, random_looking, secret_name
from ops.preview_report.model import SECRET, UNKNOWN
from tests.ops.preview_report import logs
from tests.ops.preview_report.logs import diagnostic, policy, report, step

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
ALNUM = string.ascii_letters + string.digits


def _urlsafe(source: Random) -> str:
    return base64.urlsafe_b64encode(source.randbytes(24)).decode().rstrip("=")


def _plain(source: Random) -> str:
    return "".join(source.choices(ALNUM, k=32))


GENERATED: dict[str, Callable[[Random], str]] = {
    "urlsafe": _urlsafe,
    "letters and digits": _plain,
    "base64": lambda source: base64.b64encode(source.randbytes(30)).decode(),
    "hex": lambda source: source.randbytes(16).hex(),
    "JSON web token": lambda source: f"eyJhbGciOiJIUzI1NiJ9.{_urlsafe(source)}.{_urlsafe(source)}",
    "GitHub": lambda source: "ghp_" + "".join(source.choices(ALNUM, k=36)),
    "Google key": lambda source: "AIza" + "".join(source.choices(ALNUM, k=35)),
    "private key": lambda source: (
        f"-----BEGIN PRIVATE KEY-----\n{base64.b64encode(source.randbytes(48)).decode()}\n"
        "-----END PRIVATE KEY-----"
    ),
    "address": lambda source: f"postgres://app:{_plain(source)}@10.0.0.5/trading",
}
"""What secrets look like that are made by machines."""

PLACES = (
    "value",
    "key",
    "list item",
    "deep",
    "JSON text",
    "JSON text key",
    "environment",
    "sentence",
    "name of a resource",
    "component's setting",
    "error",
    "policy's message",
    "waiver",
    "new resource",
    "tag",
)
"""Where a value can stand in what Pulumi says."""


def planted(place: str, secret: str) -> list[str]:
    """A log of a change with `secret` at `place`, on both sides or on one."""
    old: dict[str, Any] = {"region": "a"}
    new: dict[str, Any] = {"region": "b"}
    match place:
        case "value":
            old["setting"], new["setting"] = "plain", secret
        case "key":
            new["flags"] = {secret: "on"}
        case "list item":
            old["items"], new["items"] = ["a", secret, "c"], ["a", "c"]
        case "deep":
            new["a"] = {"b": [{"name": "x", "c": {"d": secret}}]}
        case "JSON text":
            old["doc"], new["doc"] = json.dumps({"x": 1}), json.dumps({"x": [secret]})
        case "JSON text key":
            old["doc"], new["doc"] = json.dumps({"x": 1}), json.dumps({secret: 1, "x": 1})
        case "environment":
            new["envs"] = [f"PGPASSWORD={secret}", f"OTHER={secret}"]
        case "sentence":
            new["description"] = f"connect with {secret}, please"
        case "name of a resource":
            return [step("replace", SQL, secret, old, new, keys=["region"])]
        case "component's setting":
            kind = "alphintra:index:Database"
            return [step("update", kind, "database", {"x": "y"}, {"x": secret})]
        case "error":
            urn = logs.urn(SQL, "database")
            return [diagnostic(f"cannot log in with {secret}", urn=urn), diagnostic(secret)]
        case "policy's message":
            return [policy("a-rule", message=f"given {secret}", urn=logs.urn(SQL, "database"))]
        case "new resource":
            return [step("create", SQL, "database", None, {"a": secret, "b": {"c": [secret]}})]
        case "waiver":
            waiver = {"rule": "a", "reason": f"because {secret}", "resource": secret}
            return [step("update", logs.PLATFORM, "prod", {}, {"waivers": [waiver]})]
        case _:
            new["tags"] = {"a": secret}
    return [step("replace", SQL, "database", old, new, keys=[*new])]


def outputs(lines: list[str], masker: Masker) -> dict[str, str]:
    view = report(*lines, masker=masker)
    return {
        "comment": markdown.render(view),
        "small comment": markdown.render(view, limit=3_000),
        "page": page.render(view),
        "drawing": "".join(topology.svg(stack) for stack in view.stacks),
        "mermaid": "".join(topology.mermaid(stack) for stack in view.stacks),
    }


def parts(secret: str) -> list[str]:
    """What must not stand in an output: the secret, and what of it alone would give it away."""
    core = secret.removeprefix("postgres://app:").removesuffix("@10.0.0.5/trading")
    lines = [line for line in core.splitlines() if "-----" not in line]
    return [secret, *(line for line in lines if len(line) > 12)]


# Always the same examples: of keys made by chance, one in a few thousand looks like words.
@settings(
    deadline=None,
    max_examples=250,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    kind=st.sampled_from(sorted(GENERATED)),
    place=st.sampled_from(PLACES),
    seed=st.integers(min_value=0, max_value=2**64),
)
def test_a_generated_secret_is_in_no_output_wherever_it_stands(kind: str, place: str, seed: int):
    secret = GENERATED[kind](Random(seed))
    for name, text in outputs(planted(place, secret), Masker()).items():
        for part in parts(secret):
            assert part not in text, f"{kind} at {place} in {name}"


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    place=st.sampled_from(PLACES),
    secret=st.text("abcdefghijklmnopqrstuvwxyz -_.XYZ0123", min_size=8, max_size=30).filter(
        lambda one: one.strip() == one and len(set(one)) > 5
    ),
)
def test_a_known_secret_is_in_no_output_whatever_it_looks_like(place: str, secret: str):
    bare = outputs(planted(place, "harmless"), Masker())
    if any(secret in text for text in bare.values()):
        return  # a word that the report needs
    for text in outputs(planted(place, secret), Masker([secret])).values():
        assert secret not in text


@pytest.mark.parametrize(
    "name",
    ["password", "rootPassword", "authString", "kubeconfig", "secretData", "private_key", "apiKey"],
)
def test_a_property_that_is_called_a_secret_is_masked_whatever_it_holds(name: str):
    masker = Masker()
    assert masker.value({name: "hunter2"}) == {name: MASKED}
    assert masker.value({name: {"deep": ["hunter2", 1234]}}) == {name: {"deep": [MASKED] * 2}}


@pytest.mark.parametrize(
    "name",
    ["secretId", "passwordPolicy", "tokenTtl", "keyRing", "POSTGRES_PASSWORD_FILE", "tier", "name"],
)
def test_what_is_only_about_a_secret_is_shown(name: str):
    assert not secret_name(name)


def test_the_data_of_a_kubernetes_secret_is_masked_whatever_it_is_called():
    masker = Masker()
    value = masker.value("plain", "stringData.host", "kubernetes:core/v1:Secret")
    assert value == MASKED
    assert masker.value("plain", "data.host", "kubernetes:core/v1:ConfigMap") == "plain"


def test_a_variable_that_is_called_a_secret_is_masked():
    listed = [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "debug"}]
    assert Masker().value(listed) == [
        {"name": "DB_PASSWORD", "value": MASKED},
        {"name": "LEVEL", "value": "debug"},
    ]
    assert Masker().text("run with DB_PASSWORD=hunter2 now") == f"run with DB_PASSWORD={MASKED} now"


def test_pulumis_marks_stay_what_they_are():
    assert Masker().value([SECRET, UNKNOWN]) == [SECRET, UNKNOWN]


def test_what_can_not_be_judged_is_masked():
    assert Masker().value(object()) == MASKED
    assert Masker().value({"a": b"bytes"}) == {"a": MASKED}


@pytest.mark.parametrize(
    "text",
    [
        "projects/alphintra-prod/locations/europe-west1/keyRings/foundation-keys-e735d40",
        "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
        "db-perf-optimized-N-4",
        "docker.io/library/postgres:15.13-bookworm",
        "foundation-alert-firewall-policy",
        "10.80.0.0/16",
        "autopilotPrivilegedAdmissions",
        "europe-west1-docker.pkg.dev/alphintra-prod/registry",
        "pulumi-python:dynamic/alphintra:K3dCluster",
        "sha256:" + "0123456789abcdef" * 4,
        "https://www.googleapis.com/auth/cloud-platform",
    ],
)
def test_what_a_reviewer_must_read_is_shown(text: str):
    assert Masker().text(text) == text


def test_keys_look_random_and_words_do_not():
    missed = sum(not random_looking(secrets.token_urlsafe(24)) for _ in range(2_000))
    assert missed < 20
    assert not random_looking("the-quick-brown-fox-jumps-over-the-lazy-dog")


def test_a_report_with_a_known_secret_would_be_noticed():
    masker = Masker(["correct horse"])
    assert masker.holds_known("the correct horse battery")
    assert masker.holds_known(base64.b64encode(b"correct horse").decode())
    assert not masker.holds_known("nothing")
