"""Words about paperwork: slips, registers, circulars, retention of footage, the calendar."""

from typing import Final

from telemetry.vocabulary.word import Word, Words

SLIP_STATE: Final[Words] = {
    "verifier": Word("待核查人员意见", "等待核查人员签署意见。", "amber"),
    "department": Word("待核查部门意见", "等待核查部门签署意见。", "amber"),
    "supervision": Word("待勤务监督处意见", "等待勤务监督处签署意见。", "amber"),
    "political": Word("待政治处意见", "等待政治处签署意见。", "amber"),
    "complete": Word("已办结", "各级意见已经签署完毕。", "mint"),
    "void": Word("作废", "移送单已经作废，编号保留。", "grey"),
}
SLIP_MOVE: Final[Words] = {
    "verifier": Word("核查人员意见", "核查人员签署意见。", "sky"),
    "department": Word("核查部门意见", "核查部门签署意见。", "sky"),
    "supervision": Word("勤务监督处意见", "勤务监督处签署意见。", "sky"),
    "political": Word("政治处意见", "政治处签署意见。", "sky"),
    "return": Word("退回核查人员", "退回核查人员重新核查。", "amber"),
    "void": Word("作废", "移送单作废，编号保留。", "grey"),
}
REGISTER_KIND: Final[Words] = {
    "repair": Word("维修台账", "记录仪报修、送修、返还。"),
    "request": Word("调取审批", "查看、调取录像的申请和审批。"),
}
REPAIR_STATE: Final[Words] = {
    "reported": Word("待送修", "已经登记报修，尚未送修。"),
    "sent": Word("维修中", "已经送修。"),
    "returned": Word("已修复", "修复后返还。"),
    "scrapped": Word("已报废", "不能修复，报废。"),
    "cancelled": Word("已撤销", "登记有误，撤销。"),
}
REPAIR_MOVE: Final[Words] = {
    "send": Word("送修", "送维修单位维修。"),
    "return": Word("修复返还", "修复后返还单位。"),
    "scrap": Word("报废", "不能修复，报废。"),
    "cancel": Word("撤销", "登记有误，撤销。"),
}
REQUEST_STATE: Final[Words] = {
    "requested": Word("待审批", "等待单位主要负责人审批。"),
    "approved": Word("已批准", "单位主要负责人已经批准。"),
    "refused": Word("不予批准", "单位主要负责人不予批准。"),
    "retrieved": Word("已调取", "录像已经调取。"),
    "returned": Word("已归还", "录像已经归还。"),
    "withdrawn": Word("已撤回", "申请人撤回申请。"),
}
REQUEST_MOVE: Final[Words] = {
    "approve": Word("批准", "批准调取。"),
    "refuse": Word("不予批准", "不予批准，须写明理由。"),
    "retrieve": Word("调取", "登记调取录像。"),
    "return": Word("归还", "登记归还录像。"),
    "withdraw": Word("撤回申请", "申请人撤回申请。"),
}
CIRCULAR_STATE: Final[Words] = {
    "open": Word("未办结", "数据还会变动。", "amber"),
    "closed": Word("已办结", "数据已经封存，此后的变动在下期更正。", "mint"),
}
CORRECTION: Final[Words] = {
    "counted": Word("计入", "在本期计入。"),
    "added": Word("补计1起", "本期补计以前月份的1起。"),
    "removed": Word("核减1起", "本期核减以前月份的1起。"),
}
FOOTAGE_CLASS: Final[Words] = {
    "important": Word("重要资料（不少于五年）", "群体性事件、可能引发舆情、阻碍执法、可能投诉等资料。"),
    "case": Word("案件证据（与案卷一致）", "作为案件证据的资料，保存期限与案卷一致。"),
    "ordinary": Word("一般资料", "其他资料，按一般期限保存。"),
}
SLIP_TEXT: Final[Words] = {
    "intent": Word("主观故意的认定", "附件2第5项须由核查人员查明。"),
    "consequence": Word("造成的后果", "附件2第2项须由核查人员查明。"),
    "phone_filming": Word("手机摄录及报备情况", "附件2第7项须由核查人员查明。"),
    "breach": Word("违反的具体规定", "附件2第8项须由核查人员查明。"),
}
VERIFIED: Final[Words] = {
    "intact": Word("与制单时一致", "移送单内容没有改动。", "mint"),
    "broken": Word("内容已被改动，请勿使用", "移送单内容与制单时不一致。", "rose"),
    "current": Word("证据无变化", "制单后证据没有变化。", "mint"),
    "changed": Word("制单后证据有变化", "须核对后重新制单。", "amber"),
    "same": Word("副本与制单时一致", "副本没有改动。", "mint"),
    "other": Word("副本与制单内容不符", "副本不是本移送单的副本，或者已被改动。", "rose"),
}
CALENDAR_SOURCE: Final[Words] = {
    "table": Word("已导入", "由系统管理员导入的放假调休安排。"),
    "library": Word("程序自带", "程序自带的放假调休安排。"),
    "provisional": Word("暂定", "只计法定节假日和周末，没有调休。"),
}
