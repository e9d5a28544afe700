"""Renders the demo's screen: fleet, incidents with their evidence, and the last notice to a leader."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerts.finding import Evidence
from alerts.incidents.states import CLEARED
from alerts.notices.texts import TITLES
from alerts.shanghai_time import SHANGHAI
from device_sim.bureau.people import Bureau
from telemetry.records.incidents import IncidentRow
from telemetry.vocabulary import GROUPS, PALETTE, text, texts
from telemetry.web.wecom_stand_in import Delivered

_SILENT: Final = timedelta(seconds=90)
_UNITS_SHOWN: Final = 8
_SENTENCES: Final = 6
_BESIDE_EVIDENCE: Final = 76
"""Width of the table's other columns, in cells."""
_CONFIDENCE: Final = texts("confidence")
_WEIGHT: Final = texts("weight")
_OVER: Final = {status: text("status", status) for status in ("resolved", "withdrawn", "excused")}
_STRIP: Final = texts("strip")
_AWAY: Final = ("·", "dim")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of people and units, by id and by WeCom id."""

    people: Mapping[str, str]
    units: Mapping[str, str]
    roles: Mapping[str, str]
    at_wecom: Mapping[str, str]

    def subject(self, incident: IncidentRow) -> str:
        """The subject of an incident as text."""
        unit = self.units.get(incident.unit_id or "", "")
        who = self.people.get(incident.officer_id or "", "")
        return " ".join(part for part in (unit, who, incident.recorder_id or "") if part) or "全局"

    def addressee(self, wecom: str) -> str:
        """A person's name, unit and roles."""
        person = self.at_wecom.get(wecom, "")
        return f"{self.people.get(person, wecom)}（{self.roles.get(person, '')}）"


