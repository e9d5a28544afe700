"""Who may call which route, written independently of the code; a missing route fails the matrix test.

`UNIT`: data of a unit, hidden from other units. `HOUSE`: data of the platform, the same for the whole bureau. `MINE`:
data about the caller himself. `OPEN`: without a login.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

ROLES: Final = (
    "officer",
    "auxiliary",
    "custodian",
    "leader",
    "deputy",
    "head",
    "command_centre",
    "verifier",
    "supervision",
    "political",
    "engineer",
    "auditor",
    "administrator",
    "security",
)
UNIT_ROLES: Final = frozenset({"custodian", "leader", "deputy", "head"})
BUREAU: Final = frozenset({"command_centre", "verifier", "supervision", "political"})
WATCHERS: Final = UNIT_ROLES | BUREAU
PERSONS: Final = frozenset({"officer", "auxiliary"})
READERS: Final = WATCHERS | PERSONS
EVERYBODY: Final = frozenset(ROLES)
ADMINISTRATOR: Final = frozenset({"administrator"})
SECURITY: Final = frozenset({"security"})
AUDITOR: Final = frozenset({"auditor"})
COMMAND: Final = frozenset({"command_centre"})
ENGINEER: Final = frozenset({"engineer"})
APPROVERS: Final = frozenset({"deputy", "head", "leader", "supervision", "verifier"})
PLANNERS: Final = frozenset({"command_centre", "engineer", "head", "leader"})
CHECKS: Final = {"battery": True, "space": True, "sim": True, "clock": True, "import": True}
_TOMORROW: Final = datetime.now(UTC) + timedelta(days=1)
PERIOD: Final = {"starts_at": _TOMORROW.isoformat(), "ends_at": (_TOMORROW + timedelta(hours=1)).isoformat()}


@dataclass(frozen=True)
class Expected:
    """The permitted roles, the token's scope, and a valid body for routes that change something."""

    roles: frozenset[str]
    kind: Literal["UNIT", "HOUSE", "MINE", "OPEN"]
    scope: str | None = None
    body: Any = None


def _unit(roles: frozenset[str], scope: str | None = None, body: Any = None) -> Expected:
    return Expected(roles, "UNIT", scope, body)


def _house(roles: frozenset[str], body: Any = None) -> Expected:
    return Expected(roles, "HOUSE", None, body)


PATHS: Final[dict[str, tuple[str, str]]] = {
    "incident_id": ("I-own", "I-foreign"),
    "recorder_id": ("R0017", "R0051"),
    "username": ("sample", "sample"),
    "token_id": ("none", "none"),
    "grant_id": ("1", "1"),
    "collection": ("exemptions", "exemptions"),
    "fact_id": ("E-own", "E-foreign"),
    "assignment_id": ("A-own", "A-foreign"),
    "notice_id": ("1", "1"),
    "maintenance_id": ("1", "2"),
    "slip_id": ("A2-own", "A2-foreign"),
    "period": ("2026-03", "2026-03"),
    "year": ("2026", "2026"),
    "entry_id": ("W-own", "W-foreign"),
    "footage-requests/entry_id": ("D-own", "D-foreign"),
}
"""For each name in a path (of one collection, where it differs): the caller's own unit's, and another's."""

