"""Chinese names of collections, fields and field values, as in sheets."""

from typing import Final

from alerts.facts.models import MODELS, Collection, Contact

SHEETS: Final[dict[Collection, str]] = {
    "units": "单位",
    "officers": "人员",
    "recorders": "执法记录仪",
    "assignments": "领用归还",
    "sim_bindings": "SIM卡绑定",
    "shifts": "班次",
    "activities": "执法活动",
    "exemptions": "免录情形",
    "fault_reports": "报备",
    "dock_imports": "采集导入",
    "phone_footage": "手机摄录",
}
VALUES: Final[dict[Collection, dict[str, dict[str, str]]]] = {
    "units": {"kind": {"局": "bureau", "处室": "office", "支队": "detachment", "中队": "squad"}},
    "officers": {
        "role": {
            "执法人员": "officer",
            "辅管人员": "auxiliary",
            "专管员": "custodian",
            "分管领导": "leader",
            "副职": "deputy",
            "主要负责人": "head",
            "核查人员": "verifier",
        }
    },
    "recorders": {"status": {"在用": "service", "备用": "spare", "维修": "repair", "停用": "retired", "测试": "test"}},
    "assignments": {"reason": {"日常": "daily", "备用": "spare", "调换": "swap", "合用": "joint"}},
    "sim_bindings": {},
    "shifts": {"kind": {"巡查": "patrol", "专项": "campaign", "内勤": "office"}},
    "activities": {
        "kind": {
            "行政检查": "inspection",
            "行政处罚": "penalty",
            "行政强制": "coercion",
            "专项整治": "campaign",
            "信访处置": "petition",
        },
        "times_from": {"设备": "device", "签到": "checkin", "手工": "manual"},
    },
    "exemptions": {
        "reason": {
            "休假": "leave",
            "会议": "meeting",
            "培训": "training",
            "出庭": "court",
            "便衣": "plain_clothes",
            "调换": "swap",
            "其他": "other",
        }
    },
    "fault_reports": {"kind": {"故障": "fault", "电量不足": "battery", "存储不足": "storage", "丢失": "lost"}},
    "dock_imports": {},
    "phone_footage": {},
}
"""By collection and field: the word in a sheet, and the contract's value."""


def title_of(collection: Collection, field: str) -> str:
    """The Chinese column of a field such as `starts_at`, `contact.email` or `officer_ids.0`; else the field itself."""
    name, _, inner = field.partition(".")
    info = MODELS[collection].model_fields.get(name)
    if name == "contact" and inner:
        info = Contact.model_fields.get(inner)
    return field if info is None or info.title is None else info.title


def collection_named(name: str) -> Collection | None:
    """The collection with that name, in the contract's words or in Chinese."""
    text = name.strip()
    return next((collection for collection, title in SHEETS.items() if text in {collection, title}), None)
