"""A small certificate authority: the broker's certificate, the recorders' certificates, and the revocation list.

For a demonstration, tests, and bureaus without a PKI. A recorder's certificate has its `recorder_id` as CN, which the
broker uses as the user name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.access import is_reserved, write_private
from telemetry.domain.topics import is_id

AUTHORITY_DAYS: Final = 3650
SERVER_DAYS: Final = 825
CLIENT_DAYS: Final = 1095
_CLOCKS_DIFFER: Final = timedelta(hours=1)
"""Certificates are valid from this long before they are issued, for clocks that are slow."""
_REVOCATION_LIST_DAYS: Final = 3650
"""Long, because a broker refuses everybody once the list expires, and it is only renewed with an export."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A self-signed certificate with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate with its key, both PEM; `serial` identifies it in the revocation list."""

    certificate: bytes
    key: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """A revoked certificate."""

    serial: int
    revoked_at: datetime


def new_authority(name: str, now: datetime) -> Authority:
    """Create an authority called *name*, valid for `AUTHORITY_DAYS`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return Authority(certificate, key)


def issue_server(authority: Authority, hosts: Sequence[str], now: datetime) -> IssuedCertificate:
    """Issue the broker's certificate for all host names and addresses in *hosts*."""
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return _issue(authority, hosts[0], x509.SubjectAlternativeName(names), ExtendedKeyUsageOID.SERVER_AUTH, now)


def issue_client(authority: Authority, recorder_id: str, now: datetime) -> IssuedCertificate:
    """Issue a recorder's certificate. Raises ValueError if *recorder_id* isn't an id, or is the server's name."""
    if not is_id(recorder_id):
        raise ValueError(f"recorder_id {recorder_id!r}: not 1-32 characters of A-Z a-z 0-9 _ -")
    if is_reserved(recorder_id):
        raise ValueError(f"recorder_id {recorder_id!r}: the server's name at the broker")
    return _issue(authority, recorder_id, None, ExtendedKeyUsageOID.CLIENT_AUTH, now)


def revocation_list(authority: Authority, revocations: Iterable[Revocation], now: datetime) -> bytes:
    """The revocation list (PEM), which the broker checks every client certificate against."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - _CLOCKS_DIFFER)
        .next_update(now + timedelta(days=_REVOCATION_LIST_DAYS))
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for revocation in revocations:
        revoked = x509.RevokedCertificateBuilder(revocation.serial, revocation.revoked_at)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.PEM)


def revocations_in(pem: bytes) -> list[Revocation]:
    """The entries of a revocation list (PEM). Raises ValueError."""
    listed = x509.load_pem_x509_crl(pem)
    return [Revocation(revoked.serial_number, revoked.revocation_date_utc) for revoked in listed]


def serial_of(pem: bytes) -> int:
    """The serial number of a certificate (PEM). Raises ValueError."""
    return x509.load_pem_x509_certificate(pem).serial_number


def save_authority(authority: Authority, directory: Path) -> None:
    """Write `authority.pem` (public) and `authority.key` (keep it secret) to *directory*. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    write_private(directory / "authority.key", _key_pem(authority.key))
    write_private(directory / "authority.pem", authority.certificate.public_bytes(Encoding.PEM))


def load_authority(directory: Path) -> Authority:
    """Read what `save_authority` wrote. Raises OSError or ValueError."""
    key = load_pem_private_key((directory / "authority.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{directory / 'authority.key'}: no key on an elliptic curve")  # noqa: TRY004 - a file's fault
    return Authority(x509.load_pem_x509_certificate((directory / "authority.pem").read_bytes()), key)


def _issue(
    authority: Authority,
    common_name: str,
    alternative: x509.SubjectAlternativeName | None,
    purpose: x509.ObjectIdentifier,
    now: datetime,
) -> IssuedCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    days = SERVER_DAYS if alternative is not None else CLIENT_DAYS
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(_name(common_name), authority.certificate.subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(signer, critical=False)
    )
    if alternative is not None:
        builder = builder.add_extension(alternative, critical=False)
    signed = builder.sign(authority.key, SHA256())
    return IssuedCertificate(signed.public_bytes(Encoding.PEM), _key_pem(key), signed.serial_number)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
