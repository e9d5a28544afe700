"""The Chinese texts of notices, in one catalogue."""

from typing import Final

from alerts.rules import rule
from alerts.rules.registry import RULES
from telemetry.vocabulary import GROUPS, text, texts

_BY_HAND: Final = GROUPS["rule"]
"""Rules whose incidents people open by hand: title, and what was observed."""
TITLES: Final[dict[str, str]] = {one.id: one.title for one in RULES} | {k: v.text for k, v in _BY_HAND.items()}
"""Titles by rule."""
WHAT: Final[dict[str, str]] = {one.id: one.what for one in RULES} | {k: v.meaning for k, v in _BY_HAND.items()}
"""What was observed, by rule, following who and when; worded as a statement, not an accusation."""

CAVEAT: Final = "以上由设备和系统自动记录，尚未核实。"
CAVEATS: Final[dict[str, str]] = dict.fromkeys(_BY_HAND, "以上为人工登记，尚未核实。")

ASK_LEADERS: Final[dict[str, str]] = {one.id: one.ask_leader for one in RULES}
ASK_LEADER: Final = rule.ASK_LEADER
ASK_SUBJECT: Final = "您可在{hearing}提交情况说明，所见证据与核查人员相同。"
ASK_WEARERS: Final[dict[str, str]] = {one.id: one.ask_wearer for one in RULES}
ASK_WEARER: Final = rule.ASK_WEARER

MARKS: Final[dict[str, str]] = {
    **{weight: f"【{text('weight', weight)}】" for weight in ("reminder", "operational")},
    **dict.fromkeys(("check", "transfer"), "【待核实，非认定】"),
    **{state: f"【{text('state', state)}】" for state in ("sos", "outage")},
    **{kind: f"【{text('notice_kind', kind)}】" for kind in ("update", "escalation", "withdrawal")},
}
"""The first word of a notice: by weight, by rule for urgent ones, by kind for further notices."""

PLEA: Final = "有利情节：{plea}"
WITHDRAWN: Final = "此前关于{who}{period}“{title}”的通知予以撤回：{reason}。"
CLEARS_SUBJECT: Final = "该情况不计入您的记录，您无须处理。"
CLEARS_OTHERS: Final = "请勿据此对任何人员作出处理。"
REASONS: Final[dict[str, str]] = {
    "excused": "经查属免责情形{excuse}",
    "withdrawn": "后续证据不支持原判断",
    "dismissed": "经核查不予认定",
    "revoked": "经复核撤销认定",
    "outage": "系断网所致，不涉及个人",
    "suspected": "证据尚不充分，暂不作任何判断",
    "subject": "佩戴人信息已更正",
    "reminder": "情况已有变化，不再列为待核实事项",
}
ESCALATED: Final = "已通知{before}，逾时未签收{mark}，现报请您处理。"
CAPACITIES: Final = texts("capacity")
SEVERAL: Final = "执法记录仪通知，共{count}项："
REST: Final = "其余{count}项未逐条列出，请在系统中查看。"
SEVERAL_TITLE: Final = "执法记录仪通知（{count}项）"
DECREE_TITLE: Final = "【提醒】放假调休安排待导入"
DECREE: Final = (
    "【提醒】{years}请由系统管理员在“工作日历”页面导入国务院办公厅公布的放假调休安排；尚未公布的，公布后及时导入。"
)
WHOLE_BUREAU: Final = "全局"
WEARER: Final = "佩戴人{name}"
CONCERNED: Final = "当事人{name}"
PROVISIONAL: Final = "按暂定工作日历"
HEARING: Final = "3个工作日内（陈述截止{until}{mark}）"
NOT_JUDGED_TITLE: Final = "系统故障：{count}项数据无法判定"
NOT_JUDGED: Final = "以下{count}项数据判定出错，已搁置，其余照常判定；请查看“系统状态”页面并联系开发方：{told}。"
