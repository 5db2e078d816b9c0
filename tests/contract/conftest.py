"""The contract suite: the behaviour of each capability on a stack that is up.

`make contract STACK=<name>`. It knows the stack's file and outputs, asks the cluster by kubectl and
the registry by docker; clients run in two pods of the cluster, one where it is allowed and one
where it isn't. Nothing in the tests depends on the target: what only one can do is in `actions.py`,
what one does otherwise by decision in `expected.py`.
"""

from collections.abc import Iterator

import pytest

from components.certificates import make_authority
from tests.contract.actions import Disturb
from tests.contract.expect import Expect
from tests.contract.expected import EXPECTED
from tests.contract.platform import Platform, load
from tests.contract.pods import Pod, standing
from tests.contract.report import NOT_RUN, Table


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stack", help="the running stack that is held to the contract")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "disruptive: stops or restarts a server; runs at the end")
    if config.getoption("--stack", None):
        config.pluginmanager.register(Table())


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only on a stack: `pytest tests` needs none."""
    return None if config.getoption("--stack", None) else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("disruptive") is not None)


@pytest.fixture(scope="session")
def platform(pytestconfig: pytest.Config) -> Iterator[Platform]:
    platform = load(str(pytestconfig.getoption("--stack")))
    yield platform
    platform.kubeconfig.unlink()


@pytest.fixture(scope="session")
def pods(platform: Platform) -> Iterator[dict[str, Pod]]:
    with standing(platform) as both:
        yield both


@pytest.fixture(scope="session")
def inside(pods: dict[str, Pod]) -> Pod:
    """In the namespace of a service: it has credentials, and a way."""
    return pods["inside"]


@pytest.fixture(scope="session")
def outside(pods: dict[str, Pod]) -> Pod:
    """In the namespace `default`: it has the same credentials, and no way."""
    return pods["outside"]


@pytest.fixture
def disturb(platform: Platform) -> Disturb:
    chosen = Disturb(platform)
    if not chosen.allowed():
        pytest.skip(f"{NOT_RUN}: restarts the server; DISRUPTIVE=1 runs it")
    return chosen


@pytest.fixture(scope="session")
def wrong_authority() -> str:
    """The certificate (PEM) of an authority that signed for no server here."""
    certificate, _ = make_authority("a stranger")
    return certificate


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Expect:
    heard: list[tuple[str, object]] = request.node.user_properties
    return Expect(heard)


@pytest.fixture(autouse=True)
def differs(request: pytest.FixtureRequest, platform: Platform) -> None:
    """What the target is known to do otherwise must show."""
    test = request.node.nodeid.rpartition("/")[2]
    if reason := EXPECTED[platform.settings.target].get(test):
        request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))