def names_of(bureau: Bureau) -> Names:
    """The names in an invented bureau, with roles as the facts word them."""
    titles = texts("role")
    units = {unit.unit_id: unit.name for unit in bureau.units}
    return Names(
        people={officer.officer_id: officer.name for officer in bureau.officers},
        units=units,
        roles={
            officer.officer_id: units[officer.unit_id] + "、".join(titles.get(role, role) for role in officer.roles)
            for officer in bureau.officers
        },
        at_wecom={f"w{officer.officer_id.lower()}": officer.officer_id for officer in bureau.officers},
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the screen shows at one moment."""

    now: datetime
    speed: float
    fleet: Sequence[Mapping[str, Any]]
    on_duty: frozenset[str]
    incidents: Sequence[IncidentRow]
    notices: Sequence[Delivered]
    leaders: frozenset[str] = field(default_factory=frozenset)

    def state(self, recorder: Mapping[str, Any]) -> str:
        """The live map's state, or `away`; silence counts on duty only."""
        if recorder["recorder_id"] not in self.on_duty:
            return "away"
        if self.now - recorder["last_received_at"] > _SILENT:
            return "silent"
        return "recording" if recorder["recording_state"] == "recording" else "standby"

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the command centre's strip: 应在岗, 在线, 录制, 静默."""
        states = [self.state(recorder) for recorder in self.fleet]
        recording, silent = states.count("recording"), states.count("silent")
        online = recording + states.count("standby")
        counts = {"on_duty": len(self.on_duty), "online": online, "recording": recording, "silent": silent}
        return {_STRIP[name]: count for name, count in counts.items()}


def time_text(moment: Snapshot) -> str:
    """The demo's time and speed as text."""
    local = moment.now.astimezone(SHANGHAI)
    pace = "实时" if moment.speed == 1 else f"{moment.speed:g}倍速"
    return f"{local:%m-%d %H:%M:%S} {pace}"


def render_screen(moment: Snapshot, names: Names, columns: int, lines: int) -> Group:
    """The whole screen, about *lines* high and *columns* cells wide."""
    strip = Text(f"{time_text(moment)}   ", style="bold")
    strip.append("   ".join(f"{name} {count}" for name, count in moment.counts.items()))
    strip.append("  ")
    for state in ("recording", "standby", "silent"):
        strip.append(f" ● {text('state', state)}", style=_style("state", state))
    fleet, notice_panel = _fleet(moment, names), _last_leader_notice(moment, names)
    panel_lines = (
        0 if notice_panel is None else 2 + sum(_height(line, columns - 4) for line in notice_panel[1].splitlines())
    )
    left = lines - 1 - fleet.row_count - panel_lines
    shown: list[RenderableType] = [strip, fleet, _incidents(moment, names, columns, max(8, left))]
    if notice_panel is not None:
        shown.append(Panel(Text(notice_panel[1], overflow="fold"), title=notice_panel[0], border_style="green"))
    return Group(*shown)


def _fleet(moment: Snapshot, names: Names) -> Table:
    """One line per unit with one dot per recorder."""
    by_unit: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for recorder in moment.fleet:
        by_unit[recorder["unit_id"] or ""].append(recorder)
    table = Table.grid(padding=(0, 2))
    for unit_id in sorted(by_unit)[:_UNITS_SHOWN]:
        dots = Text()
        for recorder in by_unit[unit_id][:40]:
            state = moment.state(recorder)
            dots.append(*(_AWAY if state == "away" else ("●", _style("state", state))))
            dots.append(" ")
        table.add_row(Text(names.units.get(unit_id, unit_id)), dots)
    return table


def _incidents(moment: Snapshot, names: Names, columns: int, room: int) -> Table:
    table = Table(expand=True)
    for heading in ("时间", "事件", "对象", "证据程度", "性质"):
        table.add_column(heading, no_wrap=True)
    table.add_column("证据", ratio=1, overflow="fold")
    incidents, width = newest_first(moment.incidents), max(20, columns - _BESIDE_EVIDENCE)
    most = next((most for most in range(_SENTENCES, 1, -1) if _heights(incidents, most, width) <= room - 4), 1)
    used = 4
    for incident in incidents:
        lines = sentences(incident, most)
        used += _heights([incident], most, width)
        if used > room:
            break
        over = _OVER.get(incident.status)
        table.add_row(
            f"{incident.detected_at.astimezone(SHANGHAI):%H:%M}",
            Text(TITLES.get(incident.rule, incident.rule), style="bold" if over is None else "dim"),
            names.subject(incident),
            _confidence(incident),
            over or _WEIGHT[incident.weight],
            Text("\n".join(lines), style="" if over is None else "dim"),
        )
    return table


def _heights(incidents: Iterable[IncidentRow], most: int, width: int) -> int:
    """The number of lines of *incidents* with up to *most* sentences of evidence each."""
    return sum(max(1, sum(_height(line, width) for line in sentences(one, most))) for one in incidents)


def _height(line: str, width: int) -> int:
    return max(1, -(-cell_len(line) // max(1, width)))


def _confidence(incident: IncidentRow) -> Text:
    if incident.status in CLEARED:
        return Text("–", style="dim")
    return Text(_CONFIDENCE[incident.confidence], style=_style("confidence", incident.confidence))


def _style(group: str, code: str) -> str:
    """The colour of a code for the terminal."""
    return PALETTE[GROUPS[group][code].tone or "grey"].fill


def _last_leader_notice(moment: Snapshot, names: Names) -> tuple[str, str] | None:
    """Title and text of the last notice to a leader."""
    for notice in reversed(moment.notices):
        if notice.to in moment.leaders:
            at = f"{notice.at.astimezone(SHANGHAI):%H:%M}"
            return f"企业微信 · {names.addressee(notice.to)} {at} · 共送达 {len(moment.notices)} 条", notice.text[:600]
    return None


def newest_first(incidents: Iterable[IncidentRow]) -> list[IncidentRow]:
    """Incidents, the last changed first."""
    return sorted(incidents, key=lambda one: (one.changed_at, one.incident_id), reverse=True)


def sentences(incident: IncidentRow, most: int = _SENTENCES) -> list[str]:
    """The first sentences of the evidence."""
    said = Evidence.of(incident.evidence)
    return [one for one in (said.key, *said.reasons, *said.pleas, *said.limits) if one][:most]


class TextLog:
    """Prints what is new as lines of text, if there is no terminal."""

    def __init__(self, console: Console, names: Names) -> None:
        self._console = console
        self._names = names
        self._incidents: dict[str, tuple[str, str, str]] = {}
        self._notices = 0

    def log(self, moment: Snapshot) -> None:
        """Print every incident that opened or changed, with its evidence, and every new notice."""
        for incident in reversed(newest_first(moment.incidents)):
            stands = (incident.status, incident.confidence, incident.weight)
            if self._incidents.get(incident.incident_id) != stands:
                self._incidents[incident.incident_id] = stands
                self._say(f"{time_text(moment)} {self._line(incident)}")
                for sentence in sentences(incident, 6):
                    self._say(f"    · {sentence}")
        for notice in moment.notices[self._notices :]:
            mark = "leader " if notice.to in moment.leaders else ""
            self._say(f"{time_text(moment)} WeCom → {mark}{self._names.addressee(notice.to)}")
            for line in notice.text.splitlines():
                self._say(f"    > {line}")
        self._notices = len(moment.notices)

    def log_counts(self, moment: Snapshot) -> None:
        """Print the counts of the strip."""
        self._say(f"{time_text(moment)} " + " ".join(f"{name} {count}" for name, count in moment.counts.items()))

    def _line(self, incident: IncidentRow) -> str:
        title, cause = TITLES.get(incident.rule, incident.rule), f" ({incident.cause})" if incident.cause else ""
        claim = f"{_CONFIDENCE[incident.confidence]} {_WEIGHT[incident.weight]} "
        stands = f"{'' if incident.status in CLEARED else claim}{incident.status}"
        return f"[{incident.rule}] {title}{cause} {self._names.subject(incident)} {stands}"

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)
