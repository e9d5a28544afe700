"""The Chinese texts of notices, in one catalogue: what people read, and nothing that decides."""

from typing import Final

from alerts.rules.registry import RULES

_BY_HAND: Final = {
    "footage-leaked": ("视音频外传", "疑有视音频外传"),
    "other-breach": ("其他不规范情形", "疑有其他不规范情形"),
}
"""What people open by hand: title, and what was seen."""
TITLES: Final[dict[str, str]] = {rule.id: rule.title for rule in RULES} | {k: v[0] for k, v in _BY_HAND.items()}
"""A rule's name as people call it."""
WHAT: Final[dict[str, str]] = {rule.id: rule.what for rule in RULES} | {k: v[1] for k, v in _BY_HAND.items()}
"""What was seen, after who and when; it states, it doesn't accuse."""

CAVEAT: Final = "以上由设备和系统自动记录，尚未核实。"
CAVEATS: Final[dict[str, str]] = {
    "footage-leaked": "以上为人工登记，尚未核实。",
    "other-breach": "以上为人工登记，尚未核实。",
}

ASK_LEADER: Final = "请{deadline}核实并签收，选：设备故障／经批准／需核查。"
ASK_LEADERS: Final[dict[str, str]] = {rule.id: rule.ask_leader for rule in RULES}
ASK_SUBJECT: Final = "您可在{hearing}陈述情况，证据与核查人员所见相同。"
ASK_WEARERS: Final[dict[str, str]] = {rule.id: rule.ask_wearer for rule in RULES}
ASK_WEARER: Final = "请尽快处理。"

MARKS: Final[dict[str, str]] = {
    "reminder": "【提醒】",
    "check": "【待核实，非认定】",
    "transfer": "【待核实，非认定】",
    "sos": "【SOS】",
    "outage": "【断网】",
    "operational": "【设备】",
    "update": "【更正】",
    "escalation": "【催办】",
    "withdrawal": "【撤回】",
}

PLEA: Final = "有利情节：{plea}"
WITHDRAWN: Final = "此前关于{who}{period}“{title}”的通知予以撤回：{reason}。"
CLEARS_SUBJECT: Final = "该情况不计入您的记录，您无须处理。"
CLEARS_OTHERS: Final = "请勿据此对任何人作出处理。"
REASONS: Final[dict[str, str]] = {
    "excused": "已查明有合规事由{excuse}",
    "withdrawn": "后续证据不支持原判断",
    "dismissed": "经核查不予认定",
    "revoked": "经复核撤销认定",
    "outage": "系断网所致，与个人无关",
    "suspected": "证据尚不充分，暂不作任何判断",
    "subject": "佩戴人信息已更正",
    "reminder": "情况已有改变，不再作为待核实事项",
}
ESCALATED: Final = "已通知{before}，逾时未签收{mark}，现报您处理。"
CAPACITIES: Final[dict[str, str]] = {
    "leader": "分管领导",
    "deputy": "副职负责人",
    "head": "主要负责人",
    "command_centre": "信息指挥中心",
    "engineer": "运维工程师",
}
SEVERAL: Final = "执法记录仪通知，共{count}项："
SEVERAL_TITLE: Final = "执法记录仪通知（{count}项）"
DECREE_TITLE: Final = "【提醒】放假调休安排待导入"
DECREE: Final = (
    "【提醒】{years}请由系统管理员在“工作日历”页导入国务院办公厅公布的放假调休安排；尚未公布的，公布后即导入。"
)
WHOLE_BUREAU: Final = "全局"
WEARER: Final = "佩戴人{name}"
CONCERNED: Final = "当事人{name}"
PROVISIONAL: Final = "按暂定工作日历"
UNTIL_DAY: Final = "3个工作日内（{day}24时前{mark}）"
NOT_JUDGED_TITLE: Final = "系统故障：{count}项数据无法判定"
NOT_JUDGED: Final = "以下{count}项数据判定出错，已搁置，其余照常判定；请查看“平台运行”页面并联系开发方：{told}。"
