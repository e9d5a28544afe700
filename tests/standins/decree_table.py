"""Test data: an invented holiday decree for 2027 with holidays and make-up workdays."""

from datetime import date, timedelta

_OFF = (
    ("元旦", 1, 1, 3),
    ("春节", 2, 5, 8),
    ("清明节", 4, 3, 3),
    ("劳动节", 5, 1, 5),
    ("端午节", 6, 9, 1),
    ("中秋节", 9, 15, 1),
    ("国庆节", 10, 1, 7),
)
_WORKED = ((1, 31), (2, 14), (5, 8), (10, 9), (9, 26))


def _days() -> dict[date, tuple[bool, str]]:
    off = {
        date(2027, month, day) + timedelta(days=n): (False, name)
        for name, month, day, length in _OFF
        for n in range(length)
    }
    return dict(sorted({**off, **{date(2027, month, day): (True, "调休") for month, day in _WORKED}}.items()))


DECREE_2027 = _days()


def table_of(days: dict[date, tuple[bool, str]]) -> str:
    """The table as CSV."""
    rows = [f"{day},{'是' if works else '否'},{name}" for day, (works, name) in days.items()]
    return "\n".join(["日期,上班,名称", *rows, ""])
