"""What the console offers: every state × role × relation, each action offered is done and each other one refused."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Final, get_args

import pytest
import pytest_asyncio
from standins.api_scene import ACCOUNTS, Api, api
from standins.incident_scene import MONDAY, Weekdays, actor, incident
from standins.paper_scene import SAID, slip
from standins.squad import squad

from alerts.incidents.actions import WORKFLOW, Action
from alerts.incidents.actors import Actor, Role
from alerts.incidents.human_actions import act, load_case
from alerts.incidents.states import Status
from alerts.paperwork.registers.entries import step
from alerts.paperwork.registers.entry_workflow import STATES_ZH, STEPS_ZH, WORKFLOWS, Register
from alerts.paperwork.slips.opinions import WORKFLOWS as SLIP_WORKFLOWS
from alerts.paperwork.slips.opinions import Move, slip_place
from alerts.paperwork.slips.slip_actions import Asked, issue, load_dossier, take_step
from alerts.workflow import Offer, Refusal
from telemetry.records.incidents import IncidentRow, TransitionRow
from telemetry.records.register_entries import EntryRow
from telemetry.records.slips import SlipStepRow
from telemetry.store.incidents import write_changes
from telemetry.store.pool import Connection
from telemetry.store.repairs_and_requests import add_entry
from telemetry.store.slips import add_slip, add_step

NOW: Final = MONDAY + timedelta(days=14)
"""The days to be heard are over."""
RELATIONS: Final = {
    "of another unit": {"own_units": frozenset({"U90"})},
    "with rights elsewhere": {"units": frozenset({"U05"}), "own_units": frozenset({"U05"})},
    "of his own unit": {"units": frozenset({"U04"}), "own_units": frozenset({"U04"})},
    "the subject": {"units": frozenset({"U04"}), "own_units": frozenset({"U04"}), "officer_id": "P0031"},
}
KINDS: Final = (("import-overdue", "check"), ("sos", "operational"), ("battery-low", "reminder"))


def people(*accounts: str | None) -> Iterator[Actor]:
    for role, relation, account in product(get_args(Role), RELATIONS, accounts or (None,)):
        yield replace(actor(role, account=account), **RELATIONS[relation])


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    async with squad(database) as base, base.transaction() as open_connection:
        yield open_connection


async def is_done(connection: Connection, work: Callable[[str], Awaitable[object]], text: str) -> bool:
    """Whether *work* does what it is asked, with *text* for a reason; it is undone again."""
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        return not isinstance(await work(text), Refusal)
    finally:
        await savepoint.rollback()


async def check(
    connection: Connection, offers: list[Offer], actions: tuple[str, ...], work: Callable[[str, str], Awaitable[object]]
) -> list[tuple[str, str]]:
    """What was offered and isn't done, or done and wasn't offered, or asks for a text that it does without."""
    offered, wrong = {offer.action: offer for offer in offers}, []
    for action in actions:

        async def attempt(text: str, action: str = action) -> object:
            return await work(action, text)

        if await is_done(connection, attempt, "理由") != (action in offered):
            wrong.append((action, "offered" if action in offered else "not offered"))
        elif action in offered and await is_done(connection, attempt, "") == offered[action].needs_text:
            wrong.append((action, "text"))
    return wrong


def upheld_by(row: IncidentRow) -> list[TransitionRow]:
    told = TransitionRow(row.incident_id, 1, MONDAY, "leader-x", "acknowledge", "open", "acknowledged", "")
    return [told, TransitionRow(row.incident_id, 2, MONDAY, "verifier-x", "uphold", "verifying", "upheld", "属实")]


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "weight"), KINDS)
async def test_of_an_incident(connection: Connection, rule: str, weight: str) -> None:
    wrong = []
    for status in get_args(Status):
        row = incident(incident_id=f"I-{status}", key=status, status=status, rule=rule, weight=weight, version=2)
        await write_changes(connection, [row], upheld_by(row), [])
        for who in people():
            case = await load_case(connection, row, Weekdays())

            async def work(action: Action, text: str, row: IncidentRow = row, who: Actor = who) -> object:
                return await act(
                    connection, row.incident_id, action, who, text, expected_version=2, now=NOW, calendar=Weekdays()
                )

            found = await check(connection, WORKFLOW.offers(case, who, NOW), get_args(Action), work)  # type: ignore[arg-type]
            wrong += [(status, who, *one) for one in found]
    assert [] == wrong


@pytest.mark.slow
@pytest.mark.parametrize("annex", [1, 2])
async def test_of_a_slip(connection: Connection, annex: int) -> None:
    workflow = SLIP_WORKFLOWS[annex]  # type: ignore[index]
    form = slip(annex, statement=None)  # type: ignore[arg-type]
    bearing = incident(
        rule="sim-removed" if annex == 2 else "activity-unrecorded",
        status="upheld",
        activity_id=None if annex == 2 else "A77",
        evidence=SAID.as_values(),
        version=2,
    )
    await write_changes(connection, [bearing], upheld_by(bearing), [])
    await add_slip(connection, form)
    wrong = []
    order = ("verifier", "department", "supervision", "political")
    for taken, following in enumerate((*order[: 5 - annex], "void")):
        for who in people("somebody", "department"):
            dossier = await load_dossier(connection, form)

            async def work(move: Move, text: str, who: Actor = who, seen: int = taken) -> object:
                return await take_step(connection, form.slip_id, move, who, text, expected_version=seen, now=NOW)

            found = await check(connection, workflow.offers(dossier, who, NOW), get_args(Move), work)  # type: ignore[arg-type]
            wrong += [(dossier.state, who, *one) for one in found]
        await add_step(connection, SlipStepRow(form.slip_id, taken + 1, NOW, following, following, "同意"))
    assert [] == wrong
    assert "void" == (await load_dossier(connection, form)).state


async def test_of_making_a_slip(connection: Connection) -> None:
    wrong = []
    for status, confidence in product(get_args(Status), ("confirmed", "probable")):
        name = f"I-{status}-{confidence}"
        row = incident(incident_id=name, key=name, status=status, confidence=confidence, version=2)
        await write_changes(connection, [row], upheld_by(row), [])
        for who in people():

            async def work(text: str, row: IncidentRow = row, who: Actor = who) -> object:
                return await issue(connection, row.incident_id, Asked("大队", None, {"intent": text}), who, now=NOW)

            offered = slip_place(row, who) is not None
            if await is_done(connection, work, "故意") != offered or await is_done(connection, work, ""):
                wrong.append((status, confidence, who, offered))
    assert [] == wrong


@pytest.mark.parametrize("register", get_args(Register))
async def test_of_a_register(connection: Connection, register: Register) -> None:
    wrong = []
    steps = (*STEPS_ZH["repair"], *STEPS_ZH["request"])
    for state in STATES_ZH[register]:
        row = EntryRow(f"E-{state}", register, state, "U04", MONDAY, "asks", MONDAY, 1, {})
        await add_entry(connection, row)
        for who in people("asks", "somebody"):

            async def work(name: str, text: str, row: EntryRow = row, who: Actor = who) -> object:
                return await step(
                    connection, register, row.entry_id, name, actor=who, note=text, expected_version=1, now=NOW
                )

            found = await check(connection, WORKFLOWS[register].offers(row, who, NOW), steps, work)
            wrong += [(state, who, *one) for one in found]
    assert [] == wrong


APPROVERS: Final = ("verifier", "head", "leader", "deputy", "supervision")
OFFICERS: Final = {
    "subject": "P0031",
    "own-leader": "P0001",
    "colleague": "P0032",
    "elsewhere": "P0051",
    "nobody": None,
}


@pytest_asyncio.fixture
async def scene(database: str) -> AsyncIterator[Api]:
    async with api(database) as running:
        yield running


@pytest.mark.parametrize("role", APPROVERS)
async def test_of_a_late_entry(scene: Api, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    wrong = []
    for number, (who, verdict) in enumerate(product(OFFICERS, ("approve", "reject"))):
        monkeypatch.setitem(ACCOUNTS, who, ([role], "U01", OFFICERS[who]))
        begins = scene.now - timedelta(days=3, hours=number)
        day = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(minutes=30)).isoformat()}
        late = {"id": f"E{number}", "officer_id": "P0031", "reason": "leave", "approved_by": "李队长"}
        await scene.put("exemptions", {**late, **day, "entered_at": scene.now.isoformat()}, at=scene.now)
        (offered,) = [row["offers"] for row in await scene.get(who, "/approvals") if row["id"] == f"E{number}"]
        body = {"version": 1, "verdict": verdict, "reason": "核实"}
        status, answer = await scene.call(who, "POST", f"/approvals/exemptions/E{number}", body)
        if (204 == status) != (verdict in offered) or (who in {"subject", "own-leader"}) != (offered == []):
            wrong.append((who, verdict, offered, status, answer))
    assert [] == wrong
