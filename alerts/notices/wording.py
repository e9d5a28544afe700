"""Notices, step 4 of 5: words a notice in Chinese, in full and for public channels. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from alerts.duty.working_time import WorkingCalendar, end_of_working_day_after, working_hours_after
from alerts.finding import Evidence
from alerts.incidents.revise import effective_weight
from alerts.notices import texts
from alerts.notices.directory import Directory
from alerts.shanghai_time import SHANGHAI, deadline, duration
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow

_MOST_REASONS: Final = 2
_MOST_CHARACTERS: Final = 240
_MOST_TOLD: Final = 20
_MOST_OF_A_RECORDER: Final = 3
MOST_BYTES: Final = 6000
"""Bounds of what one notice says of several incidents; it counts the rest. Channels cut it to their own limits."""
_OF_HIMSELF: Final = frozenset({"subject", "wearer"})


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of a notice. `title` and `public_text` name no person."""

    title: str
    text: str
    public_text: str


@dataclass(frozen=True)
class WordingContext:
    """What the texts depend on besides the incidents."""

    directory: Directory
    calendar: WorkingCalendar
    now: datetime
    acknowledge_within: timedelta = timedelta(hours=2)

    @cached_property
    def deadline(self) -> str:
        """The time by which a leader should acknowledge, as text."""
        until = working_hours_after(self.calendar, self.now, self.acknowledge_within)
        mark = f"（{texts.PROVISIONAL}）" if until.is_provisional else ""
        return f"{deadline(until.at, self.now)}前{mark}"

    @cached_property
    def hearing(self) -> str:
        """The time by which the person concerned may give a statement, as text."""
        until = end_of_working_day_after(self.calendar, self.now, 3)
        mark = f"，{texts.PROVISIONAL}" if until.is_provisional else ""
        return texts.HEARING.format(until=deadline(until.at), mark=mark)


def word_notice(told: Sequence[tuple[ItemRow, IncidentRow]], scene: WordingContext) -> Wording:
    """The texts of one notice about one or several incidents."""
    chosen = _spelled_out(told)
    private = [_paragraph(item, incident, scene, is_public=False) for item, incident in chosen]
    public = [_paragraph(item, incident, scene, is_public=True) for item, incident in chosen]
    item, incident = told[0]
    if len(told) == 1:
        title = _mark(item, incident) + _who(incident, scene, is_public=True) + _title(incident)
        return Wording(title, private[0], public[0])
    # Urgent notices travel by themselves, so the first one's mark says what it is about.
    title = (_mark(item, incident) if item.urgent else "") + texts.SEVERAL_TITLE.format(count=len(told))
    return Wording(title, _numbered(private, len(told)), _numbered(public, len(told)))


def _spelled_out(told: Sequence[tuple[ItemRow, IncidentRow]]) -> list[tuple[ItemRow, IncidentRow]]:
    """Those of *told* that a notice spells out: few of each recorder, and few in all."""
    of_recorder: Counter[str] = Counter()
    chosen = []
    for item, incident in told:
        name = incident.recorder_id or incident.incident_id
        of_recorder[name] += 1
        if of_recorder[name] <= _MOST_OF_A_RECORDER:
            chosen.append((item, incident))
    return chosen[:_MOST_TOLD]


def plain(text: str) -> str:
    """*text* on one line, without control characters and marks that change the direction of writing."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    kept = "".join(" " if char.isspace() else char for char in text if _is_shown(char))
    return " ".join(kept.split())


def span(starts_at: datetime, ends_at: datetime | None, now: datetime) -> str:
    """A period as text (Asia/Shanghai); the date is left out if it is today."""
    begin, today = starts_at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    first = _moment(begin, begin.date() == today)
    if ends_at is None:
        return f"{first}起"
    end = ends_at.astimezone(SHANGHAI)
    return first if end - begin < timedelta(minutes=1) else f"{first}–{_moment(end, end.date() == begin.date())}"


def _paragraph(item: ItemRow, incident: IncidentRow, scene: WordingContext, *, is_public: bool) -> str:
    # A withdrawal goes to the person who is cleared and must not tell him whom the incident names now.
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
    said = _said(incident, scene, is_public=is_public)
    # The key sentence comes first, for people who read one line only.
    first = f"{said.key}。{_known(incident, said.key, who, period)}" if said.key else f"{who}{period}{what}"
    return f"{mark}{first}。{before}{_why(said)}{_caveat(incident, said)}{_ask(item, incident, scene)}"


def _overdue_mark(item: ItemRow, scene: WordingContext) -> str:
    """The mark of a provisional calendar; none for urgent notices, whose deadline doesn't depend on the day."""
    is_provisional = scene.calendar.is_provisional(scene.now.astimezone(SHANGHAI).date())
    return f"（{texts.PROVISIONAL}）" if is_provisional and not item.urgent else ""


