"""Who may call what, written down by hand beside the code: a route that isn't here fails the matrix test.

`UNIT`: what it shows or changes belongs to a unit, and another unit's is hidden. `HOUSE`: the platform's own business,
the same for the whole bureau. `MINE`: about the caller himself. `OPEN`: without a login.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Expected:
    """Who may; a token of which scope; a body that is right, for what changes something."""

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
    "collection": ("units", "units"),
}
"""For each name in a path: the caller's own unit's, and another's."""

EXPECTED: Final[dict[str, Expected]] = {
    "POST /session": Expected(EVERYBODY, "OPEN"),
    "POST /session/once": Expected(EVERYBODY, "OPEN"),
    "GET /console": Expected(EVERYBODY, "OPEN"),
    "GET /openapi.json": Expected(EVERYBODY, "OPEN"),
    "GET /session": Expected(EVERYBODY, "MINE"),
    "DELETE /session": Expected(EVERYBODY, "MINE"),
    "POST /session/password": Expected(EVERYBODY, "MINE"),
    "GET /me/views": Expected(EVERYBODY, "MINE"),
    "GET /accounts": _house(ADMINISTRATOR | SECURITY | AUDITOR),
    "POST /accounts": _house(ADMINISTRATOR),
    "GET /accounts/{username}": _house(ADMINISTRATOR | SECURITY | AUDITOR),
    "PATCH /accounts/{username}": _house(ADMINISTRATOR | SECURITY),
    "POST /accounts/{username}/password": _house(ADMINISTRATOR),
    "POST /accounts/{username}/unlock": _house(ADMINISTRATOR | SECURITY),
    "DELETE /accounts/{username}/sessions": _house(ADMINISTRATOR | SECURITY),
    "GET /tokens": _house(ADMINISTRATOR | SECURITY),
    "POST /tokens": _house(ADMINISTRATOR),
    "DELETE /tokens/{token_id}": _house(ADMINISTRATOR | SECURITY),
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
}
