"""Words about incidents: confidence, weight, status, cause, actions."""

from typing import Final

from telemetry.vocabulary.word import Word, Words

CONFIDENCE: Final[Words] = {
    "suspected": Word("疑似", "证据尚可能补充，仅供指挥中心掌握，不发通知，不作认定。", "lilac"),
    "probable": Word("高度疑似", "证据已经收齐，指向该情形，但不足以确证。", "amber"),
    "confirmed": Word("数据确证", "由设备、卡号或者导入记录直接测得。", "navy"),
}
WEIGHT: Final[Words] = {
    "operational": Word("设备运行", "设备或者网络的运行情况，不涉及对人员的认定。", "grey"),
    "reminder": Word("提醒", "提请当事人和专管员及时处理，不作核查。", "yellow"),
    "check": Word("待核查", "由核查部门核实后认定或者不予认定。", "amber"),
    "transfer": Word("可移送", "经核查认定后可以填写移送单。", "red"),
}
STATUS: Final[Words] = {
    "open": Word("待签收", "已经发现，所属单位尚未签收。", "rose"),
    "acknowledged": Word("已签收", "所属单位已经签收，尚未核查。", "sky"),
    "statement": Word("已陈述", "当事人已经提交情况说明。", "sky"),
    "verifying": Word("核查中", "核查部门正在核查。", "sky"),
    "upheld": Word("已认定", "经核查认定属实。", "crimson"),
    "dismissed": Word("不予认定", "经核查不予认定，不计入记录。", "mint"),
    "reopened": Word("复核中", "认定之后启动复核，尚未作出结论。", "sky"),
    "revoked": Word("已撤销", "经复核撤销认定，不计入记录。", "mint"),
    "excused": Word("认定免责", "属免录、报备、送修等情形，不予追究。", "mint"),
    "withdrawn": Word("已撤回", "后续证据表明情况不成立。", "mint"),
    "resolved": Word("已结束", "设备或者网络情况已经结束，无须核查。", "mint"),
}
CAUSE: Final[Words] = {
    "sim_removed": Word("SIM卡脱离", "设备测得SIM卡不在位，或者换用了其他卡。", "red"),
    "power_off": Word("关机", "设备按键关机。", "slate"),
    "battery_depleted": Word("电量耗尽", "电量下降至耗尽后停机。", "amber"),
    "no_coverage": Word("无信号覆盖", "所在位置没有移动网络信号。", "sky"),
    "cell_outage": Word("基站断网", "同一基站小区的记录仪同时离线。", "purple"),
    "platform_outage": Word("平台断网", "平台或者网络故障，多台记录仪同时离线。", "purple"),
    "docked": Word("放入采集站", "记录仪放入采集站。", "slate"),
    "device_fault": Word("设备故障", "设备自身故障，与人员无关。", "orange"),
    "asleep": Word("休眠或升级", "设备进入休眠，或者正在升级固件。", "grey"),
    "unknown": Word("原因不明", "现有证据不足以判明原因。", "grey"),
}
INCIDENT_ACTION: Final[Words] = {
    "acknowledge": Word("签收", "所属单位确认已经知悉。"),
    "state": Word("情况说明", "当事人陈述情况。"),
    "verify": Word("开始核查", "核查部门开始核查。"),
    "uphold": Word("认定", "经核查认定属实。"),
    "dismiss": Word("不予认定", "经核查不予认定。"),
    "excuse": Word("认定免责", "属免录、报备、送修等情形，不予追究。"),
    "reopen": Word("启动复核", "对已经作出的认定进行复核。"),
    "revoke": Word("撤销认定", "经复核撤销原认定。"),
    "raise": Word("转为可移送", "由待核查转为可移送，须写明理由。"),
    "resolve": Word("确认结束", "确认设备或者网络情况已经处置完毕。"),
    "comment": Word("备注", "记入办理历史。"),
    "propose": Word("反馈核实情况", "所属单位反馈核实的初步结论，供核查部门参考。"),
}
INCIDENT_CHANGE: Final[Words] = {
    "opened": Word("发现", "规则首次得出结论。"),
    "opened_by_hand": Word("人工登记", "由人员登记规则无法发现的情形。"),
    "revised": Word("证据更新", "新的证据改变了时段、原因或者证据程度。"),
    "reinstated": Word("恢复办理", "撤回之后证据重新成立。"),
    "excused": Word("认定免责", "登记的免录、报备、送修等情形说明了该时段。"),
    "withdrawn": Word("撤回", "后续证据表明情况不成立。"),
    "resolved": Word("已结束", "设备或者网络情况已经结束。"),
    "noted": Word("新增证据（不影响认定）", "作出认定之后收到的证据与认定一致。"),
    "flagged": Word("新增证据（建议复核）", "作出认定之后收到的证据与认定不一致。"),
}
PROPOSAL: Final[Words] = {
    "card_changed": Word("已换卡", "按规定更换SIM卡。"),
    "device_fault": Word("设备故障", "设备自身故障。"),
    "approved": Word("经批准", "事先经过批准。"),
    "check_needed": Word("需核查", "情况不明，请核查部门核查。"),
}
EVIDENCE_SIDE: Final[Words] = {
    "key": Word("主要事实", "决定结论的事实。", "red"),
    "for": Word("有利情节", "对当事人有利的事实。", "green"),
    "against": Word("其他依据", "支持结论的其他事实。", "red"),
    "neutral": Word("其他事实", "不偏向任何一方的事实。"),
    "limit": Word("系统无法判断的事项", "须由核查人员查明的事项。", "amber"),
}
RULE: Final[Words] = {
    "footage-leaked": Word("视音频外传", "疑有视音频外传", "amber"),
    "other-breach": Word("其他不规范情形", "疑有其他不规范情形", "amber"),
}
"""Rules whose incidents people open by hand; the others define their own texts (`alerts.rules.registry`)."""
CONDUCT: Final[Words] = {
    "footage-leaked": Word("擅自传播、泄露执法记录仪记录的视音频资料", "附件2第4项。"),
    "other-breach": Word("违反执法记录仪使用管理规定", "附件2第8项。"),
}
"""The conduct of these rules as a slip states it."""
OUTAGE_SCOPE: Final[Words] = {
    "fleet": Word("全局", "全局多台记录仪同时断网。", "purple"),
    "unit": Word("本单位", "一个单位多台记录仪同时断网。", "purple"),
    "cell": Word("同一基站小区", "同一基站小区多台记录仪同时断网。", "purple"),
}
EVIDENCE_DOUBT: Final[Words] = {
    "standstill": Word("本系统自身未能接收数据", "该时段没有数据不能说明任何情况。"),
    "rejected": Word("设备报文未能被本系统读入", "该时段的报文不作为认定依据。"),
    "imei": Word("另一台设备以该记录仪的编号上报（IMEI与登记不符）", "无法确定数据出自哪台设备。"),
    "two_boots": Word("两台设备同时以该记录仪的编号上报", "无法确定数据出自哪台设备。"),
    "reused": Word("设备重复使用启动标识", "无法区分前后两次开机的数据。"),
    "clock": Word("本系统的时钟当时不准", "该时段数据的时刻不可靠。"),
    "no_birth": Word("设备的上线报文未能收到，登录人不明", "无法确定登录人员。"),
    "aside": Word("本系统未能判定该记录仪的数据", "判定出错，已经搁置。"),
}