def _told_before(incident: IncidentRow, told: str) -> str:
    if effective_weight(incident) == "operational":
        return texts.CAPACITIES["command_centre"]
    return texts.CAPACITIES["leader"] + ("、" + texts.CAPACITIES["deputy"] if told == "head" else "")


def _who(incident: IncidentRow, scene: WordingContext, *, is_public: bool) -> str:
    unit = plain(scene.directory.unit_name(incident.unit_id)) or texts.WHOLE_BUREAU
    recorder = incident.recorder_id
    person = scene.directory.people.get(incident.officer_id or "")
    known = [unit]
    if person is not None and not is_public:
        known.append((texts.WEARER if recorder else texts.CONCERNED).format(name=plain(person.name)))
    if recorder:
        return f"{recorder}（{'，'.join(known)}）"
    return unit if len(known) == 1 else f"{unit}（{known[1]}）"


def _known(incident: IncidentRow, key: str, who: str, period: str) -> str:
    """Whom it concerns; with recorder and period if the key sentence lacks them (as in version 0.1)."""
    if incident.recorder_id is None or incident.recorder_id not in key:
        return f"{who}，{period}" if incident.recorder_id else who
    return who.removeprefix(incident.recorder_id).removeprefix("（").removesuffix("）")


def _said(incident: IncidentRow, scene: WordingContext, *, is_public: bool) -> Evidence:
    """The evidence, one line per sentence; for public channels without sentences that name somebody."""
    kept = Evidence.of(incident.evidence)

    def shown(sentences: Sequence[str]) -> tuple[str, ...]:
        lines = [plain(sentence).rstrip("。；;.") for sentence in sentences]
        return tuple(one for one in lines if one and not (is_public and scene.directory.names_somebody(one)))

    key = _within(shown((kept.key,)), 1)
    return Evidence("".join(key), shown(kept.reasons), shown(kept.pleas), shown(kept.limits))


def _why(said: Evidence) -> str:
    """The first reasons, and always one of the pleas and one of the limits."""
    chosen = _within(said.reasons, _MOST_REASONS)
    chosen += [texts.PLEA.format(plea=plea) for plea in _within(said.pleas, 1)]
    chosen += _within(said.limits, 1)
    return "；".join(chosen) + "。" if chosen else ""


def _within(sentences: Sequence[str], most: int) -> list[str]:
    """The first of *sentences*, at most *most* and a readable length; a long one is cut."""
    kept: list[str] = []
    for sentence in sentences[:most]:
        if kept and len("；".join([*kept, sentence])) > _MOST_CHARACTERS:
            break
        kept.append(sentence if len(sentence) <= _MOST_CHARACTERS else sentence[: _MOST_CHARACTERS - 1] + "…")
    return kept


def _ask(item: ItemRow, incident: IncidentRow, scene: WordingContext) -> str:
    if item.capacity == "subject":
        return texts.ASK_SUBJECT.format(hearing=scene.hearing)
    if item.weight == "reminder" or item.capacity == "wearer":
        return texts.ASK_WEARERS.get(incident.rule, texts.ASK_WEARER)
    ask = texts.ASK_LEADERS.get(incident.rule, texts.ASK_LEADER)
    return ask.format(deadline=scene.deadline) if "{" in ask else ask


def _reason(incident: IncidentRow, *, is_public: bool) -> str:
    if incident.status == "excused":
        # The reason (leave, court, plain clothes) is confidential, so public channels leave it out.
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


def _caveat(incident: IncidentRow, said: Evidence) -> str:
    if effective_weight(incident) not in {"check", "transfer"}:
        return ""
    return texts.CAVEATS.get(incident.rule, "" if said.limits else texts.CAVEAT)


def _title(incident: IncidentRow) -> str:
    return texts.TITLES.get(incident.rule, incident.rule)


def _length(incident: IncidentRow, now: datetime) -> str:
    return duration((incident.ends_at or now) - incident.starts_at)


def _moment(at: datetime, is_same_day: bool) -> str:  # noqa: FBT001 - private, and both callers say what they compare
    return f"{at:%H:%M}" if is_same_day else f"{at.month}月{at.day}日{at:%H:%M}"


def _is_shown(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _numbered(paragraphs: Sequence[str], count: int) -> str:
    """A numbered list of *paragraphs* within `MOST_BYTES`, under the *count* of all, with the count of the rest."""
    lines, size = [texts.SEVERAL.format(count=count)], 0
    for n, paragraph in enumerate(paragraphs, 1):
        line = f"{n}. {paragraph}"
        size += len(line.encode())
        if size > MOST_BYTES and n > 1:
            break
        lines.append(line)
    rest = count - len(lines) + 1
    return "\n".join([*lines, texts.REST.format(count=rest)] if rest else lines)
