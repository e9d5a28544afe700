"""Notices, step 4 of 5: what a notice says, in Chinese, in full and for channels that others read along. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from alerts import texts
from alerts.incidents.revise import effective_weight
from alerts.incidents.working_time import (
    SHANGHAI,
    WorkingCalendar,
    end_of_working_day_after,
    working_hours_after,
)
from alerts.notices.directory import Directory
from telemetry.store.incidents import IncidentRow
from telemetry.store.notices import ItemRow

_MOST_SENTENCES: Final = 4
_MOST_CHARACTERS: Final = 240
_OF_HIMSELF: Final = frozenset({"subject", "wearer"})


@dataclass(frozen=True, slots=True)
class Wording:
    """A notice's words. `title` and `public_text` name no person."""

    title: str
    text: str
    public_text: str


@dataclass(frozen=True)
class Scene:
    """What the words depend on beside the incidents."""

    directory: Directory
    calendar: WorkingCalendar
    now: datetime
    acknowledge_within: timedelta = timedelta(hours=2)

    @cached_property
    def deadline(self) -> str:
        """Till when a leader should acknowledge, in words."""
        until = working_hours_after(self.calendar, self.now, self.acknowledge_within)
        today = self.now.astimezone(SHANGHAI).date()
        local = until.at.astimezone(SHANGHAI)
        mark = f"（{texts.PROVISIONAL}）" if until.is_provisional else ""
        if local.date() == today:
            return f"今日{local:%H:%M}前{mark}"
        if local.date() == today + timedelta(days=1):
            return f"明日{local:%H:%M}前{mark}"
        return f"{_moment(local, is_same_day=False)}前{mark}"

    @cached_property
    def hearing(self) -> str:
        """Till when the person concerned may state his side, in words."""
        until = end_of_working_day_after(self.calendar, self.now, 3)
        last = until.at - timedelta(days=1)
        mark = f"，{texts.PROVISIONAL}" if until.is_provisional else ""
        return texts.UNTIL_DAY.format(day=f"{last.month}月{last.day}日", mark=mark)


def word(told: Sequence[tuple[ItemRow, IncidentRow]], scene: Scene) -> Wording:
    """The words of one notice about one or several incidents."""
    private = [_paragraph(item, incident, scene, is_public=False) for item, incident in told]
    public = [_paragraph(item, incident, scene, is_public=True) for item, incident in told]
    if len(told) == 1:
        item, incident = told[0]
        title = _mark(item, incident) + _who(incident, scene, is_public=True) + _title(incident)
        return Wording(title, private[0], public[0])
    head = texts.SEVERAL.format(count=len(told))
    return Wording(texts.SEVERAL_TITLE.format(count=len(told)), _numbered(head, private), _numbered(head, public))


def plain(text: str) -> str:
    """*text* on one line, without characters that steer a terminal, a bidirectional line, or a header."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    kept = "".join(" " if char.isspace() else char for char in text if _is_shown(char))
    return " ".join(kept.split())


def span(starts_at: datetime, ends_at: datetime | None, now: datetime) -> str:
    """A period as people say it (Asia/Shanghai): the day only where it isn't today's."""
    begin, today = starts_at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    first = _moment(begin, begin.date() == today)
    if ends_at is None:
        return f"{first}起"
    end = ends_at.astimezone(SHANGHAI)
    return first if end - begin < timedelta(minutes=1) else f"{first}–{_moment(end, end.date() == begin.date())}"


def duration(length: timedelta) -> str:
    """A length as people say it, in minutes or hours and minutes."""
    minutes = max(round(length.total_seconds() / 60), 1)
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes}分钟"
    return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"


def _paragraph(item: ItemRow, incident: IncidentRow, scene: Scene, *, is_public: bool) -> str:
    # A withdrawal names nobody: it goes to the one who is cleared, and who is named now isn't his business.
    who = _who(incident, scene, is_public=is_public or item.kind == "withdrawal")
    period = span(incident.starts_at, incident.ends_at, scene.now)
    mark = _mark(item, incident)
    if item.kind == "withdrawal":
        reason = _reason(incident, is_public=is_public)
        clears = texts.CLEARS_SUBJECT if item.capacity in _OF_HIMSELF and not is_public else texts.CLEARS_OTHERS
        return mark + texts.WITHDRAWN.format(who=who, period=period, title=_title(incident), reason=reason) + clears
    what = texts.WHAT.get(incident.rule, _title(incident)).replace("{duration}", _length(incident, scene.now))
    before = ""
    if item.kind == "escalation":
        told = "head" if item.capacity == "head" else "leader"
        before = texts.ESCALATED.format(before=_told_before(incident, told), mark=_overdue_mark(item, scene))
        mark += texts.MARKS[_grade(incident)]
    elif item.kind == "update":
        mark += texts.MARKS[_grade(incident)]
    why = _why(incident, scene, is_public=is_public)
    return f"{mark}{before}{who}{period}{what}。{why}{_caveat(incident, why)}{_ask(item, incident, scene)}"


def _overdue_mark(item: ItemRow, scene: Scene) -> str:
    """What is urgent is overdue after minutes, whatever day it is."""
    is_provisional = scene.calendar.is_provisional(scene.now.astimezone(SHANGHAI).date())
    return f"（{texts.PROVISIONAL}）" if is_provisional and not item.urgent else ""


def _told_before(incident: IncidentRow, told: str) -> str:
    if effective_weight(incident) == "operational":
        return texts.CAPACITIES["command_centre"]
    return texts.CAPACITIES["leader"] + ("、" + texts.CAPACITIES["deputy"] if told == "head" else "")


def _who(incident: IncidentRow, scene: Scene, *, is_public: bool) -> str:
    unit = plain(scene.directory.unit_name(incident.unit_id)) or texts.WHOLE_BUREAU
    recorder = incident.recorder_id
    person = scene.directory.people.get(incident.officer_id or "")
    known = [unit]
    if person is not None and not is_public:
        known.append((texts.WEARER if recorder else texts.CONCERNED).format(name=plain(person.name)))
    if recorder:
        return f"{recorder}（{'，'.join(known)}）"
    return unit if len(known) == 1 else f"{unit}（{known[1]}）"


def _why(incident: IncidentRow, scene: Scene, *, is_public: bool) -> str:
    """The evidence's first sentences, and always one of those that speak for the person."""
    sentences = [plain(str(sentence)).rstrip("。；;.") for sentence in incident.evidence.get("sentences", ())]
    said = [one for one in sentences if one and not (is_public and scene.directory.names_somebody(one))]
    pleas = [one for one in said if one.startswith(texts.PLEA)]
    chosen = _within([one for one in said if one not in pleas], _MOST_SENTENCES - bool(pleas))
    chosen += _within(pleas, 1)
    return "；".join(chosen) + "。" if chosen else ""


