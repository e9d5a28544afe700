"""Makes the broker's TLS files and the recorders' certificates, for a bureau without a PKI.

    python -m broker.tls_files DIRECTORY --host broker.example --host 10.0.0.7
    python -m broker.tls_files DIRECTORY --client R0017 --client R0018
    python -m broker.tls_files DIRECTORY --revoke DIRECTORY/clients/R0017.pem

The first call creates the authority. Its key stays in DIRECTORY and signs the rest: keep it off the broker's machine.
mosquitto reads a new revocation list on SIGHUP.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from broker import certificates
from broker.access import write_private
from broker.certificates import Authority, Revocation


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is asked for; return 2 if that fails."""
    parser = argparse.ArgumentParser(
        prog="python -m broker.tls_files", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    parser.add_argument("--host", action="append", default=[], help="a name or address of the broker (new certificate)")
    parser.add_argument("--client", action="append", default=[], metavar="RECORDER", help="a recorder's certificate")
    parser.add_argument("--revoke", action="append", default=[], type=Path, metavar="FILE", help="a certificate (PEM)")
    words = parser.parse_args(arguments)
    now = datetime.now(UTC)
    try:
        authority = _authority(words.directory, now)
        _revoke(words.directory, authority, words.revoke, now)
        _certify_broker(words.directory, authority, words.host, now)
        _certify_recorders(words.directory / "clients", authority, words.client, now)
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"tls_files: {fault}\n")
        return 2
    return 0


def _authority(directory: Path, now: datetime) -> Authority:
    if not (directory / "authority.key").exists():
        certificates.save_authority(certificates.new_authority("recorder-fleet", now), directory)
    return certificates.load_authority(directory)


def _revoke(directory: Path, authority: Authority, files: Sequence[Path], now: datetime) -> None:
    listed = directory / "revoked.pem"
    known = certificates.revocations_in(listed.read_bytes()) if listed.exists() else []
    new = [Revocation(certificates.serial_of(file.read_bytes()), now) for file in files]
    write_private(listed, certificates.revocation_list(authority, {r.serial: r for r in [*new, *known]}.values(), now))


def _certify_broker(directory: Path, authority: Authority, hosts: Sequence[str], now: datetime) -> None:
    if hosts:
        issued = certificates.issue_server(authority, hosts, now)
        write_private(directory / "server.key", issued.key)
        write_private(directory / "server.pem", issued.certificate)


def _certify_recorders(directory: Path, authority: Authority, recorder_ids: Sequence[str], now: datetime) -> None:
    directory.mkdir(exist_ok=True)
    for recorder_id in recorder_ids:
        issued = certificates.issue_client(authority, recorder_id, now)
        write_private(directory / f"{recorder_id}.key", issued.key)
        write_private(directory / f"{recorder_id}.pem", issued.certificate)


if __name__ == "__main__":
    sys.exit(main())
