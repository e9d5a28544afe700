"""The Chinese texts of notices, in one catalogue: what people read, and nothing that decides."""

from typing import Final

TITLES: Final[dict[str, str]] = {
    "activity-unrecorded": "执法活动未录制",
    "recording-incomplete": "执法记录不完整",
    "shift-unrecorded": "班次内无录制",
    "recorder-not-carried": "出勤未见记录仪在线",
    "import-overdue": "视音频未按时导入",
    "phone-footage-overdue": "手机摄录未按时上传送交",
    "footage-removed": "记录仪内文件减少",
    "sim-removed": "SIM卡脱离",
    "recorder-lent": "登录人与领用登记不符",
    "fault-unreported": "故障未报备",
    "sos": "SOS求助",
    "recorder-offline": "记录仪离线",
    "outage": "断网",
    "battery-low": "电量不足",
    "storage-low": "存储空间不足",
    "tamper": "防拆告警",
    "clock-wrong": "时钟不准",
    "identity-conflict": "设备身份冲突",
    "not-understood": "报文无法读入",
    "footage-leaked": "视音频外传",
    "other-breach": "其他不规范情形",
}
"""A rule's name as people call it."""

WHAT: Final[dict[str, str]] = {
    "activity-unrecorded": "执法活动，未查到任何录制",
    "recording-incomplete": "执法活动，录制不完整",
    "shift-unrecorded": "班次，几乎没有录制",
    "recorder-not-carried": "出勤，未见记录仪离座在线",
    "import-overdue": "所录视音频未见导入采集工作站",
    "phone-footage-overdue": "手机摄录视音频未见上传或送交",
    "footage-removed": "机内文件减少，其间无导入记录",
    "sim-removed": "离线{duration}",
    "recorder-lent": "登录人与领用登记不符",
    "fault-unreported": "故障后未见报备",
    "sos": "发出SOS求助",
    "recorder-offline": "离线{duration}",
    "outage": "多台记录仪断网",
    "battery-low": "电量不足",
    "storage-low": "存储空间不足",
    "tamper": "防拆告警",
    "clock-wrong": "时钟不准",
    "identity-conflict": "设备身份冲突",
    "not-understood": "半数以上报文无法读入",
    "footage-leaked": "疑有视音频外传",
    "other-breach": "疑有其他不规范情形",
}
"""What was seen, after who and when; it states, it doesn't accuse."""

CAVEAT: Final = "以上由设备和系统自动记录，尚未核实。"
CAVEATS: Final[dict[str, str]] = {
    "footage-leaked": "以上为人工登记，尚未核实。",
    "other-breach": "以上为人工登记，尚未核实。",
}

ASK_LEADER: Final = "请{deadline}核实并签收，选：设备故障／经批准／需核查。"
ASK_LEADERS: Final[dict[str, str]] = {
    "sim-removed": "请{deadline}查看卡槽，并选：已换卡／设备故障／经批准／需核查。",
    "sos": "请立即联系本人并派员查看，处置后在系统中关闭。",
    "outage": "请立即联系运维查看网络与平台。",
    "import-overdue": "请{deadline}督促导入，并选：已导入／设备故障／经批准／需核查。",
}
ASK_SUBJECT: Final = "您可在{hearing}陈述情况，证据与核查人员所见相同。"
ASK_WEARERS: Final[dict[str, str]] = {
    "battery-low": "请尽快充电或换用备机。",
    "storage-low": "请尽快导入采集工作站，腾出空间。",
    "clock-wrong": "请校准设备时间。",
    "identity-conflict": "请核对设备与登记，必要时联系厂家。",
    "not-understood": "请联系厂家检查固件。",
    "recorder-not-carried": "请立即佩戴并开机；如有请假、换机等情形，请登记。",
    "import-overdue": "请尽快到采集工作站导入。",
    "fault-unreported": "请尽快登记送修。",
}
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
