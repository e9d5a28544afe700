"""事后补录 on a database: waits, is approved by somebody else, and takes effect from then on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from facts_scene import element, everything, read

from alerts.facts.approve import decide_fact
from alerts.facts.load import Loaded, load_facts, put_facts
from alerts.facts.models import Collection
from alerts.facts.versions import START_OF_FILE
from telemetry.store import fact_review as review
from telemetry.store import facts as store
from telemetry.store.pool import Database

DAY = datetime(2026, 3, 1, 16, tzinfo=UTC)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


@pytest_asyncio.fixture
async def bureau(database: str) -> AsyncIterator[Database]:
    """The scene's bureau, with a leader of the squad and a verifier of another unit."""
    opened = await Database.open(database)
    try:
        facts = everything()
        facts["units"].append(element("units", id="U2", name="督察大队"))
        facts["officers"] += [
            element("officers", id="L1", role=["leader", "officer"]),
            element("officers", id="V1", unit_id="U2", role="verifier"),
        ]
        facts["exemptions"] = facts["assignments"] = []
        loaded = await load_facts(opened, read(**facts), "test", START_OF_FILE, approve=False)
        assert isinstance(loaded, Loaded)
        yield opened
    finally:
        await opened.close()


async def _put(database: Database, collection: Collection, now: datetime, **changes: Any) -> Loaded:
    loaded = await put_facts(database, collection, [element(collection, **changes)], "test", now)
    assert isinstance(loaded, Loaded), [str(fault) for fault in loaded]
    return loaded


async def _starts(database: Database, table: str, hour: float) -> list[datetime]:
    async with database.connection() as connection:
        rows = await connection.fetch(f"SELECT starts_at FROM {table}_known_at($1)", at(hour))
    return [row[0] for row in rows]


async def approved(
    database: Database, version: tuple[Collection, str, int], account: str, officer_id: str | None, now: datetime
) -> str | None:
    async with database.transaction() as connection:
        refusal = await decide_fact(connection, version, "approve", (account, officer_id), reason="", now=now)
    return None if refusal is None else refusal.code


async def test_an_exemption_entered_afterwards_counts_from_its_approval_on(bureau: Database) -> None:
    loaded = await _put(bureau, "exemptions", at(18))
    assert (1, 1) == (loaded.late["exemptions"], loaded.awaiting["exemptions"])
    assert [] == await _starts(bureau, "exemptions", 20)
    done = await approved(bureau, ("exemptions", "E1", 1), "verifier", "V1", at(21))
    assert done is None
    assert ([], [at(13)]) == (await _starts(bureau, "exemptions", 20.9), await _starts(bureau, "exemptions", 21))


async def test_a_hand_out_entered_late_counts_from_its_entry_and_in_full_once_approved(bureau: Database) -> None:
    await _put(bureau, "assignments", at(12))
    assert [at(12)] == await _starts(bureau, "assignments", 14)
    await approved(bureau, ("assignments", "A1", 1), "verifier", "V1", at(15))
    assert ([at(12)], [at(8)]) == (await _starts(bureau, "assignments", 14), await _starts(bureau, "assignments", 15))


async def test_a_cancellation_afterwards_leaves_the_shift_until_it_is_approved(bureau: Database) -> None:
    await _put(bureau, "shifts", at(12), cancelled_at=at(12).isoformat())
    assert [at(9)] == await _starts(bureau, "shifts", 13)
    await approved(bureau, ("shifts", "S1", 2), "verifier", "V1", at(14))
    assert ([at(9)], []) == (await _starts(bureau, "shifts", 13), await _starts(bureau, "shifts", 14))


async def test_an_approval_is_a_change_that_rules_hear_of(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18))
    async with bureau.connection() as connection:
        await store.take_changes(connection)
    await approved(bureau, ("exemptions", "E1", 1), "verifier", "V1", at(21))
    async with bureau.connection() as connection:
        assert [("exemptions", "E1")] == await store.take_changes(connection)


async def test_neither_the_subject_nor_his_leader_may(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18))
    refusals = [await approved(bureau, ("exemptions", "E1", 1), "x", officer_id, at(21)) for officer_id in ("P1", "L1")]
    assert ["is_subject", "leads_subject"] == refusals
    assert [] == await _starts(bureau, "exemptions", 22)


async def test_a_whole_units_exemption_is_everybodys_in_it(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18), officer_id=None, unit_id="U1")
    assert "is_subject" == await approved(bureau, ("exemptions", "E1", 1), "x", "L1", at(21))
    done = await approved(bureau, ("exemptions", "E1", 1), "x", "V1", at(21))
    assert done is None


async def test_a_card_is_the_matter_of_the_recorders_holder_and_his_leader(bureau: Database) -> None:
    await _put(bureau, "recorders", at(7), holder_id="P1")
    await _put(bureau, "sim_bindings", at(20), id="B2")
    refusals = [
        await approved(bureau, ("sim_bindings", "B2", 1), "x", officer_id, at(21)) for officer_id in ("P1", "L1", "V1")
    ]
    assert ["is_subject", "leads_subject", None] == refusals


async def test_what_needs_no_approval_gets_none(bureau: Database) -> None:
    found = [await approved(bureau, ("shifts", "S1", version), "x", None, at(21)) for version in (1, 2)]
    assert ["not_awaiting", "unknown"] == found


async def test_an_approval_counts_once(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18))
    found = [await approved(bureau, ("exemptions", "E1", 1), "x", "V1", at(21)) for _ in range(2)]
    assert [None, "not_awaiting"] == found


async def test_what_has_been_written_again_is_approved_in_its_last_version_only(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18))
    await _put(bureau, "exemptions", at(19), ends_at=at(14).isoformat())
    async with bureau.connection() as connection:
        assert [2] == [waiting.version for waiting in await review.awaiting_approval(connection, 10)]
    found = [await approved(bureau, ("exemptions", "E1", version), "x", "V1", at(21)) for version in (1, 2)]
    assert ["overtaken", None] == found
    async with bureau.connection() as connection:
        assert [] == await review.awaiting_approval(connection, 10)


async def test_a_small_change_afterwards_does_not_carry_a_large_one_past_approval(bureau: Database) -> None:
    """Version 2 differs from 1, which waits, in nothing that is anybody's duty: from what counts, it does."""
    await _put(bureau, "exemptions", at(18))
    await _put(bureau, "exemptions", at(18), approved_by="王示例")
    assert [] == await _starts(bureau, "exemptions", 19)


async def test_nor_do_two_in_one_load(bureau: Database) -> None:
    late = element("exemptions")
    await put_facts(bureau, "exemptions", [late, late | {"approved_by": "王示例"}], "test", at(18))
    assert [] == await _starts(bureau, "exemptions", 19)


async def test_an_approved_exemption_may_be_changed_in_what_is_nobodys_duty(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18))
    await approved(bureau, ("exemptions", "E1", 1), "verifier", "V1", at(21))
    loaded = await _put(bureau, "exemptions", at(22), approved_by="王示例")
    assert (0, [at(13)]) == (loaded.awaiting["exemptions"], await _starts(bureau, "exemptions", 23))


async def test_the_history_says_who_approved_what(bureau: Database) -> None:
    await _put(bureau, "exemptions", at(18))
    await approved(bureau, ("exemptions", "E1", 1), "verifier", "V1", at(21))
    async with bureau.connection() as connection:
        (past,) = await review.history(connection, "exemptions", "E1")
    assert (True, True, at(21), "verifier") == (past.late, past.needs_approval, past.approved_at, past.approved_by)
