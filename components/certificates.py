"""The stack's own certificate authority, and the certificates of its servers, where no cloud signs.

They are made once, live in the stack's state (keys as secrets), and are made anew by the next `up`
when they are about to end.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING, Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.network.plan import RFC_1918

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
"""The longest that clients are sure to take (Apple's limit since 2020 is 398)."""
RENEWAL_DAYS = 30
"""With less left than this, the next `up` makes a certificate anew."""
SKEW = timedelta(hours=1)
"""How far a client's clock may be behind."""
PERMITTED_ADDRESSES = (*RFC_1918, IPv4Network("127.0.0.0/8"))
PERMITTED_NAME = "localhost"


def now() -> datetime:
    return datetime.now(UTC)


def ends_soon(certificate: str) -> bool:
    from cryptography import x509

    left = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc - now()
    return left < timedelta(days=RENEWAL_DAYS)


def make_authority(common_name: str, domains: Sequence[str] = (PERMITTED_NAME,)) -> tuple[str, str]:
    """Certificate and key (PEM) of an authority that can sign for servers and nothing else, at
    private and loopback addresses and in `domains`: with its key nobody can pass for any other site
    of the Internet. OpenSSL, and so libpq, redis-cli and Python's ssl, holds to that."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    subtrees = [*map(x509.IPAddress, PERMITTED_ADDRESSES), *map(x509.DNSName, domains)]
    builder = (
        _builder(name, name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.NameConstraints(subtrees, None), critical=True)
    )
    return _signed(builder, key), _pem(key)


def make_server_certificate(
    common_name: str, addresses: Sequence[str], names: Sequence[str], authority: tuple[str, str]
) -> tuple[str, str]:
    """Certificate and key (PEM) of a server that is reached at `addresses` and by `names`, signed
    by `authority`, its certificate and key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.load_pem_x509_certificate(authority[0].encode())
    issuer_key = serialization.load_pem_private_key(authority[1].encode(), password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not of an elliptic curve")
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [
        *(x509.IPAddress(ip_address(address)) for address in addresses),
        *map(x509.DNSName, names),
    ]
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name(common_name), issuer.subject, key, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
    )
    return _signed(builder, issuer_key), _pem(key)


def _name(common_name: str) -> "x509.Name":
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: "x509.Name", issuer: "x509.Name", key: "EllipticCurvePrivateKey", days: int
) -> "x509.CertificateBuilder":
    """What every certificate has."""
    from cryptography import x509

    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - SKEW)
        .not_valid_after(now() + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _key_usage(*, key_cert_sign: bool = False, digital_signature: bool = False) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        key_cert_sign=key_cert_sign,
        digital_signature=digital_signature,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: "x509.CertificateBuilder", key: "EllipticCurvePrivateKey") -> str:
    from cryptography.hazmat.primitives import hashes, serialization

    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _pem(key: "EllipticCurvePrivateKey") -> str:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


class CertificateAuthorityProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        certificate, key = make_authority(props["common_name"])
        return CreateResult("authority", {**props, "certificate": certificate, "key": key})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Made anew, key and all, when it is about to end: what it signed is then signed again."""
        renamed = _olds["common_name"] != _news["common_name"]
        return DiffResult(changes=renamed or ends_soon(_olds["certificate"]))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)


class ServerCertificateProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        authority = props["authority_certificate"], props["authority_key"]
        certificate, key = make_server_certificate(
            props["common_name"], props["addresses"], props["names"], authority
        )
        return CreateResult("certificate", {**props, "certificate": certificate, "key": key})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        given = ("common_name", "addresses", "names", "authority_certificate")
        changed = any(_olds[key] != _news[key] for key in given)
        return DiffResult(changes=changed or ends_soon(_olds["certificate"]))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)


class CertificateAuthority(Resource, module="alphintra", name="CertificateAuthority"):
    """An authority of the stack's own, for ten years."""

    certificate: Output[str]
    """PEM: what a client trusts."""
    key: Output[str]
    """PEM, secret: what signs."""

    def __init__(self, name: str, common_name: str, opts: ResourceOptions) -> None:
        super().__init__(
            CertificateAuthorityProvider(),
            name,
            {"common_name": common_name, "certificate": None, "key": None},
            ResourceOptions(parent=opts.parent, additional_secret_outputs=["key"]),
        )


class ServerCertificate(Resource, module="alphintra", name="ServerCertificate"):
    """A server's certificate, for 397 days."""

    certificate: Output[str]
    """PEM."""
    key: Output[str]
    """PEM, secret."""

    def __init__(
        self,
        name: str,
        common_name: str,
        *,
        addresses: Sequence[Input[str]],
        names: Sequence[str],
        authority_certificate: Input[str],
        authority_key: Input[str],
        opts: ResourceOptions,
    ) -> None:
        super().__init__(
            ServerCertificateProvider(),
            name,
            {
                "common_name": common_name,
                "addresses": list(addresses),
                "names": list(names),
                "authority_certificate": authority_certificate,
                "authority_key": authority_key,
                "certificate": None,
                "key": None,
            },
            ResourceOptions(parent=opts.parent, additional_secret_outputs=["key", "authority_key"]),
        )
