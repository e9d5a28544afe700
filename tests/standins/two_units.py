"""Test data: one row of every collection for one's own unit and one for another, for tests of visibility."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from standins.api_scene import Api, shift
from standins.paper_scene import slip

from telemetry.records.incidents import IncidentRow, TransitionRow
from telemetry.records.register_entries import EntryRow
from telemetry.store.incidents import write_changes
from telemetry.store.notices import add_maintenance
from telemetry.store.repairs_and_requests import add_entry
from telemetry.store.slips import add_slip

HOUR: Final = timedelta(hours=1)
MARCH: Final = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
OWN: Final = "本队事项"
FOREIGN: Final = "外队事项"
"""A marker in all free text of the other unit's rows, so that a leak is detected."""
_SIDES: Final = (("own", "P0031", "R0017", "U04", OWN), ("foreign", "P0051", "R0051", "U05", FOREIGN))


async def put_both(scene: Api, words: str | None = None) -> None:
    """Store everything for both units, with *words* in every free text; ids end in `-own` and `-foreign`, numbers are 1 and 2."""
    await scene.put("shifts", shift("S5", "P0051", scene.now - 2 * HOUR, scene.now + 6 * HOUR))
    for number, (side, officer_id, recorder_id, unit_id, mark) in enumerate(_SIDES, 1):
        said = words or mark
        await _facts(scene, side, officer_id, recorder_id, said)
        whose = (officer_id, recorder_id, unit_id)
        await _incident(scene, f"I-{side}", whose, "open", scene.now - HOUR)
        await _incident(scene, f"I-old-{side}", whose, "upheld", MARCH)
        await _paper(scene, side, number, whose, said)
        await scene.value(
            "INSERT INTO notice (person, urgent, created_at, message, routes, state, next_at) "
            "VALUES ($1, false, now(), $2::text::jsonb, '[]', 'dead', now())",
            officer_id,
            json.dumps({"title": said, "text": said}),
        )


async def _facts(scene: Api, side: str, officer_id: str, recorder_id: str, words: str) -> None:
    begins, at = scene.now - 30 * HOUR, scene.now
    day = {"starts_at": begins.isoformat(), "ends_at": (begins + HOUR).isoformat(), "entered_at": at.isoformat()}
    late = {"id": f"E-{side}", "officer_id": officer_id, "reason": "leave", "approved_by": words}
    await scene.put("exemptions", {**late, **day}, at=at)
    given = {"starts_at": (scene.now - 3 * HOUR).isoformat(), "reason": "daily"}
    await scene.put("assignments", {"id": f"A-{side}", "recorder_id": recorder_id, "officer_id": officer_id, **given})
    docked = {
        "id": f"D-{side}",
        "recorder_id": recorder_id,
        "station_id": "ST1",
        "docked_at": (begins + 2 * HOUR).isoformat(),
        "imported_at": (begins + 3 * HOUR).isoformat(),
        "files": 1,
        "megabytes": 5,
        "recorded_from": begins.isoformat(),
        "recorded_to": (begins + HOUR).isoformat(),
    }
    await scene.put("dock_imports", docked, at=at)


async def _incident(scene: Api, name: str, whose: tuple[str, str, str], status: str, at: datetime) -> None:
    officer_id, recorder_id, unit_id = whose
    row = IncidentRow(
        incident_id=name,
        rule="sim-removed",
        key=name,
        status=status,
        standing="holds",
        confidence="confirmed",
        weight="transfer",
        starts_at=at,
        ends_at=None if status == "open" else at + HOUR,
        detected_at=at,
        changed_at=at,
        digest="d",
        confirmed_at=at,
        recorder_id=recorder_id,
        officer_id=officer_id,
        unit_id=unit_id,
    )
    steps = [TransitionRow(name, 1, at, "rule:sim-removed", "open", None, "open", "测试")]
    if status != "open":
        row = replace(row, version=2, decided_by="v1")
        steps.append(TransitionRow(name, 2, at + 24 * HOUR, "v1", "uphold", "verifying", status, "测试"))
    async with scene.database.transaction() as connection:
        await write_changes(connection, [row], steps, [])


async def _paper(scene: Api, side: str, number: int, whose: tuple[str, str, str], words: str) -> None:
    officer_id, recorder_id, unit_id = whose
    form = slip()
    content: dict[str, Any] = {**form.content, "unit": words, "officer": words}
    form = replace(
        form,
        slip_id=f"A2-{side}",
        incident_id=f"I-old-{side}",
        serial=number,
        number=f"{words}〔2026〕{number}号",
        unit_id=unit_id,
        officer_id=officer_id,
        content=content,
    )
    period = {"starts_at": scene.now, "ends_at": scene.now + HOUR}
    asked = {"recorder_id": recorder_id, "from_at": MARCH.isoformat(), "to_at": MARCH.isoformat(), "applicant": words}
    async with scene.database.transaction() as connection:
        await add_slip(connection, form)
        for register, name, state, more in (
            ("repair", f"W-{side}", "reported", {"recorder_id": recorder_id, "fault": words}),
            ("request", f"D-{side}", "requested", {**asked, "purpose": words}),
        ):
            row = EntryRow(name, register, state, unit_id, scene.now, f"of-{side}", scene.now, 1, more)
            await add_entry(connection, row)
        await add_maintenance(
            connection,
            unit_id=unit_id,
            recorder_id=None,
            rules=[],
            reason=words,
            account=f"of-{side}",
            now=scene.now,
            **period,
        )
