"""The forms: annexes 1 and 2 of 浦城执法〔2024〕20号, verbatim, and the rules that belong on each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alerts.rules.registry import RULES
from telemetry.vocabulary import texts

Annex = Literal[1, 2]
Step = Literal["verifier", "department", "supervision", "political"]
TextKind = Literal["intent", "consequence", "phone_filming", "breach"]

REGULATION: Final = "《加强执法记录仪使用管理规定》（浦城执法〔2024〕20号）"
NUMBERS: Final[Mapping[int, str]] = {1: "执记认〔{year}〕{serial}号", 2: "执记移〔{year}〕{serial}号"}
"""Slip numbers by annex; a bureau sets its own format by `[paper] number_1` and `number_2`."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A row of the form for an opinion and a signature."""

    step: Step
    label: str


@dataclass(frozen=True, slots=True)
class Form:
    """The texts of one annex, in the order of the page."""

    annex: Annex
    heading: str
    title: str
    department: str
    unit: str
    officer: str
    established: str
    opinions: tuple[Opinion, ...]
    kinds: str | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in the order of their opinions."""
        return tuple(opinion.step for opinion in self.opinions)


BOXES: Final[tuple[str, ...]] = (
    "执法全过程记录不规范的；",
    "未按规定及时上传视音频资料的，未按规定将手机或其他摄录设备视音频送至局信息指挥中心上传保存，致使记录损毁、灭失的，并造成严重后果的；",
    "删减、修改执法记录仪记录的原始视音频资料的；",
    "擅自传播、泄露执法记录仪记录的视音频资料的；",
    "故意拔除 4G执法记录仪通信 sim卡导致无法连接传输的；",
    "将执法记录仪转借其他单位和个人违规使用的；",
    "执法记录仪出现故障后，未按规定报备使用手机进行摄录的，事后未能将执法记录仪及时报修的；",
    "其他违反执法记录仪使用管理规定的：",
)
"""The boxes of annex 2, №1 to №8."""
OTHER_BOX: Final = 8

FORMS: Final[dict[Annex, Form]] = {
    1: Form(
        annex=1,
        heading="附件1",
        title="执法记录仪未开启认定移送单",
        department="核查认定部门：",
        unit="被认定单位",
        officer="被认定人员",
        established="认定内容",
        opinions=(
            Opinion("verifier", "核查人员\n意见"),
            Opinion("department", "核查部门\n意见"),
            Opinion("supervision", "勤务监督处\n意见"),
            Opinion("political", "政治处\n意见"),
        ),
    ),
    2: Form(
        annex=2,
        heading="附件 2",
        title="执法记录仪使用管理不规范情形移送单",
        department="核查部门：",
        unit="被检查对象",
        officer="被检查人员",
        established="检查情况",
        opinions=(
            Opinion("verifier", "核查人员\n意见"),
            Opinion("department", "核查部门\n意见"),
            Opinion("supervision", "勤务监督处\n意见"),
        ),
        kinds="不规范情形\n具体类型",
    ),
}

_PLACES: Final[dict[str, tuple[Annex, int | None]]] = {
    **{rule.id: rule.box for rule in RULES if rule.box is not None},
    "footage-leaked": (2, 4),
    "other-breach": (2, 8),
}
"""Annex and box by rule (domain.md, "Rules"). `shift-unrecorded` belongs on annex 1 only with an activity."""

CLAUSES: Final[dict[int | None, str]] = {
    None: "三（一）",
    1: "三（二）1",
    2: "三（二）2",
    3: "三（二）3",
    4: "三（二）4",
    5: "三（二）5",
    6: "三（二）6",
    7: "三（二）7",
    8: "三（二）8",
}
"""The clause by box; annex 1 has no boxes (None)."""

REQUIRED_TEXTS: Final[dict[int | None, TextKind]] = {
    2: "consequence",
    5: "intent",
    7: "phone_filming",
    OTHER_BOX: "breach",
}
"""Texts by box that a verifier must enter, because telemetry can't know them (domain.md)."""
TEXT_LABELS: Final = texts("slip_text")
CONDUCT: Final[dict[str, str]] = {rule.id: rule.conduct or rule.what for rule in RULES} | texts("conduct")
"""The established conduct by rule, following who and when."""


def place_of(rule: str, activity_id: str | None) -> tuple[Annex, int | None] | None:
    """Annex and box (1 to 8; None on annex 1) of a rule's incident; None if there is no form for it."""
    if rule == "shift-unrecorded":
        return (1, None) if activity_id is not None else None
    return _PLACES.get(rule)
