"""`/scores`: the units' scores of a year, as far as its months are closed."""

from typing import Final

from pydantic import BaseModel

from alerts.paperwork.circulars.closing import closed_months
from alerts.paperwork.circulars.scores import YearScores, year_scores
from telemetry.web.http.problems import faulty
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import WATCHERS, sight_of_call


class Deduction(BaseModel):
    """What one kind of incident cost, and which incidents."""

    rule: str
    rule_zh: str
    count: int
    weight: float
    points: float
    incident_ids: list[str]


class UnitScore(BaseModel):
    """A unit's score of the year."""

    unit_id: str
    unit_name: str
    score: float
    deductions: list[Deduction]


class Scores(BaseModel):
    """The year as far as its months are closed."""

    year: int
    months: list[str]
    full: float
    units: list[UnitScore]


async def _scores(call: Call) -> Scores:
    text = call.path["year"]
    if not (text.isascii() and text.isdigit() and 2000 <= int(text) <= 2999):
        raise faulty("year", "no year", "不是有效的年份")
    async with call.database.connection() as connection:
        months = await closed_months(connection)
    scored = year_scores(int(text), months, call.site.paper.score)
    sight = sight_of_call(call)
    return _spelled(scored, [unit.unit_id for unit in scored.units if sight.within(unit.unit_id)])


def _spelled(scored: YearScores, seen: list[str]) -> Scores:
    return Scores(
        year=scored.year,
        months=list(scored.months),
        full=scored.full,
        units=[
            UnitScore(
                unit_id=unit.unit_id,
                unit_name=unit.name,
                score=unit.score,
                deductions=[
                    Deduction(
                        rule=d.rule,
                        rule_zh=d.name,
                        count=d.count,
                        weight=d.weight,
                        points=d.points,
                        incident_ids=list(d.incident_ids),
                    )
                    for d in unit.deductions
                ],
            )
            for unit in scored.units
            if unit.unit_id in seen
        ],
    )


ROUTES: Final = (
    Route("GET", "/scores/{year}", _scores, summary="年度得分", roles=WATCHERS, scope="read", answer=Scores),
)
