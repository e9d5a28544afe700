"""The console's words in a browser: deadlines as the server says them, colours and explanations out of the vocabulary."""

from datetime import UTC, datetime

from playwright.async_api import expect
from standins.console_desk import Desk

from alerts.shanghai_time import deadline
from telemetry.vocabulary import GROUPS, PALETTE

MOMENTS = (
    datetime(2026, 12, 3, 16, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 16, 0, tzinfo=UTC),
    datetime(2026, 3, 2, 9, 5, tzinfo=UTC),
    datetime(2026, 3, 2, 16, 1, tzinfo=UTC),
)


async def test_a_deadline_is_said_as_in_notices_and_on_paper(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/map")
    said = await page.evaluate(
        "async (moments) => { const { deadline } = await import('/time.js'); return moments.map(deadline); }",
        [moment.isoformat() for moment in MOMENTS],
    )
    assert [deadline(moment) for moment in MOMENTS] == said
    assert ["12月3日24时", "12月31日24时", "3月2日17:05", "3月3日00:01"] == said


async def test_the_legend_has_the_vocabulary_s_words_in_its_colours(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/map")
    buttons = page.locator(".legend button")
    await expect(buttons).to_have_text([word.text for word in GROUPS["state"].values()])
    colours = await page.locator(".legend .dot").evaluate_all(
        "(all) => all.map((e) => getComputedStyle(e).backgroundColor)"
    )
    wanted = [PALETTE[word.tone or ""].fill for word in GROUPS["state"].values()]
    assert [f"rgb({int(c[1:3], 16)}, {int(c[3:5], 16)}, {int(c[5:7], 16)})" for c in wanted] == colours
