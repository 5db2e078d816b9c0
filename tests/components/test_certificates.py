"""The stack's authority and its servers' certificates: what is in them, and who takes them."""

import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from components import certificates
from components.certificates import (
    PERMITTED_ADDRESSES,
    CertificateAuthorityProvider,
    ServerCertificateProvider,
    make_authority,
    make_server_certificate,
)
from tests.authority import authority

ADDRESSES, NAMES = ["10.60.32.10", "127.0.0.1"], ["localhost"]


def parsed(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def server_props() -> dict[str, Any]:
    certificate, key = authority()
    return {
        "common_name": "alphintra dev database",
        "addresses": ADDRESSES,
        "names": NAMES,
        "authority_certificate": certificate,
        "authority_key": key,
        "certificate": None,
        "key": None,
    }


def signed(address: str, names: list[str], pair: tuple[str, str] | None = None) -> tuple[str, str]:
    return make_server_certificate("a server", [address], names, pair or authority())


def test_the_authority_signs_for_servers_and_for_no_other_authority():
    certificate = parsed(authority()[0])
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.key_cert_sign) == (True, True)
    assert not usage.value.digital_signature
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=3649) < left <= timedelta(days=3650)


def test_a_servers_certificate_is_for_tls_servers_at_its_addresses_and_for_397_days():
    outs = ServerCertificateProvider().create(server_props()).outs or {}
    certificate = parsed(outs["certificate"])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address(one) for one in ADDRESSES]
    assert names.get_values_for_type(x509.DNSName) == NAMES
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    whole = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=397) < whole < timedelta(days=398)
    assert "PRIVATE KEY" in outs["key"] and "PRIVATE KEY" not in outs["certificate"]


@given(st.sampled_from(PERMITTED_ADDRESSES).flatmap(lambda net: st.ip_addresses(network=net)))
def test_any_private_address_verifies_and_no_other(address: IPv4Address):
    certificate, _ = signed(str(address), ["localhost"])
    store = verification.Store([parsed(authority()[0])])
    builder = verification.PolicyBuilder().store(store)
    chain = builder.build_server_verifier(x509.IPAddress(address)).verify(parsed(certificate), [])
    assert [one.subject for one in chain][1:] == [parsed(authority()[0]).subject]
    with pytest.raises(verification.VerificationError):
        elsewhere = x509.IPAddress(ip_address(int(address) ^ 1))
        builder.build_server_verifier(elsewhere).verify(parsed(certificate), [])


class Server:
    """A TLS server on loopback, for one connection."""

    def __init__(self, folder: Path, certificate: str, key: str) -> None:
        (folder / "server.pem").write_text(certificate + key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()

    def answer(self) -> None:
        connection, _ = self.listener.accept()
        with connection, contextlib.suppress(OSError):  # when the client does not like it
            self.context.wrap_socket(connection, server_side=True).close()

    def greet(self, name: str, trusted: str) -> None:
        """Connect as a client that verifies all that it can."""
        context = ssl.create_default_context(cadata=trusted)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        try:
            with (
                socket.create_connection(self.listener.getsockname(), timeout=5) as plain,
                context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                assert secure.version() == "TLSv1.3"
        finally:
            self.thread.join()
            self.listener.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_strict_client_takes_it(tmp_path: Path, name: str):
    Server(tmp_path, *signed("127.0.0.1", ["localhost"])).greet(name, authority()[0])


def test_a_client_refuses_another_authority_of_the_same_name(tmp_path: Path):
    server = Server(tmp_path, *signed("127.0.0.1", ["localhost"]))
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        server.greet("localhost", make_authority("an authority for tests")[0])


@pytest.mark.parametrize(
    ("address", "name"), [("127.0.0.1", "bank.example"), ("203.0.113.1", "localhost")]
)
def test_a_client_refuses_what_the_authority_may_not_sign_for(
    tmp_path: Path, address: str, name: str
):
    server = Server(tmp_path, *signed(address, [name]))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        server.greet(name, authority()[0])


def at(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Let the providers think that it is `days` later."""
    later = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(certificates, "now", lambda: later)


@pytest.mark.parametrize(
    ("provider", "props", "days"),
    [
        (CertificateAuthorityProvider(), {"common_name": "an authority"}, 3650),
        (ServerCertificateProvider(), server_props(), 397),
    ],
    ids=["authority", "server"],
)
def test_it_is_renewed_when_less_than_thirty_days_are_left(
    provider: Any, props: dict[str, Any], days: int, monkeypatch: pytest.MonkeyPatch
):
    made = provider.create(props).outs
    assert provider.diff("x", made, props).changes is False
    at(monkeypatch, days - 30.5)
    assert provider.diff("x", made, props).changes is False
    at(monkeypatch, days - 29.5)
    assert provider.diff("x", made, props).changes is True
    renewed = provider.update("x", made, props).outs
    assert renewed["key"] != made["key"]
    assert provider.diff("x", renewed, props).changes is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("common_name", "another"),
        ("addresses", ["10.60.32.99"]),
        ("names", []),
        ("authority_certificate", "another"),
        ("authority_certificate", None),  # not known yet, in a preview
    ],
)
def test_it_is_made_anew_when_what_it_says_changes(field: str, value: Any):
    made = ServerCertificateProvider().create(server_props()).outs or {}
    diff = ServerCertificateProvider().diff("x", made, {**server_props(), field: value})
    assert diff.changes and not diff.replaces


def test_an_error_does_not_show_the_key():
    with pytest.raises(ValueError) as error:
        make_server_certificate("a server", [], [], (authority()[0], "not a key: s3cret"))
    assert "s3cret" not in str(error.value)
