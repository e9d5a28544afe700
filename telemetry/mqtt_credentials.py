"""Composition root: MQTT accounts, as hashes in the database and as rights at the broker."""

from collections.abc import Sequence
from pathlib import Path

from broker.access import Account, AccountKind, write_access_files
from broker.credentials import SecretHash, hash_secret, new_salt, new_secret
from telemetry.domain.errors import SettingsError
from telemetry.store.mqtt_accounts import Credential, all_credentials, put_credentials
from telemetry.store.pool import Database


async def issue_secrets(database: Database, usernames: Sequence[str], kind: AccountKind) -> dict[str, str]:
    """Create a new secret for each account, store its hash, and return the secrets by user name.

    They can't be read again. Raises SettingsError for an invalid name of such an account.
    """
    secrets = {username: new_secret() for username in usernames}
    hashes = {username: hash_secret(secret, new_salt()) for username, secret in secrets.items()}
    try:
        for username, stored in hashes.items():
            Account(username, kind, stored)
    except ValueError as fault:
        raise SettingsError(str(fault)) from fault
    await put_credentials(
        database,
        [Credential(username, kind, h.password_hash, h.salt, h.iterations) for username, h in hashes.items()],
    )
    return secrets


async def known_accounts(database: Database) -> list[Account]:
    """Return every account as the type of the broker package."""
    return [
        Account(c.username, c.kind, SecretHash(c.password_hash, c.salt, c.iterations), c.revoked)
        for c in await all_credentials(database)
    ]


async def export_accounts(database: Database, directory: Path) -> int:
    """Write mosquitto's password and ACL files into *directory*; return the number of accounts. Raises OSError."""
    accounts = await known_accounts(database)
    write_access_files(directory, accounts)
    return len(accounts)
