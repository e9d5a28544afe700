"""outage: many on-duty recorders fell silent together; one incident for all of them, none for a member."""

from collections.abc import Sequence

from alerts.finding import Evidence, Finding, Standing, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, Rule
from alerts.rules.shared_losses import KeyedOutage
from alerts.rules.silences import SILENCES, Silences
from alerts.rules.tick import Tick
from alerts.shanghai_time import day_and_time
from alerts.silences.outage import OutageParameters
from telemetry.vocabulary import texts

_SCOPES = texts("outage_scope")


async def cases(tick: Tick, silences: Silences) -> Sequence[Case]:
    """The outages that explain losses of this tick."""
    standing = [Case(each.key, each, Interval(each.outage.starts_at, tick.now)) for each in silences.shared.outages]
    return standing + [Case(key, None, Interval(since, tick.now)) for key, since in silences.shared.absorbed]


def judge(keyed: KeyedOutage, parameters: OutageParameters) -> list[Finding]:
    """The finding about one outage; resolved when `back_share` of its members are back."""
    outage = keyed.outage
    ends_at = outage.ends_at(parameters.back_share)
    standing: Standing = "holds" if ends_at is None else "resolved"
    members = sorted({member.recorder_id for member in outage.members})
    kind, name = outage.scope
    where = f"{_SCOPES[kind]}{name if kind == 'cell' else ''}"
    said = f"{where}在岗记录仪{outage.on_duty}台中有{len(members)}台自{day_and_time(outage.starts_at)}起先后离线"
    over = "" if ends_at is None else f"，{day_and_time(ends_at)}大部分已恢复"
    finding = Finding(
        key=keyed.key,
        subject=Subject(unit_id=keyed.unit_id),
        starts_at=outage.starts_at,
        ends_at=ends_at,
        confidence="confirmed",
        weight="operational",
        standing=standing,
        evidence=Evidence(
            f"{said}{over}。",
            ("离线前均未发送下线报文，相继离线的间隔不超过2分钟，按断网处理，不追究个人。",),
            facts={
                "scope": kind,
                "name": name,
                "on_duty": outage.on_duty,
                "members": members,
            },
        ),
        cause=outage.kind,
    )
    return [finding]


RULE = Rule(
    id="outage",
    title="断网",
    what="多台记录仪断网",
    clause=None,
    box=None,
    weight="operational",
    parameters=OutageParameters,
    source=SILENCES,
    cases=cases,
    judge=judge,
    file=__file__,
    ask_leader="请立即联系运维人员检查网络和平台。",
    is_urgent=True,
    is_of_any_device=True,
)
