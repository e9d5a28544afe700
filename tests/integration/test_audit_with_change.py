"""The audit log: what changes something and the entry that tells of it are stored together or not at all."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from standins.api_scene import ACCOUNTS, Api, api
from standins.two_units import put_both
from standins.web_expectations import CHECKS, PERIOD

from telemetry.web.registry import ROUTES

WHY: Final = {"reason": "测试"}
DECREE: Final = {"text": "日期,上班\n2027-03-03,否\n"}
PASSWORD: Final = "correct horse battery staple"
TOKEN: Final = {"name": "测试", "purpose": "测试接入", "scopes": ["metrics"]}
WRITES: Final[tuple[tuple[str, str, str, Any], ...]] = (
    (
        "lidui",
        "POST /incidents/{incident_id}/actions",
        "/incidents/I-own/actions",
        {"action": "acknowledge", "version": 1},
    ),
    (
        "duchazhi",
        "POST /incidents",
        "/incidents",
        {"rule": "other-breach", "unit_id": "U04", "starts_at": "2026-11-02T09:00:00+08:00", **WHY},
    ),
    ("ducha", "POST /incidents/{incident_id}/slip", "/incidents/I-new/slip", {"intent": "测试"}),
    ("ducha", "POST /slips/{slip_id}/steps", "/slips/A2-own/steps", {"step": "void", "opinion": "测试", "version": 0}),
    ("wangguan", "POST /repairs", "/repairs", {"recorder_id": "R0017", "unit_id": "U04", "fault": "测试"}),
    ("wangguan", "PATCH /repairs/{entry_id}", "/repairs/W-own", {"step": "send", "version": 1}),
    (
        "lidui",
        "POST /footage-requests",
        "/footage-requests",
        {
            "unit_id": "U04",
            "from_at": "2026-11-02T09:00:00+08:00",
            "to_at": "2026-11-02T10:00:00+08:00",
            "applicant": "测试",
            "purpose": "测试",
        },
    ),
    ("juzhang", "PATCH /footage-requests/{entry_id}", "/footage-requests/D-own", {"step": "approve", "version": 1}),
    (
        "ducha",
        "POST /approvals/{collection}/{fact_id}",
        "/approvals/exemptions/E-own",
        {"version": 1, "verdict": "approve"},
    ),
    ("duchazhi", "POST /circulars", "/circulars", {"period": "2026-03"}),
    ("zhihui", "POST /handovers", "/handovers", {"shift": "白班", "text": "测试"}),
    ("zhihui", "POST /notices/{notice_id}/retry", "/notices/1/retry", None),
    ("zhihui", "POST /maintenance", "/maintenance", {**PERIOD, "unit_id": "U04", "rules": [], **WHY}),
    ("zhihui", "DELETE /maintenance/{maintenance_id}", "/maintenance/1", None),
    ("zhihui", "POST /maintenance/{maintenance_id}/confirm", "/maintenance/{maintenance}/confirm", None),
    (
        "wangguan",
        "POST /handouts",
        "/handouts",
        {"recorder_id": "R0018", "officer_id": "P0051", "reason": "joint", "checks": CHECKS},
    ),
    ("zhaowu", "POST /me/handouts/{assignment_id}/confirm", "/me/handouts/{handout}/confirm", {}),
    ("wangguan", "POST /handouts/{assignment_id}/return", "/handouts/A-own/return", {}),
    ("guanli", "POST /calendar", "/calendar", {**DECREE, "seen": ""}),
    ("guanli", "POST /tokens", "/tokens", TOKEN),
    ("guanli", "DELETE /tokens/{token_id}", "/tokens/{token}", None),
    ("guanli", "POST /accounts", "/accounts", {"username": "xinren", "name": "新人", "roles": ["engineer"]}),
    ("guanli", "PATCH /accounts/{username}", "/accounts/yunwei", {"version": 1, "name": "改名", **WHY}),
    ("guanli", "POST /accounts/{username}/password", "/accounts/yunwei/password", {"password": PASSWORD, **WHY}),
    ("anquan", "POST /grants/{grant_id}", "/grants/{grant}", {"verdict": "grant"}),
    ("anquan", "POST /accounts/{username}/factor", "/accounts/guanli/factor", WHY),
    ("guanli", "POST /accounts/{username}/unlock", "/accounts/yunwei/unlock", WHY),
    ("guanli", "DELETE /accounts/{username}/sessions", "/accounts/yunwei/sessions", None),
)
UNTOLD: Final = "ALTER TABLE audit_entry ADD CONSTRAINT untold CHECK (action LIKE 'view.%') NOT VALID"
TOLD: Final = "ALTER TABLE audit_entry DROP CONSTRAINT untold"
APART: Final = ("audit_entry", "web_session", "notice_attempt")
"""The log itself, and sessions, which each call keeps alive."""


@pytest_asyncio.fixture
async def scene(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    monkeypatch.setitem(ACCOUNTS, "duchazhi", (["supervision"], "U01", None))
    monkeypatch.setitem(ACCOUNTS, "anquan", (["security"], None, None))
    monkeypatch.setitem(ACCOUNTS, "juzhang", (["head"], "U04", None))
    async with api(database) as running:
        await put_both(running)
        await running.value(
            'INSERT INTO incident SELECT (jsonb_populate_record(i, \'{"incident_id": "I-new", "key": "new"}\')).* '
            "FROM incident i WHERE incident_id = 'I-old-own'"
        )
        await running.value("INSERT INTO slip_serial (annex, year, serial) VALUES (2, 2026, 100)")
        await running.headers("yunwei")
        await running.headers("guanli")
        await running.value(
            "INSERT INTO second_factor (username, secret, created_at, confirmed_at) VALUES ('guanli', 'A', now(), now())"
        )
        yield running


def test_every_route_that_changes_something_on_record_is_tried() -> None:
    audited = {f"{route.method} {route.path}" for route in ROUTES if route.audited and route.method != "GET"}
    assert audited == {name for _, name, _, _ in WRITES}


async def test_a_change_whose_entry_cannot_be_written_is_not_made(scene: Api) -> None:
    _, issued = await scene.call("guanli", "POST", "/tokens", TOKEN)
    _, signed = await scene.call("guanli", "POST", "/tokens", TOKEN)
    _, preview = await scene.call("guanli", "POST", "/calendar/preview", DECREE)
    _, wide = await scene.call("yunwei", "POST", "/maintenance", {**PERIOD, **WHY})
    known = {
        "token": issued["item"]["token_id"],
        "grant": signed["grant_id"],
        "seen": preview["seen"],
        "maintenance": wide["maintenance_id"],
    }
    wrong = []
    for who, name, path, body in WRITES:
        filled = body if body is None or "seen" not in body else {**body, "seen": known["seen"]}
        asked = (name.split()[0], path.format(**known), filled)
        await scene.headers(who)
        await scene.value(UNTOLD)
        before = await stored(scene)
        status, answer = await scene.call(who, *asked)
        changed = sorted(set((await stored(scene)).items()) - set(before.items()))
        await scene.value(TOLD)
        if (409, "refused") != (status, (answer or {}).get("code")) or changed:
            wrong.append((name, status, answer, changed))
        entries = await scene.value("SELECT count(*) FROM audit_entry")
        status, answer = await scene.call(who, *asked)
        if status not in {200, 201, 202, 204} or entries + 1 != await scene.value("SELECT count(*) FROM audit_entry"):
            wrong.append((name, "with its entry", status, answer))
        known["handout"] = (answer or {}).get("assignment_id", known.get("handout"))
    assert [] == wrong, "\n".join(map(str, wrong))


async def stored(scene: Api) -> dict[str, str]:
    """What is in each table, as a digest of its rows."""
    async with scene.database.connection() as connection:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY($1)", list(APART)
        )
        return {
            row[0]: await connection.fetchval(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{row[0]}\" t"
            )
            for row in tables
        }
