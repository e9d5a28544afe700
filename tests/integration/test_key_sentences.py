"""Every rule's deciding sentence, over what the rules really conclude: it leads the notice, and names no person."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import hard_duties as duties
import hard_pulls as pulls
import hard_silences as silences
from hard_case_fleet import END, GOOD, HardCaseFleet
from standins.incident_scene import Weekdays
from standins.notice_scene import item, person
from trace_builder import at

from alerts.backtest.run import run_backtest
from alerts.finding import Evidence
from alerts.incidents.revise import adopted
from alerts.notices.directory import Directory, Unit
from alerts.notices.wording import WordingContext, word_notice
from alerts.rules.registry import RULE_OF, RULES
from telemetry.records.incidents import IncidentRow
from telemetry.store.incidents import all_incidents, revisions
from telemetry.store.pool import Database

MOST = 60
"""Characters of a notice's own text in which the deciding sentence stands."""


def alarms(stage: HardCaseFleet) -> None:
    device = stage.start("ALARM")
    device.say(stage.t("10:00"), "event", type="sos")
    device.say(stage.t("10:01"), "event", type="tamper")
    device.say(stage.t("10:02"), "event", type="recording_deleted")
    device.live(stage.t("10:03"), END)


def emptied(stage: HardCaseFleet) -> None:
    """Five files and 4 GB of recordings go; what is told afterwards says so again and again."""
    device = stage.start("EMPTIED")
    for minute in range(10):
        moment = stage.t(f"10:{minute:02}")
        device.say(moment, "heartbeat", **device.heartbeat(moment, network="4g", rsrp=-84.0, sim="ready"))
        device.say(moment, "storage", total_mb=65536, free_mb=44000, files=7)
    device.goodbye(stage.t("10:11"), "power_off")


def filled(stage: HardCaseFleet) -> None:
    device = stage.start("FILLED")
    for minute in range(10):
        device.say(stage.t(f"10:{minute:02}"), "storage", total_mb=65536, free_mb=900 - minute, files=99)
    device.goodbye(stage.t("10:11"), "power_off")


def phone_was_not_uploaded(stage: HardCaseFleet) -> None:
    stage.bureau.person("P-PHONE")
    stage.bureau.add("phone_footage", officer_id="P-PHONE", recorded_at=at("10:00"))


def lost_together(stage: HardCaseFleet) -> None:
    for number in range(12):
        device = stage.device(f"OUT{number}")
        device.live(at("08:31"), at("12:00"))
        device.will(at("12:00"))
        device.cut_off(at("12:00:05"), at("12:20"), rsrp=GOOD)
        device.online(at("12:20:10"))
        device.live(at("12:20:30"), END)


def stranger(stage: HardCaseFleet) -> None:
    """The register has another IMEI than the one that the device tells of."""
    stage.start("STRANGER").live(stage.t("10:00"), END)
    stage.bureau.facts["recorders"][-1]["imei"] = "869999999999999"


def gibberish(stage: HardCaseFleet) -> None:
    """A firmware that leaves out what it has to tell."""
    device = stage.start("GIBBERISH")
    for minute in range(60):
        device.say(at(f"11:{minute:02}"), "heartbeat", network="4g")
        device.say(at(f"11:{minute:02}"), "battery", charging=False)
    device.live(at("12:00"), END)


CASES = (
    *(pulls.pulled, pulls.swapped, pulls.unsensed_pull, pulls.event_over_power_off),
    *(silences.off_and_on, silences.left_in_the_dock, silences.flat_until_after_the_shift),
    *(duties.lent, duties.unrecorded, duties.recorded_in_a_garage, duties.paused, duties.imported_by_its_own_clock),
    *(alarms, emptied, filled, phone_was_not_uploaded, lost_together, stranger, gibberish),
)


@dataclass(frozen=True)
class Concluded:
    """An incident as it stood after one conclusion of its rule."""

    incident: IncidentRow

    @property
    def key(self) -> str:
        return Evidence.of(self.incident.evidence).key.rstrip("。")


async def concluded(dsn: str, folder: Path) -> list[Concluded]:
    """Everything that the rules concluded in two days with a case for each of them."""
    stage = HardCaseFleet()
    for case in CASES:
        case(stage)
        stage.offset += timedelta(minutes=3)
    stage.trace.write(folder / "trace.jsonl")
    stage.bureau.write(folder / "facts.json")
    await run_backtest(
        folder / "facts.json", folder / "trace.jsonl", END + timedelta(hours=50), folder / "out.json", dsn=dsn
    )
    database = await Database.open(dsn)
    try:
        async with database.connection() as connection:
            return [
                Concluded(adopted(incident, revision.content, revision.at))
                for incident in await all_incidents(connection)
                for revision in await revisions(connection, incident.incident_id)
            ]
    finally:
        await database.close()


def leads(said: str, key: str) -> bool:
    """Whether *key* stands whole at the beginning of a notice's own text, after its marks."""
    return re.sub(r"^(【[^】]*】)+", "", said)[:MOST].startswith(key)


def shown(concluded: Sequence[Concluded]) -> str:
    return "\n".join(f"{one.incident.rule} {len(one.key)} {one.key}" for one in concluded[:5])


async def test_every_rule_says_first_what_decided(plain_database: str, tmp_path: Path) -> None:
    found = await concluded(plain_database, tmp_path)
    people = [person(f"P-{name}", f"某P-{name}", "officer", unit="U01") for name in ("PULLED", "IDLE", "LENT", "LEFT")]
    scene = WordingContext(Directory(people, [Unit("U01", "第一中队", None, "squad")]), Weekdays(), END)
    assert {rule.id for rule in RULES} == {one.incident.rule for one in found if one.incident.rule in RULE_OF}
    without = [one for one in found if not one.key]
    assert not without, shown(without)
    for kind in ("new", "update", "escalation"):
        words = [
            word_notice([(item(kind=kind, incident_id=one.incident.incident_id), one.incident)], scene) for one in found
        ]
        later = [one for one, said in zip(found, words, strict=True) if not leads(said.text, one.key)]
        assert not later, shown(later)
        hidden = [one for one, said in zip(found, words, strict=True) if not leads(said.public_text, one.key)]
        assert not hidden, shown(hidden)
