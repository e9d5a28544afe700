"""The boards' Chinese words and colours for codes in the database; a test compares them with the server's."""

from collections.abc import Mapping
from typing import Final, TypeAlias

Words: TypeAlias = Mapping[str, tuple[str, str]]
"""Code → (Chinese word, Grafana colour)."""

STATES: Final[Words] = {
    "sos": ("SOS求助", "dark-purple"),
    "outage": ("断网", "dark-red"),
    "silent": ("静默", "red"),
    "recording": ("录制中", "green"),
    "standby": ("待机", "blue"),
    "docked": ("在座", "light-blue"),
    "offline": ("离线", "gray"),
    "never": ("未曾上线", "dark-gray"),
}
RULES: Final[Words] = {
    "activity-unrecorded": ("执法活动未录制", "dark-red"),
    "recording-incomplete": ("执法记录不完整", "red"),
    "shift-unrecorded": ("班次内无录制", "orange"),
    "recorder-not-carried": ("出勤未见记录仪在线", "orange"),
    "import-overdue": ("视音频未按时导入", "yellow"),
    "phone-footage-overdue": ("手机摄录未按时上传送交", "yellow"),
    "footage-removed": ("记录仪内文件减少", "dark-red"),
    "sim-removed": ("SIM卡脱离", "dark-red"),
    "recorder-lent": ("登录人与领用登记不符", "orange"),
    "fault-unreported": ("故障未报备", "yellow"),
    "sos": ("SOS求助", "dark-purple"),
    "recorder-offline": ("记录仪离线", "gray"),
    "outage": ("断网", "dark-red"),
    "battery-low": ("电量不足", "light-yellow"),
    "storage-low": ("存储空间不足", "light-yellow"),
    "tamper": ("防拆告警", "red"),
    "clock-wrong": ("时钟不准", "light-yellow"),
    "identity-conflict": ("设备身份冲突", "light-orange"),
    "not-understood": ("报文无法读入", "light-orange"),
    "footage-leaked": ("视音频外传", "dark-red"),
    "other-breach": ("其他不规范情形", "orange"),
}
STATUSES: Final[Words] = {
    "open": ("待签收", "red"),
    "acknowledged": ("已签收", "orange"),
    "statement": ("已陈述", "yellow"),
    "verifying": ("核查中", "blue"),
    "upheld": ("已认定", "purple"),
    "dismissed": ("不予认定", "green"),
    "reopened": ("复核中", "blue"),
    "revoked": ("已撤销", "green"),
    "excused": ("有合规事由", "green"),
    "withdrawn": ("已撤回", "gray"),
    "resolved": ("已结束", "gray"),
}
CONFIDENCES: Final[Words] = {
    "suspected": ("疑似", "gray"),
    "probable": ("很可能", "yellow"),
    "confirmed": ("已证实", "red"),
}
WEIGHTS: Final[Words] = {
    "operational": ("运行", "gray"),
    "reminder": ("提醒", "yellow"),
    "check": ("待核查", "orange"),
    "transfer": ("可移送", "red"),
}
EVENTS: Final[Words] = {
    "sim_removed": ("SIM卡取出", "red"),
    "storage_full": ("存储已满", "orange"),
    "fault": ("故障", "orange"),
    "tamper": ("防拆告警", "red"),
    "sos": ("SOS求助", "dark-purple"),
    "recording_deleted": ("删除录像", "dark-red"),
}
FLAGS: Final[Words] = {"true": ("是", "green"), "false": ("否", "gray")}
SCOPES: Final[Words] = {"fleet": ("全局", "dark-red"), "unit": ("单位", "red"), "cell": ("小区", "orange")}
OUTAGES: Final[Words] = {"platform_outage": ("平台断网", "dark-red"), "cell_outage": ("小区断网", "orange")}
STEPS: Final[Words] = {
    "verifier": ("核查意见", "blue"),
    "department": ("核查部门意见", "blue"),
    "supervision": ("勤务监督处意见", "blue"),
    "political": ("政治处意见", "purple"),
    "return": ("退回", "orange"),
    "void": ("作废", "gray"),
}
