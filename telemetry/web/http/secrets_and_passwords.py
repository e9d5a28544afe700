"""Secrets of the web: random ids of which only hashes are kept, and passwords through argon2id off the event loop."""

import asyncio
import hashlib
import hmac
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_PASSWORD: Final = 12
MOST_PASSWORD: Final = 256
# OWASP's first choice for argon2id: 46 MiB, one pass, one lane.
_HASHER: Final = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_AT_ONCE: Final = 2
_WORN_OUT: Final = ("password", "123456", "qwerty", "admin", "recorder", "zhifa", "abcdef", "111111", "iloveyou")
_DUMMY: Final = _HASHER.hash(secrets.token_urlsafe(16))


def draw() -> str:
    """A random id of 256 bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a random id. It needs no salt and no slowness: nobody guesses 256 bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def csrf_token(session_id: str) -> str:
    """The token that unsafe requests of a session carry: bound to it, and no way back to its id."""
    return hmac.new(session_id.encode("utf-8", "surrogateescape"), b"csrf", hashlib.sha256).hexdigest()


def is_same(given: str, wanted: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))


def weakness(password: str, username: str) -> str | None:
    """Why a password is too weak, in Chinese; None if it will do (NIST SP 800-63B: length, and none that is worn out)."""
    if len(password) < LEAST_PASSWORD:
        return f"密码至少{LEAST_PASSWORD}位"
    if len(password) > MOST_PASSWORD:
        return f"密码至多{MOST_PASSWORD}位"
    lowered = password.lower()
    if len(set(lowered)) < 5:
        return "密码重复字符过多"
    if username.lower() in lowered:
        return "密码不得包含账号名"
    rest = lowered
    for word in _WORN_OUT:
        rest = rest.replace(word, "")
    if len(rest) < LEAST_PASSWORD // 2:
        return "密码过于常见"
    return None


class Passwords:
    """Hashes and checks passwords in threads, a few at a time: each takes 46 MiB, and logins come from anybody."""

    def __init__(self) -> None:
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The argon2id hash."""
        async with self._gate:
            return await asyncio.to_thread(hash_password, password)

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; without a hash it takes as long and is wrong."""
        async with self._gate:
            right = await asyncio.to_thread(_is_right, password, password_hash or _DUMMY)
        return right and password_hash is not None


def hash_password(password: str) -> str:
    """The argon2id hash, made here and now."""
    return _HASHER.hash(password)


def _is_right(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
