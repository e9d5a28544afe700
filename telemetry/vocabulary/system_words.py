"""Words about the platform: audit log, accounts, tokens, workers, jobs, rejections."""

from typing import Final

from telemetry.vocabulary.incident_words import INCIDENT_ACTION
from telemetry.vocabulary.paper_words import REPAIR_MOVE, REQUEST_MOVE, SLIP_MOVE
from telemetry.vocabulary.word import Word, Words

AUDIT_ACTION: Final[Words] = {
    "session.begin": Word("登录", "登录本系统。"),
    "session.end": Word("退出登录", "退出本系统。"),
    "session.refused": Word("登录失败", "账号、密码或者动态验证码不正确。"),
    "view.track": Word("查看轨迹", "查看人员在岗期间的轨迹。"),
    "view.incident": Word("查看事件", "查看事件及其证据。"),
    "view.timeline": Word("查看时间线", "查看记录仪的时间线。"),
    "view.slip": Word("查看移送单", "查看移送单内容。"),
    "export.audit": Word("导出审计日志", "导出审计日志。"),
    "export.slip": Word("导出移送单", "导出移送单文件。"),
    "export.circular": Word("导出通报", "导出通报文件。"),
    "export.repair": Word("导出维修台账", "导出维修台账。"),
    "export.request": Word("导出调取审批", "导出调取审批登记。"),
    "account.create": Word("新建账号", "新建账号。"),
    "account.change": Word("修改账号", "修改账号的姓名、角色或者单位。"),
    "account.disable": Word("停用账号", "停用账号。"),
    "account.enable": Word("启用账号", "启用账号。"),
    "account.password": Word("修改密码", "修改本人密码。"),
    "account.password_reset": Word("重置密码", "由管理员重置密码，经会签生效。"),
    "account.once": Word("签发一次性登录", "签发只能使用一次的登录链接。"),
    "account.unlock": Word("解锁账号", "解除账号锁定。"),
    "account.sessions_end": Word("结束会话", "结束账号的全部会话。"),
    "account.factor": Word("绑定动态验证码", "绑定本人的动态验证码。"),
    "account.factor_reset": Word("解除动态验证码", "解除账号的动态验证码，经会签生效。"),
    "session.factor": Word("动态验证", "登录时输入动态验证码。"),
    "token.issue": Word("签发令牌", "为其他系统签发接口令牌，经会签生效。"),
    "token.revoke": Word("作废令牌", "接口令牌不再有效。"),
    "grant.ask": Word("申请授权", "申请授予权限、重置密码或者签发令牌，等待会签。"),
    "grant.refuse": Word("退回授权申请", "会签人不同意授权。"),
    "grant.withdraw": Word("撤回授权申请", "申请人撤回授权申请。"),
    "incident.open": Word("登记事件", "人工登记事件。"),
    **{f"incident.{code}": Word(f"事件：{word.text}", word.meaning) for code, word in INCIDENT_ACTION.items()},
    "slip.issue": Word("制作移送单", "由已认定的事件制作移送单。"),
    **{f"slip.{code}": Word(f"移送单：{word.text}", word.meaning) for code, word in SLIP_MOVE.items()},
    "circular.close": Word("办结通报", "封存一个月的通报数据。"),
    "approval.approve": Word("批准补录", "批准事后补录的登记。"),
    "approval.reject": Word("不批准补录", "不批准事后补录的登记。"),
    "calendar.import": Word("导入工作日历", "导入放假调休安排。"),
    "handout.give": Word("登记领用", "登记记录仪的领用。"),
    "handout.return": Word("登记归还", "登记记录仪的归还。"),
    "handout.confirm": Word("确认领用", "领用人确认已经领到。"),
    "repair.begin": Word("登记报修", "登记记录仪报修。"),
    **{f"repair.{code}": Word(f"报修：{word.text}", word.meaning) for code, word in REPAIR_MOVE.items()},
    "request.begin": Word("登记调取", "登记录像调取申请。"),
    **{f"request.{code}": Word(f"调取：{word.text}", word.meaning) for code, word in REQUEST_MOVE.items()},
}
"""A route that writes no entry of its own is recorded under its path; its summary is the word."""
AUDIT_SUBJECT: Final[Words] = {
    "account": Word("账号", "登录账号。"),
    "token": Word("令牌", "接口令牌。"),
    "incident": Word("事件", "事件。"),
    "recorder": Word("记录仪", "记录仪。"),
    "slip": Word("移送单", "移送单。"),
    "circular": Word("通报", "通报。"),
    "repair": Word("报修", "维修台账的一条登记。"),
    "request": Word("调取", "调取审批的一条登记。"),
    "calendar": Word("工作日历", "工作日历。"),
    "audit": Word("审计日志", "审计日志。"),
    "assignment": Word("领用", "一次领用。"),
    "route": Word("接口", "接口请求。"),
}
ACCOUNT_STATE: Final[Words] = {
    "active": Word("启用", "可以登录。"),
    "disabled": Word("停用", "不能登录。", "grey"),
}
GRANT_KIND: Final[Words] = {
    "account": Word("账号权限", "账号的角色、单位、对应人员、单点登录标识或者启用。"),
    "password": Word("重置密码", "为他人设定新密码。"),
    "token": Word("接口令牌", "其他系统的接口令牌。"),
    "second_factor": Word("解除动态验证码", "解除账号的动态验证码，由本人重新绑定。"),
}
GRANT_STATE: Final[Words] = {
    "waiting": Word("待会签", "等待另一角色会签。", "amber"),
    "granted": Word("已会签", "会签同意，已经生效。", "green"),
    "refused": Word("已退回", "会签人不同意。", "grey"),
    "withdrawn": Word("已撤回", "申请人撤回。", "grey"),
    "lapsed": Word("已失效", "超过7天无人会签。", "grey"),
}
GRANT_MOVE: Final[Words] = {
    "grant": Word("会签同意", "同意授权，立即生效。"),
    "refuse": Word("退回", "不同意授权。"),
    "withdraw": Word("撤回", "撤回本人的申请。"),
}
SCOPE: Final[Words] = {
    "facts:write": Word("写入登记", "其他系统写入排班、领用、导入等登记。"),
    "read": Word("读取", "读取台账和统计。"),
    "metrics": Word("监控指标", "读取平台运行指标。"),
}
SET_IN: Final[Words] = {
    "default": Word("默认", "使用默认值。"),
    "settings": Word("设置文件", "在设置文件中设定。"),
}
JOB: Final[Words] = {
    "count_months": Word("统计当月录制", "每日统计录制覆盖率。"),
    "roll_up": Word("汇总统计", "按小时、按天汇总。"),
    "drop_old": Word("清理过期数据", "删除超过保存期限的数据。"),
    "drop_audit": Word("清理过期日志", "删除超过保存期限的审计日志。"),
    "drop_off_duty": Word("删除离岗位置", "删除离岗时段的位置和基站小区。"),
    "forget_cells": Word("清理过期基站小区", "基站小区与轨迹同期删除。"),
    "keep_tracks": Word("保留在案轨迹", "未结事件的轨迹延长保存。"),
    "label_footage": Word("登记视音频保存期限", "按标注登记保存期限。"),
    "drop_expired": Word("清理过期登录", "删除已经失效的登录。"),
    "prove_queue": Word("检验消息队列", "检验消息服务是否保留已确认的消息。"),
}
PLATFORM_PART: Final[Words] = {
    "ingest": Word("接入进程", "接收设备消息并入库。"),
    "broker": Word("消息服务", "设备消息的中转服务。"),
    "database": Word("数据库", "数据库。"),
    "clock": Word("时钟", "服务器的时钟。"),
    "rules": Word("规则判定", "按规则判定数据。"),
    "rules.aside": Word("判定出错的数据", "已经搁置，其余照常判定。"),
    "evaluate": Word("规则判定", "按规则判定数据。"),
    "plan": Word("通知生成", "由事件生成通知。"),
    "send": Word("通知发送", "经各渠道发送通知。"),
    "notices": Word("通知发送", "待发送的通知。"),
    "feed": Word("实时画面", "向页面推送变化。"),
    "server": Word("服务器", "服务器进程。"),
    "disk": Word("数据库磁盘", "数据库所在的磁盘。"),
    "certificate": Word("证书", "与消息服务通信所用的证书。"),
    "calendar": Word("工作日历", "放假调休安排。"),
    "backup": Word("数据库归档", "恢复数据库所用的日志归档。"),
    **JOB,
}
"""Parts of the platform that can fail."""
PLATFORM_FAULT: Final[Words] = {
    "database": Word("无法连接", "无法连接数据库，或者数据库拒绝请求：请检查数据库服务。"),
    "no_worker": Word("没有运行", "没有运行中的接入进程，无法接收设备消息：请启动接入进程。"),
    "worker_silent": Word("停止报告", "请重新启动该接入进程；不再使用的请停用（recorder-fleet ingest --retire）。"),
    "no_broker": Word("无法连接消息服务", "请检查消息服务与接入账号。"),
    "not_storing": Word("未能写入数据库", "消息仍保留，不会丢失：请检查数据库。"),
    "queue": Word(
        "队列不保留消息",
        "消息服务不能为断开的接入进程保留已确认的消息，或无法验证：断开期间的消息可能丢失，请按原始信息检查其配置。",
    ),
    "dropped": Word(
        "丢弃了消息",
        "队列已满，已确认的消息被丢弃：该时段不作为认定依据；请检查消息服务的队列上限，以及接入进程是否正常。",
    ),
    "clock": Word("时钟不一致", "服务器的时钟与数据库或者多数设备不一致：期间的数据不作为认定依据，请校时（NTP）。"),
    "no_tick": Word("已停止", "规则判定已停止：请查看日志，重新启动服务。"),
    "not_judged": Word("有数据判定出错", "出错的数据已搁置，其余照常判定：请联系开发方。"),
    "part_silent": Word("停止工作", "超过时限没有工作迹象：请查看日志，必要时重新启动服务。"),
    "part_failed": Word("执行失败", "最近一次执行失败，将自动重试：请按原始信息处理。"),
    "not_sent": Word("通知积压", "到期的通知没有发送：请查看通知渠道和日志。"),
    "disk": Word("空间不足", "磁盘剩余空间不足：请尽快扩容或者清理。"),
    "certificate": Word("即将到期", "证书即将到期、已经到期或者无法读取：请更换。"),
    "calendar": Word("放假调休安排待导入", "请在“工作日历”页面导入。"),
    "backup": Word("归档停止", "数据库日志没有归档，发生故障时无法完整恢复：请检查归档命令和存储空间。"),
}
"""What can be wrong with a part of the platform, and what to do about it."""
BREAKER: Final[Words] = {
    "true": Word("已熔断", "渠道连续失败，暂停使用。", "rose"),
    "false": Word("正常", "渠道可用。", "mint"),
}
REJECTION: Final[Words] = {
    "topic": Word("主题不符", "消息主题不在约定之内。"),
    "kind": Word("类别不明", "消息类别不在约定之内。"),
    "too_large": Word("报文过大", "超过长度上限。"),
    "not_json": Word("不是JSON", "报文无法解析。"),
    "schema": Word("格式不符", "缺少必需字段，或者取值不合要求。"),
    "partial": Word("部分字段有误", "有误的字段未读入，其余照常入库。"),
    "seq_disorder": Word("序号错乱", "报文序号不合顺序。"),
    "flood": Word("流量过大", "超过单台设备的流量上限。"),
    "refused": Word("入库被拒", "数据库不接受该报文。"),
    "unheard": Word("已登录但无报文", "设备登录消息服务，但没有收到报文。"),
}
