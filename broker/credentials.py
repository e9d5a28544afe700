"""Secrets of MQTT accounts: drawn here, handed out once, kept as one hash that mosquitto and EMQX both accept."""

import hmac
import secrets
import string
from base64 import b64encode
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from typing import Final

ITERATIONS: Final = 101
"""PBKDF2 rounds, mosquitto's own default.

Stretching helps a password that a person thought up; these secrets are 256 random bits, so more rounds would add
nothing but seconds: mosquitto hashes in its only thread, at every CONNECT of a fleet that comes back after an outage,
and again for every connected recorder at each reload. 5,000 recorders are back within 1.0 s and reload in 0.5 s; with
1,000 rounds it was 4.5 s and 3.4 s.
"""
SALT_BYTES: Final = 12
"""mosquitto 2.0 refuses a `$7$` hash whose salt has any other length."""
_SALT_ALPHABET: Final = string.ascii_letters + string.digits
_SECRET_BYTES: Final = 32
_GROUP_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class SecretHash:
    """PBKDF2-HMAC-SHA512 of one secret: `password_hash` has 64 bytes, `salt` 12 bytes of ASCII letters and digits.

    EMQX takes the salt as text and mosquitto as bytes; ASCII is the same to both, which is why one hash serves both.
    """

    password_hash: bytes
    salt: bytes
    iterations: int


def new_secret() -> str:
    """A secret of 256 random bits, 43 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_salt() -> bytes:
    """A fresh salt of `SALT_BYTES` ASCII letters and digits (71 random bits)."""
    return "".join(secrets.choice(_SALT_ALPHABET) for _ in range(SALT_BYTES)).encode("ascii")


def new_share_group() -> str:
    """A name for the shared subscription of the ingest workers that nobody can guess.

    mosquitto's ACL file knows no rule for subscribing, only for receiving. A recorder that subscribes to
    `$share/<group>/recorder/v1/+/+` is sent nothing, yet takes its turn in the group: what was its turn is lost. A
    group whose name only the server knows can't be joined.
    """
    return f"ingest-{secrets.token_urlsafe(_GROUP_BYTES)}"


def hash_secret(secret: str, salt: bytes, iterations: int = ITERATIONS) -> SecretHash:
    """Hash *secret* as both brokers do; the salt comes from `new_salt`."""
    return SecretHash(pbkdf2_hmac("sha512", secret.encode(), salt, iterations), salt, iterations)


def matches(secret: str, stored: SecretHash) -> bool:
    """Whether *secret* is the one that was hashed, in constant time."""
    candidate = hash_secret(secret, stored.salt, stored.iterations)
    return hmac.compare_digest(candidate.password_hash, stored.password_hash)


def mosquitto_hash(stored: SecretHash) -> str:
    """The hash as mosquitto's password file spells it: `$7$rounds$salt$hash`, both in Base64."""
    salt, digest = b64encode(stored.salt).decode(), b64encode(stored.password_hash).decode()
    return f"$7${stored.iterations}${salt}${digest}"


def emqx_hash(stored: SecretHash) -> tuple[str, str]:
    """`password_hash` in lower-case hexadecimal and `salt` as text: what EMQX's pbkdf2 with `mac_fun = sha512` compares.

    `emqx_views.sql` says the same in SQL. EMQX takes the rounds from its configuration, for all accounts at once.
    """
    return stored.password_hash.hex(), stored.salt.decode("ascii")
