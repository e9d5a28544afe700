"""Working days that were imported, kept on a database."""

from datetime import date

from alerts.duty.calendar import BureauCalendar
from telemetry.store.calendar import calendar_days, put_calendar_days
from telemetry.store.pool import Database


async def test_imported_days_make_a_year_known_and_can_be_corrected(database: str) -> None:
    opened = await Database.open(database)
    try:
        async with opened.connection() as connection:
            await put_calendar_days(connection, {date(2040, 10, 1): (True, ""), date(2040, 10, 6): (True, "调休")})
            await put_calendar_days(connection, {date(2040, 10, 1): (False, "国庆节")})
            calendar = BureauCalendar(await calendar_days(connection))
    finally:
        await opened.close()
    assert (False, True, True) == tuple(
        calendar.is_working_day(day) for day in (date(2040, 10, 1), date(2040, 10, 6), date(2040, 3, 5))
    )