def _within(sentences: Sequence[str], most: int) -> list[str]:
    """The first of *sentences*, at least a piece of one, as far as people still read them."""
    kept: list[str] = []
    for sentence in sentences[:most]:
        if kept and len("；".join([*kept, sentence])) > _MOST_CHARACTERS:
            break
        kept.append(sentence if len(sentence) <= _MOST_CHARACTERS else sentence[: _MOST_CHARACTERS - 1] + "…")
    return kept


def _ask(item: ItemRow, incident: IncidentRow, scene: Scene) -> str:
    if item.capacity == "subject":
        return texts.ASK_SUBJECT.format(hearing=scene.hearing)
    if item.weight == "reminder" or item.capacity == "wearer":
        return texts.ASK_WEARERS.get(incident.rule, texts.ASK_WEARER)
    ask = texts.ASK_LEADERS.get(incident.rule, texts.ASK_LEADER)
    return ask.format(deadline=scene.deadline) if "{" in ask else ask


def _reason(incident: IncidentRow, *, is_public: bool) -> str:
    if incident.status == "excused":
        # Leave, court, plain clothes: why somebody was excused is nobody else's business.
        excuse = "" if is_public or not incident.excuse else f"（{plain(incident.excuse)}）"
        return texts.REASONS["excused"].format(excuse=excuse)
    if incident.status in texts.REASONS:
        return texts.REASONS[incident.status]
    if incident.outage_id is not None:
        return texts.REASONS["outage"]
    if incident.confidence == "suspected":
        return texts.REASONS["suspected"]
    return texts.REASONS["subject" if effective_weight(incident) in {"check", "transfer"} else "reminder"]


def _mark(item: ItemRow, incident: IncidentRow) -> str:
    return texts.MARKS[item.kind] if item.kind != "new" else texts.MARKS[_grade(incident)]


def _grade(incident: IncidentRow) -> str:
    return incident.rule if incident.rule in {"sos", "outage"} else effective_weight(incident)


def _caveat(incident: IncidentRow, why: str) -> str:
    if effective_weight(incident) not in {"check", "transfer"}:
        return ""
    caveat = texts.CAVEATS.get(incident.rule, texts.CAVEAT)
    return "" if texts.CANNOT_TELL in why and texts.CANNOT_TELL in caveat else caveat


def _title(incident: IncidentRow) -> str:
    return texts.TITLES.get(incident.rule, incident.rule)


def _length(incident: IncidentRow, now: datetime) -> str:
    return duration((incident.ends_at or now) - incident.starts_at)


def _moment(at: datetime, is_same_day: bool) -> str:  # noqa: FBT001 - private, and both callers say what they compare
    return f"{at:%H:%M}" if is_same_day else f"{at.month}月{at.day}日{at:%H:%M}"


def _is_shown(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _numbered(head: str, paragraphs: Sequence[str]) -> str:
    return "\n".join([head, *(f"{n}. {paragraph}" for n, paragraph in enumerate(paragraphs, 1))])
