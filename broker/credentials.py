"""Secrets of MQTT accounts: generated here, shown once, stored as one hash that mosquitto and EMQX both accept."""

import hmac
import secrets
import string
from base64 import b64encode
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from typing import Final

ITERATIONS: Final = 101
"""PBKDF2 rounds, mosquitto's default.

More rounds protect passwords that people choose; these secrets are 256 random bits and need none. They would cost
time: mosquitto hashes in its only thread, at every CONNECT and for every connected recorder at each reload. With 101
rounds, 5,000 recorders reconnect within 1.0 s and reload in 0.5 s; with 1,000 it was 4.5 s and 3.4 s.
"""
SALT_BYTES: Final = 12
"""mosquitto 2.0 refuses `$7$` hashes with a salt of another length."""
_SALT_ALPHABET: Final = string.ascii_letters + string.digits
_SECRET_BYTES: Final = 32
_GROUP_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class SecretHash:
    """PBKDF2-HMAC-SHA512 of one secret: `password_hash` has 64 bytes, `salt` 12 ASCII letters and digits.

    EMQX reads the salt as text and mosquitto as bytes. In ASCII both are the same, so one hash serves both;
    `production/emqx_views.sql` shows it to EMQX.
    """

    password_hash: bytes
    salt: bytes
    iterations: int


def new_secret() -> str:
    """A secret of 256 random bits: 43 characters that need no quoting."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_salt() -> bytes:
    """A salt of `SALT_BYTES` random ASCII letters and digits (71 bits)."""
    return "".join(secrets.choice(_SALT_ALPHABET) for _ in range(SALT_BYTES)).encode("ascii")


def new_share_group() -> str:
    """A random name for the ingest workers' shared subscription.

    mosquitto's ACL has no rule for subscribing, only for receiving. A recorder that subscribes to
    `$share/<group>/recorder/v1/+/+` receives nothing, but the messages of its turn in the group are lost. It can't join
    a group whose name only the server knows.
    """
    return f"ingest-{secrets.token_urlsafe(_GROUP_BYTES)}"


def hash_secret(secret: str, salt: bytes, iterations: int = ITERATIONS) -> SecretHash:
    """Hash *secret* as both brokers do; use a salt of `new_salt`."""
    return SecretHash(pbkdf2_hmac("sha512", secret.encode(), salt, iterations), salt, iterations)


def matches(secret: str, stored: SecretHash) -> bool:
    """Whether *secret* is the one that was hashed; takes the same time either way."""
    candidate = hash_secret(secret, stored.salt, stored.iterations)
    return hmac.compare_digest(candidate.password_hash, stored.password_hash)


def mosquitto_hash(stored: SecretHash) -> str:
    """The hash in mosquitto's password file: `$7$rounds$salt$hash`, salt and hash in Base64."""
    salt, digest = b64encode(stored.salt).decode(), b64encode(stored.password_hash).decode()
    return f"$7${stored.iterations}${salt}${digest}"
