"""Store, beneath the pool: how a moment travels to PostgreSQL and back, in half the time of asyncpg's own way.

Three columns of every reading are moments, and they cost more to send than all the others together.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_US: Final = 86_400_000_000
_S_US: Final = 1_000_000
# What asyncpg takes for 'infinity' and '-infinity', and how PostgreSQL spells them.
_ENDLESS: Final = {datetime.max: (2**63 - 1,), datetime.min: (-(2**63),)}  # noqa: DTZ901 - asyncpg's spelling
_ENDLESS_BACK: Final = {encoded: moment for moment, encoded in _ENDLESS.items()}

Encoded = tuple[int]
"""Microseconds since 2000-01-01 in UTC: the `tuple` format of asyncpg's codec for timestamptz."""


def moment_encoder() -> Callable[[datetime], Encoded]:
    """An encoder for one connection: it remembers the last two, since neighbours in a row are often the same object.

    It raises ValueError for a moment without a zone.
    """
    last: datetime | None = None
    other: datetime | None = None
    last_encoded: Encoded = (0,)
    other_encoded: Encoded = (0,)

    def encode(moment: datetime) -> Encoded:
        nonlocal last, other, last_encoded, other_encoded
        if moment is last:
            return last_encoded
        if moment is other:
            return other_encoded
        other, other_encoded = last, last_encoded
        last, last_encoded = moment, encode_moment(moment)
        return last_encoded

    return encode


def encode_moment(moment: datetime) -> Encoded:
    """*moment* as PostgreSQL keeps it. Raises ValueError where it has no zone."""
    if moment.tzinfo is None:
        if moment not in _ENDLESS:
            raise ValueError(f"{moment} has no zone")
        return _ENDLESS[moment]
    since = moment - _EPOCH
    return (since.days * _DAY_US + since.seconds * _S_US + since.microseconds,)


def decode_moment(encoded: Encoded) -> datetime:
    """The moment that PostgreSQL keeps as *encoded*, in UTC; 'infinity' is `datetime.max`, as asyncpg has it."""
    try:
        return _EPOCH + timedelta(0, 0, encoded[0])
    except OverflowError:
        return _ENDLESS_BACK[encoded]
