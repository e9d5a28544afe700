"""Words about recorders: states on the live map and the strip, and values in device messages."""

from typing import Final

from telemetry.vocabulary.word import Word, Words

STATE: Final[Words] = {
    "sos": Word("SOS求助", "佩戴人发出求助，尚未处置。", "alarm"),
    "recording": Word("录制中", "在线，正在录制。", "green"),
    "standby": Word("待机", "在线，未在录制。", "blue"),
    "silent": Word("静默", "在岗，超过规定间隔没有收到消息。", "orange"),
    "outage": Word("断网", "在岗静默，属多台记录仪共同断网。", "purple"),
    "docked": Word("在采集站", "已放入采集站。", "slate"),
    "offline": Word("离线", "不在岗，未连接。", "grey"),
    "never": Word("未上线", "从未上线。", "pale"),
}
STRIP: Final[Words] = {
    "on_duty": Word("应在岗", "处于班次或者执法活动时段（扣除免录）的记录仪。"),
    "online": Word("在线", "应在岗且在线的记录仪。", "blue"),
    "recording": Word("录制", "应在岗且正在录制的记录仪。", "green"),
    "silent": Word("静默", "应在岗而没有消息的记录仪。", "orange"),
    "outage": Word("断网", "应在岗而处于断网的记录仪。", "purple"),
}
CONNECTION: Final[Words] = {
    "online": Word("在线", "与平台保持连接。", "mint"),
    "offline": Word("离线", "与平台没有连接。", "amber"),
}
GOODBYE: Final[Words] = {
    "power_off": Word("关机", "设备关机前发送下线报文。"),
    "low_battery": Word("电量不足", "因电量不足下线。"),
    "docked": Word("放入采集站", "放入采集站后下线。"),
    "sleep": Word("休眠", "进入休眠后下线。"),
    "update": Word("固件升级", "为升级固件下线。"),
    "connection_lost": Word("连接中断", "设备未发送下线报文，由服务器判定连接中断。"),
}
LAST_END: Final[Words] = {
    "key": Word("按键关机", "由人员按键关机。", "grey"),
    "battery": Word("电量耗尽", "电量耗尽后停机。", "amber"),
    "watchdog": Word("看门狗复位", "设备自身故障后自动复位。", "orange"),
    "battery_out": Word("电池脱离", "供电突然中断。", "orange"),
    "unknown": Word("原因不明", "设备没有说明。", "grey"),
}
SIM: Final[Words] = {
    "ready": Word("正常", "SIM卡在位。", "mint"),
    "absent": Word("无卡", "设备检测不到SIM卡。", "rose"),
    "locked": Word("已锁定", "SIM卡被锁定，不能联网。", "rose"),
    "error": Word("异常", "SIM卡读取异常。", "rose"),
    "unknown": Word("未知", "没有SIM卡状态的数据。", "grey"),
}
NETWORK: Final[Words] = {
    "5g": Word("5G", "5G网络。"),
    "4g": Word("4G", "4G网络。"),
    "3g": Word("3G", "3G网络。"),
    "2g": Word("2G", "2G网络。"),
    "wifi": Word("WiFi", "无线局域网。"),
    "none": Word("无服务", "没有网络服务。"),
}
READING_KIND: Final[Words] = {
    "battery": Word("电量", "电量、电压和充电。"),
    "storage": Word("存储", "剩余空间和文件数。"),
    "heartbeat": Word("心跳", "定时上报的网络和SIM卡状态。"),
    "recording": Word("录制", "录制的开始和结束。"),
    "presence": Word("上下线", "上线和下线报文。"),
    "event": Word("设备事件", "设备自报的事件。"),
    "location": Word("定位", "位置；只在轨迹中查看。"),
}
EVENT: Final[Words] = {
    "login": Word("登录", "人员在设备上登录。"),
    "login_unread": Word("登录（人员无法识别）", "设备报告有人登录，编号无法识别。"),
    "logout": Word("退出登录", "人员在设备上退出。"),
    "sim_removed": Word("SIM卡脱离", "设备自报SIM卡脱离卡槽。", "red"),
    "sim_inserted": Word("SIM卡插入", "设备自报SIM卡插入卡槽。"),
    "docked": Word("放入采集站", "设备自报放入采集站。"),
    "undocked": Word("离开采集站", "设备自报离开采集站。"),
    "storage_full": Word("存储已满", "存储空间已经用完。", "orange"),
    "fault": Word("故障", "设备自报故障。", "orange"),
    "tamper": Word("防拆告警", "设备自报被拆动。", "red"),
    "sos": Word("SOS求助", "佩戴人发出求助。", "alarm"),
    "recording_deleted": Word("录像被删除", "设备自报录像被删除。", "red"),
}
TRIGGER: Final[Words] = {
    "manual": Word("手动", "由人员开始录制。"),
    "auto": Word("自动", "由设备自动开始录制。"),
    "sos": Word("SOS求助", "因求助开始录制。"),
}
DEVICE_CLOCK: Final[Words] = {
    "network": Word("网络校时", "时钟由移动网络校准。"),
    "gnss": Word("卫星校时", "时钟由卫星定位校准。"),
    "manual": Word("人工设置", "时钟由人员设置。"),
    "unset": Word("未设置", "时钟没有校准。"),
}
FAILURE: Final[Words] = {
    "battery": Word("电量耗尽", "在岗期间电量耗尽。"),
    "storage": Word("存储已满", "在岗期间存储已满。"),
    "fault": Word("自报故障", "在岗期间设备自报故障。"),
}
WEARER_DOUBT: Final[Words] = {
    "login_contradicts": Word("登录人与领用或排班登记不一致", "不能确定由谁佩戴。"),
    "facts_contradict": Word("领用登记与排班、活动登记不一致", "不能确定由谁佩戴。"),
    "several_assigned": Word("同一时间登记给多人", "不能确定由谁佩戴。"),
    "assigned_elsewhere": Word("登记的佩戴人同时另领用其他记录仪", "不能确定由谁佩戴。"),
    "login_and_holder_differ": Word("登录人与保管人不一致", "不能确定由谁佩戴。"),
    "handout_unconfirmed": Word("领用登记尚未经领用人确认", "确认之前不计为佩戴。"),
    "login_disputed": Word("登录人同时领用、登录或使用其他记录仪", "不能确定由谁佩戴。"),
    "unknown_officer": Word("登录人不在人员名册", "无法对应到人员。"),
    "nobody": Word("无领用、排班、登录或保管登记", "没有任何登记说明由谁佩戴。"),
}
FLAG: Final[Words] = {"true": Word("是", "是。", "mint"), "false": Word("否", "否。", "grey")}
YES_NO: Final[Words] = {"yes": Word("是", "是。", "mint"), "no": Word("否", "否。")}
