"""Words about notices: roles, capacities, channels, outcomes."""

from typing import Final

from telemetry.vocabulary.word import Word, Words

ROLE: Final[Words] = {
    "officer": Word("执法人员", "佩戴记录仪的执法人员。"),
    "auxiliary": Word("辅管人员", "佩戴记录仪的辅管人员。"),
    "custodian": Word("专管员", "保管、领用、报修本单位记录仪。"),
    "leader": Word("分管领导", "本单位记录仪管理的第一责任人。"),
    "deputy": Word("副职负责人", "分管领导逾时未签收时接报。"),
    "head": Word("主要负责人", "单位主要负责人。"),
    "command_centre": Word("信息指挥中心", "掌握全局在岗情况。"),
    "verifier": Word("核查人员", "核查部门人员，核查并作出认定。"),
    "supervision": Word("勤务监督处", "接收移送单，办结通报。"),
    "political": Word("政治处", "对附件1移送单提出处理意见。"),
    "engineer": Word("运维人员", "维护平台和设备。"),
    "auditor": Word("审计管理员", "查阅审计日志。"),
    "administrator": Word("系统管理员", "管理账号和基础设置。"),
    "security": Word("安全管理员", "管理权限和令牌。"),
}
CAPACITY: Final[Words] = {
    "subject": Word("当事人", "事件涉及的人员。"),
    "wearer": Word("佩戴人", "当时佩戴记录仪的人员。"),
    **{code: ROLE[code] for code in ("leader", "deputy", "head", "custodian", "command_centre", "engineer")},
}
NOTICE_STATE: Final[Words] = {
    "queued": Word("待发送", "已经生成，尚未发送。", "sky"),
    "sent": Word("已发送", "渠道已经接收。", "mint"),
    "dead": Word("未送达", "各渠道均未送达，须人工处理。", "rose"),
    "cancelled": Word("已取消", "发送之前情况已经变化，不再发送。", "grey"),
}
ATTEMPT: Final[Words] = {
    "sending": Word("发送中", "已经交给渠道，尚无答复。"),
    "sent": Word("发送成功", "渠道已经接收。"),
    "failed": Word("发送失败", "渠道暂时不可用，稍后重试。"),
    "refused": Word("渠道拒收", "渠道拒绝接收，改用其他渠道。"),
    "unknown": Word("结果不明", "渠道没有答复，改用其他渠道，不重复发送。"),
    "limited": Word("渠道限流", "超过渠道的频率限制，稍后重试。"),
}
NOTICE_KIND: Final[Words] = {
    "new": Word("通知", "首次通知。"),
    "update": Word("更正", "情况变化后的通知。"),
    "escalation": Word("催办", "逾时未签收，报上级领导。"),
    "withdrawal": Word("撤回", "此前的通知不再成立。"),
}
CHANNEL: Final[Words] = {
    "wecom_app": Word("企业微信", "企业微信应用消息。"),
    "wecom_bot": Word("企业微信群", "企业微信群机器人。"),
    "dingtalk": Word("钉钉", "钉钉群机器人。"),
    "feishu": Word("飞书", "飞书群机器人。"),
    "smtp": Word("电子邮件", "电子邮件。"),
    "sms": Word("短信", "手机短信。"),
    "webhook": Word("接口推送", "推送到其他系统。"),
    "wecom": Word("企业微信", "企业微信应用消息。"),
    "email": Word("电子邮件", "电子邮件。"),
    "console": Word("指挥中心屏幕", "在本系统内弹出，并有声音提示。"),
}
"""By kind; a channel with another name in the settings is shown by that name."""
