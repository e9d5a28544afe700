"""Secrets and their hashes."""

import hashlib
from base64 import b64decode

from broker.credentials import (
    ITERATIONS,
    SALT_BYTES,
    hash_secret,
    matches,
    mosquitto_hash,
    new_salt,
    new_secret,
    new_share_group,
)


def test_secrets_salts_and_group_names_never_repeat() -> None:
    for draw in (new_secret, new_salt, new_share_group):
        assert 1_000 == len({draw() for _ in range(1_000)})


def test_a_secret_has_256_bits_and_needs_no_quoting() -> None:
    secret = new_secret()
    assert 43 == len(secret)
    assert secret.replace("-", "").replace("_", "").isalnum()


def test_only_the_secret_that_was_hashed_matches() -> None:
    stored = hash_secret("a secret", new_salt())
    assert matches("a secret", stored)
    assert not matches("a secret ", stored)
    assert not matches("", stored)


def test_the_same_secret_has_another_hash_under_another_salt() -> None:
    assert hash_secret("a secret", b"a" * SALT_BYTES) != hash_secret("a secret", b"b" * SALT_BYTES)


def test_mosquitto_s_form_holds_rounds_salt_and_hash() -> None:
    empty, algorithm, rounds, salt, digest = mosquitto_hash(hash_secret("a secret", b"abcdefghijkl")).split("$")
    assert ("", "7", str(ITERATIONS), b"abcdefghijkl") == (empty, algorithm, rounds, b64decode(salt))
    assert hashlib.pbkdf2_hmac("sha512", b"a secret", b"abcdefghijkl", ITERATIONS) == b64decode(digest)


def test_mosquitto_s_form_is_the_one_that_mosquitto_passwd_writes() -> None:
    # What `mosquitto_passwd -b` of mosquitto 2.0.11 made of "secret".
    digest = "fmmfdtZIXAGX1YcT3rFExm8f0LE2SdY3AWoBbsfw3KEOqh43NGZ39TBob7afw7lvdcJOmYMLVcIqGmRiMdjl/w=="
    salt = "5W4EWFb7S+Aa7LJt"
    assert f"$7$101${salt}${digest}" == mosquitto_hash(hash_secret("secret", b64decode(salt)))
