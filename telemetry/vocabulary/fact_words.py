"""Words about facts: collections, and the values to choose from in sheets and forms."""

from typing import Final

from telemetry.vocabulary.word import Word, Words

COLLECTION: Final[Words] = {
    "units": Word("单位", "单位及其上下级关系。"),
    "officers": Word("人员", "执法人员、辅管人员和管理人员。"),
    "recorders": Word("执法记录仪", "记录仪台账。"),
    "assignments": Word("领用归还", "记录仪由谁领用、何时归还。"),
    "sim_bindings": Word("SIM卡绑定", "记录仪自何时起使用哪张SIM卡。"),
    "shifts": Word("班次", "人员的排班。"),
    "activities": Word("执法活动", "须全程录制的执法活动。"),
    "exemptions": Word("免录情形", "经批准无须录制的时段。"),
    "fault_reports": Word("故障报备", "记录仪故障、遗失的报备。"),
    "dock_imports": Word("采集导入", "采集站导入视音频的记录。"),
    "phone_footage": Word("手机摄录", "经报备使用手机摄录的视音频。"),
}
UNIT_KIND: Final[Words] = {
    "bureau": Word("局", "全局。"),
    "office": Word("处室", "机关处室。"),
    "detachment": Word("支队", "支队。"),
    "squad": Word("中队", "中队。"),
}
RECORDER_STATUS: Final[Words] = {
    "service": Word("在用", "正常使用。"),
    "spare": Word("备用", "备用机。"),
    "repair": Word("维修", "送修期间。"),
    "retired": Word("停用", "不再使用。"),
    "test": Word("测试", "测试设备，不计入任何统计。"),
}
ASSIGNMENT: Final[Words] = {
    "daily": Word("日常", "日常领用。"),
    "spare": Word("备用", "领用备用机。"),
    "swap": Word("调换", "与他人调换。"),
    "joint": Word("联合执法", "联合执法时借用。"),
}
SHIFT: Final[Words] = {
    "patrol": Word("巡查", "巡查勤务，须携带并使用记录仪。"),
    "campaign": Word("专项整治", "专项整治勤务，须携带并使用记录仪。"),
    "office": Word("内勤", "内勤，无须携带记录仪。"),
}
ACTIVITY: Final[Words] = {
    "inspection": Word("行政检查", "行政检查。"),
    "penalty": Word("行政处罚", "行政处罚。"),
    "coercion": Word("行政强制", "行政强制。"),
    "campaign": Word("专项整治", "专项整治。"),
    "petition": Word("信访处置", "信访处置。"),
}
TIMES_FROM: Final[Words] = {
    "device": Word("设备", "时间由设备记录。"),
    "checkin": Word("签到", "时间由签到记录。"),
    "manual": Word("手工", "时间由人员填写。"),
}
EXEMPTION: Final[Words] = {
    "leave": Word("请假", "经批准请假。"),
    "meeting": Word("会议", "参加会议。"),
    "training": Word("培训", "参加培训。"),
    "court": Word("出庭", "出庭应诉或者作证。"),
    "plain_clothes": Word("便衣勤务", "经批准的便衣勤务。"),
    "swap": Word("换班", "与他人换班。"),
    "other": Word("其他", "其他经批准的情形。"),
}
FAULT_KIND: Final[Words] = {
    "fault": Word("故障", "设备故障。"),
    "battery": Word("电量不足", "电量不足，不能继续使用。"),
    "storage": Word("存储已满", "存储已满，不能继续录制。"),
    "lost": Word("遗失", "记录仪遗失。"),
}
EXCUSE: Final[Words] = {
    "exemption": Word("免录情形", "经批准无须录制。"),
    "fault_report": Word("故障报备", "已经报备故障。"),
    "lost": Word("遗失报备", "已经报备遗失。"),
    "repair": Word("送修", "记录仪正在维修。"),
    "spare": Word("改用备用记录仪", "已经改用备用记录仪。"),
}
DUTY_STATE: Final[Words] = {
    "planned": Word("未开始", "尚未开始。", "grey"),
    "running": Word("进行中", "正在进行。", "sky"),
    "ended": Word("已结束", "已经结束。", "mint"),
}
PLAN_STATE: Final[Words] = {
    **DUTY_STATE,
    "unconfirmed": Word("待确认", "范围超过一个单位，须由另一人确认后生效。", "amber"),
    "cancelled": Word("已取消", "已经取消。", "grey"),
}
PLAN_MOVE: Final[Words] = {
    "confirm": Word("确认维护", "由登记人以外的人确认，确认后生效。"),
    "cancel": Word("取消维护", "取消或者提前结束，推迟的通知随即发送。"),
}
IMPORT_STATE: Final[Words] = {
    "due": Word("待导入", "期限之内，尚未导入。", "amber"),
    "overdue": Word("已逾期", "超过期限，尚未导入。", "rose"),
    "imported": Word("已导入", "已经导入采集站。", "mint"),
}
TO_DO: Final[Words] = {
    "charge": Word("待充电", "电量不足，须充电。", "amber"),
    "empty": Word("待清空", "剩余空间不足，须导入后清空。", "amber"),
    "import": Word("待导入", "录像尚未导入采集站。", "amber"),
    "repair": Word("待报修", "已经报备故障，尚未登记报修。", "rose"),
    "deliver": Word("待送交", "手机摄录尚未送交信息指挥中心。", "amber"),
}
CHECK: Final[Words] = {
    "battery": Word("电量不低于80%", "领用前检查。"),
    "space": Word("空间充足", "领用前检查。"),
    "sim": Word("SIM卡正常", "领用前检查。"),
    "clock": Word("时钟准确", "领用前检查。"),
    "import": Word("上次录像已导入", "领用前检查。"),
}
