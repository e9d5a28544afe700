"""Certificates as they are made; `integration/test_broker_certificates.py` shows them to a broker."""

import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from broker import certificates, tls_files

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AUTHORITY = certificates.new_authority("a bureau", NOW)


def test_a_recorder_s_certificate_has_its_id_as_common_name() -> None:
    issued = certificates.issue_client(AUTHORITY, "R0017", NOW)
    certificate = x509.load_pem_x509_certificate(issued.certificate)
    assert ["R0017"] == [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    assert issued.serial == certificate.serial_number
    assert NOW + timedelta(days=certificates.CLIENT_DAYS) == certificate.not_valid_after_utc
    certificate.verify_directly_issued_by(AUTHORITY.certificate)


@pytest.mark.parametrize("recorder_id", ["", "R/1", "R 1", "#"])
def test_a_certificate_is_made_for_ids_of_the_contract_only(recorder_id: str) -> None:
    with pytest.raises(ValueError, match="recorder_id"):
        certificates.issue_client(AUTHORITY, recorder_id, NOW)


def test_the_broker_s_certificate_names_all_its_names_and_addresses() -> None:
    issued = certificates.issue_server(AUTHORITY, ["broker.example", "10.0.0.7", "::1"], NOW)
    certificate = x509.load_pem_x509_certificate(issued.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ["broker.example"] == names.get_values_for_type(x509.DNSName)
    assert [ip_address("10.0.0.7"), ip_address("::1")] == names.get_values_for_type(x509.IPAddress)


def test_the_revocation_list_names_what_was_taken_back_and_is_signed() -> None:
    issued = certificates.issue_client(AUTHORITY, "R0017", NOW)
    other = certificates.issue_client(AUTHORITY, "R0018", NOW)
    pem = certificates.revocation_list(AUTHORITY, [certificates.Revocation(issued.serial, NOW)], NOW)
    revoked = x509.load_pem_x509_crl(pem)
    assert revoked.get_revoked_certificate_by_serial_number(issued.serial) is not None
    assert revoked.get_revoked_certificate_by_serial_number(other.serial) is None
    assert revoked.is_signature_valid(AUTHORITY.key.public_key())


def test_an_authority_comes_back_as_it_was_saved_and_its_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    certificates.save_authority(AUTHORITY, tmp_path)
    assert 0o600 == stat.S_IMODE((tmp_path / "authority.key").stat().st_mode)
    loaded = certificates.load_authority(tmp_path)
    assert AUTHORITY.certificate == loaded.certificate
    certificate = x509.load_pem_x509_certificate(certificates.issue_client(loaded, "R1", NOW).certificate)
    certificate.verify_directly_issued_by(AUTHORITY.certificate)


def test_the_command_makes_all_files_and_a_revocation_stays(tmp_path: Path) -> None:
    for words in (["--host", "broker.example"], ["--client", "R1", "--client", "R2"]):
        assert 0 == tls_files.main([str(tmp_path), *words])
    first, second = (tmp_path / "clients" / f"{name}.pem" for name in ("R1", "R2"))
    assert 0 == tls_files.main([str(tmp_path), "--revoke", str(first)])
    assert 0 == tls_files.main([str(tmp_path), "--revoke", str(second), "--revoke", str(second)])
    revoked = {r.serial for r in certificates.revocations_in((tmp_path / "revoked.pem").read_bytes())}
    assert {certificates.serial_of(first.read_bytes()), certificates.serial_of(second.read_bytes())} == revoked
    broker = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    broker.verify_directly_issued_by(certificates.load_authority(tmp_path).certificate)
    assert {"authority.key", "authority.pem", "clients", "revoked.pem", "server.key", "server.pem"} == {
        path.name for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("words", [["--client", "no id"], ["--revoke", "nowhere.pem"], ["--revoke", __file__]])
def test_the_command_says_what_it_cannot_do(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == tls_files.main([str(tmp_path), *words])
    assert capsys.readouterr().err.startswith("tls_files: ")
