"""Creates the accounts of the demo's console, each with a link that logs in once, without a password."""

from dataclasses import dataclass
from typing import Final

from device_sim.bureau.people import Bureau, Officer
from device_sim.bureau.scenario_state import ScenarioState
from telemetry.domain.clock import wall_now
from telemetry.store.pool import Database
from telemetry.web.http.account_provisioning import ensure_account, issue_once, new_account

_BY: Final = "demo"
_VALID_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Login:
    """A login that works once: user name, label, token."""

    username: str
    words: str
    token: str

    def link(self, base: str) -> str:
        """The URL that logs in."""
        return f"{base}/login#once={self.token}"


async def create_logins(database: Database, state: ScenarioState) -> list[Login]:
    """Create accounts for the command centre and the people of the day's first SIM removal. Raises Refused."""
    bureau = state.bureau
    wearer = next(duty for duty in state.roster.duties if duty.fault_name == "sim_pull")
    verifier = bureau.verifiers[0]
    return [
        await _create_login(database, "command", "信息指挥中心", "command_centre", None),
        await _create_officer_login(database, bureau, wearer.squad.leader, "leader"),
        await _create_officer_login(database, bureau, wearer.squad.custodian, "custodian"),
        await _create_officer_login(database, bureau, verifier, "verifier"),
        await _create_officer_login(database, bureau, wearer.officer, "officer"),
    ]


async def _create_officer_login(database: Database, bureau: Bureau, officer: Officer, role: str) -> Login:
    unit = next(unit.name for unit in bureau.units if unit.unit_id == officer.unit_id)
    return await _create_login(database, role, f"{unit} {officer.name}", role, officer)


async def _create_login(database: Database, username: str, words: str, role: str, officer: Officer | None) -> Login:
    now = wall_now()
    account = new_account(
        username,
        words,
        frozenset({role}),
        now=now,
        by=_BY,
        unit_id=None if officer is None or role == "verifier" else officer.unit_id,
        officer_id=None if officer is None else officer.officer_id,
    )
    await ensure_account(database, account, now, by=_BY)
    return Login(username, words, await issue_once(database, username, now, by=_BY, valid_s=_VALID_S))