EXPECTED: Final[dict[str, Expected]] = {
    "POST /session": Expected(EVERYBODY, "OPEN"),
    "POST /session/once": Expected(EVERYBODY, "OPEN"),
    "GET /session/oidc": Expected(EVERYBODY, "OPEN"),
    "GET /session/oidc/return": Expected(EVERYBODY, "OPEN"),
    "GET /console": Expected(EVERYBODY, "OPEN"),
    "GET /openapi.json": Expected(EVERYBODY, "OPEN"),
    "GET /session": Expected(EVERYBODY, "MINE"),
    "DELETE /session": Expected(EVERYBODY, "MINE"),
    "POST /session/password": Expected(EVERYBODY, "MINE"),
    "POST /session/factor": Expected(EVERYBODY, "MINE"),
    "POST /session/factor/enrolment": Expected(EVERYBODY, "MINE"),
    "GET /me/views": Expected(EVERYBODY, "MINE"),
    "GET /accounts": _house(ADMINISTRATOR | SECURITY | AUDITOR),
    "POST /accounts": _house(ADMINISTRATOR),
    "GET /accounts/{username}": _house(ADMINISTRATOR | SECURITY | AUDITOR),
    "PATCH /accounts/{username}": _house(ADMINISTRATOR | SECURITY),
    "POST /accounts/{username}/password": _house(ADMINISTRATOR),
    "POST /accounts/{username}/factor": _house(SECURITY),
    "POST /accounts/{username}/unlock": _house(ADMINISTRATOR | SECURITY),
    "DELETE /accounts/{username}/sessions": _house(ADMINISTRATOR | SECURITY),
    "GET /grants": _house(ADMINISTRATOR | SECURITY | AUDITOR),
    "POST /grants/{grant_id}": _house(ADMINISTRATOR | SECURITY),
    "GET /tokens": _house(WATCHERS | ADMINISTRATOR | ENGINEER | SECURITY),
    "POST /tokens": _house(WATCHERS | ADMINISTRATOR | ENGINEER),
    "DELETE /tokens/{token_id}": _house(WATCHERS | ADMINISTRATOR | ENGINEER | SECURITY),
    "GET /audit": _house(AUDITOR | SECURITY),
    "POST /{collection}": Expected(frozenset(), "HOUSE", "facts:write"),
    "GET /live": _unit(READERS, "read"),
    "GET /stream": _unit(READERS, "read"),
    "GET /incidents": _unit(READERS, "read"),
    "POST /incidents": _unit(
        READERS,
        body={
            "rule": "other-breach",
            "officer_id": "P0051",
            "unit_id": "U05",
            "starts_at": "2026-11-02T09:00:00+08:00",
            "reason": "测试",
        },
    ),
    "GET /incidents/{incident_id}": _unit(READERS, "read"),
    "POST /incidents/{incident_id}/actions": _unit(
        READERS, body={"action": "acknowledge", "reason": "测试", "version": 1}
    ),
    "GET /recorders": _unit(READERS | ENGINEER, "read"),
    "GET /recorders/{recorder_id}": _unit(READERS | ENGINEER, "read"),
    "GET /recorders/{recorder_id}/timeline": _unit(WATCHERS, "read"),
    "GET /recorders/{recorder_id}/track": _unit(READERS),
    "GET /recorders/{recorder_id}/history": _unit(WATCHERS | ENGINEER, "read"),
    "GET /incidents/{incident_id}/timeline": _unit(READERS, "read"),
    # Everybody in the bureau may see the tree of units.
    "GET /units": Expected(EVERYBODY, "HOUSE", "read"),
    "GET /officers": _unit(WATCHERS, "read"),
    "GET /duty": _unit(READERS, "read"),
    "GET /imports": _unit(WATCHERS, "read"),
    "GET /custody": _unit(UNIT_ROLES | COMMAND, "read"),
    "POST /handouts": _unit(
        UNIT_ROLES, body={"recorder_id": "R0051", "officer_id": "P0051", "reason": "daily", "checks": CHECKS}
    ),
    "POST /handouts/{assignment_id}/return": _unit(UNIT_ROLES, body={}),
    "GET /me/handouts": _house(EVERYBODY),
    "POST /me/handouts/{assignment_id}/confirm": _house(EVERYBODY, body={}),
    "GET /handovers": _house(COMMAND),
    "POST /handovers": _house(COMMAND),
    "GET /approvals": _unit(APPROVERS),
    "POST /approvals/{collection}/{fact_id}": _unit(
        APPROVERS, body={"version": 1, "verdict": "approve", "reason": "测试"}
    ),
    "GET /notices": _unit(READERS),
    "POST /notices/{notice_id}/retry": _house(COMMAND | ENGINEER | ADMINISTRATOR),
    "GET /maintenance": _unit(READERS | ENGINEER),
    "POST /maintenance": _unit(PLANNERS, body={**PERIOD, "unit_id": "U05", "reason": "测试", "rules": []}),
    "POST /maintenance/{maintenance_id}/confirm": _unit(PLANNERS),
    "DELETE /maintenance/{maintenance_id}": _unit(PLANNERS),
    "GET /rules": Expected(EVERYBODY, "HOUSE", "read"),
    "GET /system": Expected(COMMAND | ENGINEER | ADMINISTRATOR, "HOUSE", "read"),
    "GET /calendar": Expected(COMMAND | ENGINEER | ADMINISTRATOR, "HOUSE", "read"),
    "POST /calendar/preview": Expected(ADMINISTRATOR, "HOUSE"),
    "POST /calendar": Expected(ADMINISTRATOR, "HOUSE"),
    "GET /slips": _unit(READERS, "read"),
    "POST /incidents/{incident_id}/slip": _unit(
        frozenset({"verifier"}), body={"annex": 2, "box": 5, "department": "督察大队", "intent": "测试"}
    ),
    "GET /slips/{slip_id}": _unit(READERS),
    "POST /slips/{slip_id}/steps": _unit(READERS, body={"step": "supervision", "opinion": "测试", "version": 1}),
    "GET /slips/{slip_id}/document.docx": _unit(READERS),
    "GET /slips/{slip_id}/document.pdf": _unit(READERS),
    "GET /slips/{slip_id}/verify": _unit(READERS),
    "GET /circulars": _unit(WATCHERS, "read"),
    "POST /circulars": _unit(frozenset({"supervision"}), body={"period": "2026-03", "unit_id": "U05"}),
    "GET /circulars/{period}/figures": _unit(WATCHERS, "read"),
    "GET /circulars/{period}.docx": _unit(WATCHERS),
    "GET /circulars/{period}.xlsx": _unit(WATCHERS),
    "GET /scores/{year}": _unit(WATCHERS, "read"),
    "GET /repairs": _unit(READERS),
    "POST /repairs": _unit(READERS, body={"recorder_id": "R0051", "unit_id": "U05", "fault": "测试"}),
    "GET /repairs/{entry_id}": _unit(READERS),
    "PATCH /repairs/{entry_id}": _unit(READERS, body={"step": "received", "note": "测试", "version": 1}),
    "GET /footage-requests": _unit(READERS),
    "GET /footage-retention": _unit(WATCHERS),
    # Requests for footage go to the head of the unit that has it.
    "POST /footage-requests": _house(READERS),
    "GET /footage-requests/{entry_id}": _unit(READERS),
    "PATCH /footage-requests/{entry_id}": _unit(READERS, body={"step": "approve", "note": "测试", "version": 1}),
}
