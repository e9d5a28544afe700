"""Test helper: builders for people, settings, items and texts of notices."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from standins.incident_scene import MONDAY, Weekdays

from alerts.notices.channels.registry import ChannelSettings
from alerts.notices.channels.smtp import SmtpSettings
from alerts.notices.channels.webhook import WebhookSettings
from alerts.notices.channels.wecom_app import WecomAppSettings
from alerts.notices.channels.wecom_bot import WecomBotSettings
from alerts.notices.directory import Directory, Person, Unit
from alerts.notices.settings import NoticeSettings
from alerts.notices.wording import WordingContext
from telemetry.records.notices import ItemRow

NOW = MONDAY + timedelta(minutes=31)
"""10:31 in Shanghai on a Monday."""


def person(person_id: str, name: str, *roles: str, unit: str = "U04", **contact: str) -> Person:
    """By default a person with WeCom and e-mail."""
    reached = contact or {"wecom": person_id.lower(), "email": f"{person_id}@bureau.test"}
    return Person(person_id, name, unit, frozenset(roles), reached)


PEOPLE = (
    person("P0031", "张三", "officer"),
    person("P0001", "李队长", "leader"),
    person("P0002", "王管", "custodian"),
    person("P0003", "赵大队", "head"),
    person("P0004", "钱副", "deputy"),
    person("P0900", "孙局", "head", unit="U01"),
)
UNITS = (Unit("U01", "执法局", None, "bureau"), Unit("U04", "第3中队", "U01", "squad"))


def directory(*people: Person) -> Directory:
    """A directory of *people*, by default the squad's."""
    return Directory(people or PEOPLE, UNITS)


def channels() -> dict[str, ChannelSettings]:
    """An app, a group, mail and a webhook, without servers."""
    return {
        "app": WecomAppSettings(corpid="ww1", secret=SecretStr("s3cret"), agentid=1000002),
        "group": WecomBotSettings(key=SecretStr("k")),
        "mail": SmtpSettings(host="127.0.0.1", sender="fleet@bureau.test"),
        "siren": WebhookSettings(url="http://127.0.0.1/", secret=SecretStr("hook-secret")),
    }


def settings(**changes: Any) -> NoticeSettings:
    """Notice settings with these channels."""
    values: dict[str, Any] = {
        "channels": channels(),
        "order": ("app", "group", "mail"),
        "command_centre": ("console", "siren"),
    }
    return NoticeSettings(**{**values, **changes})


def scene(now: datetime = NOW, *people: Person) -> WordingContext:
    """The context in which a notice is worded."""
    return WordingContext(directory(*people), Weekdays(), now)


_ITEM = ItemRow(
    item_id=1,
    incident_id="I1",
    person="P0001",
    capacity="leader",
    kind="new",
    urgent=False,
    weight="transfer",
    cause="sim_removed",
    officer_id="P0031",
    created_at=NOW,
    not_before=NOW,
)


def item(**changes: Any) -> ItemRow:
    """An item for the leader."""
    return replace(_ITEM, **changes)
