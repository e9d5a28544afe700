"""phone-footage-overdue: phone footage wasn't uploaded on the day, or not delivered within 3 working days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from pydantic import Field

from alerts.duty.working_time import PROVISIONAL, Deadline, WorkingCalendar, end_of_working_day_after
from alerts.facts.known import KnownFacts
from alerts.finding import Evidence, Finding, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick
from alerts.shanghai_time import SHANGHAI, day_and_time, deadline
from telemetry.domain.settings_table import Days, Hours, Table

KIND: Final = "phone"
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PhoneFootageOverdue(Table):
    """When phone footage is due. Source: regulation 二(二)3(2), 三(二)2."""

    after_shift_h: Hours = Field(
        2.0, title="上传期限距班次结束至少多久", description="least time from the shift's end to the upload deadline"
    )
    working_days: Days = Field(3, title="几个工作日内须送存", description="working days until the delivery")


@dataclass(frozen=True, slots=True)
class Footage:
    """Emergency phone footage, with the steps known so far."""

    footage_id: str
    officer_id: str
    recorded_at: datetime
    uploaded_at: datetime | None
    delivered_at: datetime | None


def upload_due(footage: Footage, facts: KnownFacts, parameters: PhoneFootageOverdue) -> datetime:
    """When it must be uploaded: the end of its day, but at least `after_shift_h` after the shift's end."""
    day = footage.recorded_at.astimezone(SHANGHAI).date() + timedelta(days=1)
    ends = [
        duty.ends_at + timedelta(hours=parameters.after_shift_h)
        for duty in facts.duties_of_officer.get(footage.officer_id, [])
        if duty.kind == "shift" and duty.ends_at is not None and duty.covers(footage.recorded_at)
    ]
    return max([datetime.combine(day, time(), SHANGHAI), *ends])


def delivery_due(footage: Footage, calendar: WorkingCalendar, parameters: PhoneFootageOverdue) -> Deadline:
    """When it must be delivered: the end of the last working day allowed."""
    return end_of_working_day_after(calendar, footage.recorded_at, parameters.working_days)


@dataclass(frozen=True, slots=True)
class Handed:
    """Phone footage with what its deadlines depend on."""

    footage: Footage
    facts: KnownFacts
    calendar: WorkingCalendar
    now: datetime


async def gather(tick: Tick) -> Sequence[Case]:
    """Phone footage that was entered, changed or is due."""
    names = sorted({*tick.changed.get("phone_footage", ()), *tick.keys(KIND)})
    if not names:
        return []
    rows = await tick.questions.ask("phone_footage_overdue.footage", tick.now, names)
    looked_at = [Case(name, None, Interval(_EVER, tick.now)) for name in names]
    known = [Footage(*row) for row in rows]
    if not known:
        return looked_at
    moments = [f.recorded_at for f in known]
    facts = await tick.facts(Interval(min(moments), max(moments)), [], [f.officer_id for f in known])
    calendar, parameters = await tick.calendar(), tick.settings.of(PhoneFootageOverdue)
    return looked_at + [
        Case(
            footage.footage_id,
            Handed(footage, facts, calendar, tick.now),
            look_again=(upload_due(footage, facts, parameters), delivery_due(footage, calendar, parameters).at),
        )
        for footage in known
        if tick.is_judged(footage.recorded_at)
    ]


def judge(handed: Handed, parameters: PhoneFootageOverdue) -> list[Finding]:
    """What is overdue. The officer must upload it, the custodian must deliver it."""
    footage, facts, calendar, now = handed.footage, handed.facts, handed.calendar, handed.now
    upload = upload_due(footage, facts, parameters)
    delivery = delivery_due(footage, calendar, parameters)
    is_upload_late = now >= upload and (footage.uploaded_at is None or footage.uploaded_at > upload)
    is_delivery_late = now >= delivery.at and (footage.delivered_at is None or footage.delivered_at > delivery.at)
    if not (is_upload_late or is_delivery_late):
        return []
    unit_id = facts.unit_of_officer(footage.officer_id, footage.recorded_at)
    finding = Finding(
        key=footage.footage_id,
        subject=Subject(
            unit_id=unit_id,
            officer_id=footage.officer_id if is_upload_late and unit_id else None,
        ),
        starts_at=footage.recorded_at,
        ends_at=upload if is_upload_late else delivery.at,
        confidence="confirmed",
        weight="check",
        standing="holds",
        evidence=_evidence(footage, upload if is_upload_late else None, delivery if is_delivery_late else None),
    )
    return [finding]


def _evidence(footage: Footage, upload: datetime | None, delivery: Deadline | None) -> Evidence:
    """Each late step with its deadline; the officer's own step is the key sentence."""
    late = []
    if upload is not None:
        done = f"实际{day_and_time(footage.uploaded_at)}上传" if footage.uploaded_at else "未上传"
        late.append(f"应于{deadline(upload)}前上传，{done}")
    if delivery is not None:
        done = f"实际{day_and_time(footage.delivered_at)}送达" if footage.delivered_at else "未送达"
        mark = f"（{PROVISIONAL}）" if delivery.is_provisional else ""
        late.append(f"应由专管员于{deadline(delivery.at)}前{mark}送达信息指挥中心，{done}")
    return Evidence(
        f"{day_and_time(footage.recorded_at)}的手机摄录{late[0]}。",
        (*(f"该手机摄录{step}。" for step in late[1:]), f"手机摄录编号{footage.footage_id}。"),
        ("当事人已按时上传，送达由单位专管员负责。",) if upload is None else (),
        facts={
            "footage_id": footage.footage_id,
            "uploaded_at": footage.uploaded_at.isoformat() if footage.uploaded_at else None,
            "delivered_at": footage.delivered_at.isoformat() if footage.delivered_at else None,
            "is_provisional": delivery is not None and delivery.is_provisional,
        },
    )


RULE = Rule(
    id="phone-footage-overdue",
    title="手机摄录未按时上传送交",
    what="手机摄录视音频未见上传或送交",
    conduct="未按规定上传、送交手机摄录的视音频",
    clause="二(二)3(2)，三(二)2",
    box=(2, 2),
    weight="check",
    parameters=PhoneFootageOverdue,
    source=Source(KIND, gather),
    judge=judge,
    file=__file__,
    score=1.0,
)
