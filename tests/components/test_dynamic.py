"""What every dynamic provider of the program must keep to."""

# Pulumi's serializer has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import base64
import subprocess
import sys

import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from components.cache.server_settings import RedisSettingsProvider
from components.certificates import CertificateAuthorityProvider, ServerCertificateProvider
from components.cluster.k3d import K3dProvider
from components.connectivity.publish import PublishedImageProvider
from components.database.postgres import PostgresDatabaseProvider, PostgresRoleProvider
from components.database.server_settings import PostgresSettingsProvider
from components.images import LocalImageProvider
from components.network.host import HostRangesProvider
from components.password import ALPHABET, LENGTH, PasswordProvider
from tests.programs import ROOT

PROVIDERS: list[type[ResourceProvider]] = [
    CertificateAuthorityProvider,
    HostRangesProvider,
    K3dProvider,
    LocalImageProvider,
    PasswordProvider,
    PostgresDatabaseProvider,
    PostgresRoleProvider,
    PostgresSettingsProvider,
    PublishedImageProvider,
    RedisSettingsProvider,
    ServerCertificateProvider,
]
PICKLE_ALL = """
from pulumi.dynamic.dynamic import serialize_provider
from tests.components.test_dynamic import PROVIDERS
for provider in PROVIDERS:
    print(serialize_provider(provider()))
"""


def test_none_is_forgotten():
    found = {
        name
        for path in (ROOT / "components").rglob("*.py")
        for name in path.read_text().split()
        if name.endswith("Provider(ResourceProvider):")
    }
    assert found == {f"{provider.__name__}(ResourceProvider):" for provider in PROVIDERS}


@pytest.mark.slow
def test_pickled_bytes_are_the_same_in_every_process():
    """They are in the state: a difference would show as an update of every resource."""
    other = subprocess.run(
        [sys.executable, "-c", PICKLE_ALL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.split() == [serialize_provider(provider()) for provider in PROVIDERS]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_state_names_the_class_but_holds_no_code(provider: type[ResourceProvider]):
    pickled = base64.b64decode(serialize_provider(provider()))
    assert provider.__module__.encode() in pickled
    assert len(pickled) < 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_changes_are_told_by_the_provider_itself(provider: type[ResourceProvider]):
    assert provider.serialize_as_secret_always is False
    assert provider.diff is not ResourceProvider.diff


def test_passwords_are_long_plain_and_never_the_same():
    values = [(PasswordProvider().create({}).outs or {})["value"] for _ in range(50)]
    assert len(set(values)) == 50
    assert all(len(value) == LENGTH and set(value) <= set(ALPHABET) for value in values)


def test_a_password_never_changes():
    assert PasswordProvider().diff("password", {"value": "a"}, {"value": None}).changes is False
