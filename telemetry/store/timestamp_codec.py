"""Store: encode and decode timestamptz in half the time that asyncpg needs.

Every reading has three timestamps, and they cost more to send than all other columns together.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_US: Final = 86_400_000_000
_S_US: Final = 1_000_000
# asyncpg's values for 'infinity' and '-infinity', and PostgreSQL's encoding of them.
_ENDLESS: Final = {datetime.max: (2**63 - 1,), datetime.min: (-(2**63),)}  # noqa: DTZ901 - asyncpg's spelling
_ENDLESS_BACK: Final = {encoded: moment for moment, encoded in _ENDLESS.items()}

Encoded = tuple[int]
"""Microseconds since 2000-01-01 UTC: the `tuple` format of asyncpg's codec for timestamptz."""


def moment_encoder() -> Callable[[datetime], Encoded]:
    """Return an encoder for one connection. It caches the last two results, as a row often repeats an object.

    It raises ValueError for a time without a zone.
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
    """Encode *moment* in PostgreSQL's format. Raises ValueError if it has no zone."""
    if moment.tzinfo is None:
        if moment not in _ENDLESS:
            raise ValueError(f"{moment} has no zone")
        return _ENDLESS[moment]
    since = moment - _EPOCH
    return (since.days * _DAY_US + since.seconds * _S_US + since.microseconds,)


def decode_moment(encoded: Encoded) -> datetime:
    """Decode to UTC; 'infinity' becomes `datetime.max`, as in asyncpg."""
    try:
        return _EPOCH + timedelta(0, 0, encoded[0])
    except OverflowError:
        return _ENDLESS_BACK[encoded]
