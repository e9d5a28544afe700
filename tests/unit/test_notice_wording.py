"""Notices: what they say."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.incident_scene import MONDAY, Weekdays, incident
from standins.notice_scene import NOW, directory, item, person, scene

from alerts.notices import texts
from alerts.notices.channels.channel import fit, with_link
from alerts.notices.wording import MOST_BYTES, Wording, WordingContext, plain, span, word_notice
from alerts.shanghai_time import duration
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import ItemRow


def said(about: dict[str, Any] | None = None, **changes: Any) -> Wording:
    return word_notice([(item(**changes), incident(**(about or {})))], scene())


def test_a_leader_reads_who_what_when_why_and_what_to_do_till_when() -> None:
    expected = (
        "【待核实，非认定】R0017于3月2日10:02至10:29检测不到SIM卡（连续27分钟，28条报告）。第3中队，佩戴人张三。"
        "同小区11台在线；是否人为、是否故意，系统不能判断。"
        "请今日12:31前查看卡槽并签收，反馈初步结论：已换卡／设备故障／经批准／需核查。"
    )
    assert expected == said().text


def test_on_a_public_channel_the_recorder_is_named_and_not_the_person() -> None:
    about = {"evidence": {"key": "R0017由张三登录", "reasons": ["登录人为张三", "同小区11台在线"]}}
    words = said(about)
    assert words.public_text.startswith("【待核实，非认定】R0017（第3中队）10:02–10:29离线27分钟。同小区")
    assert "同小区11台在线" in words.public_text
    assert "张三" not in words.public_text + words.title
    assert "登录人为张三" in words.text


def test_the_person_concerned_reads_till_when_he_may_state_his_side() -> None:
    words = said(capacity="subject", person="P0031")
    assert "您可在3个工作日内（陈述截止3月5日24时）提交情况说明" in words.text


def test_a_withdrawal_clears_the_person_and_names_nobody() -> None:
    words = said({"status": "withdrawn"}, kind="withdrawal", capacity="subject")
    assert words.text.startswith("【撤回】此前关于R0017（第3中队）10:02–10:29“SIM卡脱离”的通知予以撤回")
    assert "不计入您的记录" in words.text
    assert "张三" not in words.text


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"status": "excused", "excuse": "请假"}, "经查属免责情形（请假）"),
        ({"status": "dismissed"}, "经核查不予认定"),
        ({"status": "revoked"}, "经复核撤销认定"),
        ({"outage_id": "I9"}, "系断网所致"),
        ({"confidence": "suspected"}, "证据尚不充分"),
        ({"officer_id": "P0099"}, "佩戴人信息已更正"),
    ],
)
def test_a_withdrawal_says_why(about: dict[str, Any], reason: str) -> None:
    assert reason in said(about, kind="withdrawal").text


def test_a_public_withdrawal_does_not_say_what_excused_somebody() -> None:
    words = said({"status": "excused", "excuse": "请假（E1）"}, kind="withdrawal")
    assert "请假" in words.text
    assert "请假" not in words.public_text


def test_what_speaks_for_the_person_is_always_said() -> None:
    evidence = {"key": "R0017离线", "reasons": [f"证据{n}" for n in range(9)], "pleas": ["已报备"], "limits": ["不明"]}
    assert "证据0；证据1；有利情节：已报备；不明。" in said({"evidence": evidence}).text


def test_a_sentence_without_end_is_cut() -> None:
    assert len(said({"evidence": {"key": "长" * 5000, "reasons": ["长" * 5000]}}).text) < 700


def test_an_escalation_says_who_did_not_answer() -> None:
    words = said(kind="escalation", capacity="head")
    assert words.text.startswith("【催办】【待核实，非认定】R0017于3月2日10:02至10:29检测不到SIM卡")
    assert "已通知分管领导、副职负责人，逾时未签收" in words.text


def test_several_travel_as_a_numbered_list() -> None:
    told = [(item(), incident()), (item(item_id=2), incident(rule="recording-incomplete"))]
    words = word_notice(told, scene())
    assert ["执法记录仪通知，共2项：", "1. 【待", "2. 【待"] == [
        line[:14].split("核")[0] for line in words.text.splitlines()
    ]
    assert words.title == "执法记录仪通知（2项）"


def sos(recorder_id: str, n: int, key: str = "") -> tuple[ItemRow, IncidentRow]:
    evidence = {"key": key or f"{recorder_id}于3月2日10:02发出SOS求助。"}
    about = {"rule": "sos", "weight": "operational", "incident_id": f"I{n}", "recorder_id": recorder_id}
    return item(item_id=n, incident_id=f"I{n}", urgent=True), incident(**about, evidence=evidence, ends_at=None)


def test_what_one_notice_says_of_many_is_bounded_and_the_rest_counted() -> None:
    words = word_notice([sos(f"R{n}", n) for n in range(1300)], scene())
    assert "【SOS求助】执法记录仪通知（1300项）" == words.title
    for text in (words.text, words.public_text):
        lines = text.splitlines()
        assert (22, "执法记录仪通知，共1300项：") == (len(lines), lines[0])
        assert "其余1280项未逐条列出，请在系统中查看。" == lines[-1]
        assert len(text.encode()) < MOST_BYTES + 200


def test_what_one_notice_says_of_one_recorder_is_bounded() -> None:
    words = word_notice([*(sos("R1", n) for n in range(50)), sos("R2", 50)], scene())
    assert ["R1"] * 3 + ["R2"] == re.findall(r"^\d\. 【SOS求助】(R\d)于", words.text, re.MULTILINE)
    assert words.text.endswith("其余47项未逐条列出，请在系统中查看。")


def test_long_sentences_are_bounded_by_bytes() -> None:
    words = word_notice([sos(f"R{n}", n, "长" * 400) for n in range(20)], scene())
    assert len(words.text.encode()) < MOST_BYTES + 200
    told = len(words.text.splitlines()) - 2
    assert 1 <= told < 20
    assert words.text.endswith(f"其余{20 - told}项未逐条列出，请在系统中查看。")


@given(
    st.lists(st.tuples(st.sampled_from(["R1", "R2", "R3", "R4"]), st.integers(1, 400)), min_size=2, max_size=40),
    st.integers(300, 7000),
)
def test_no_notice_and_no_channel_says_more_than_its_bound_or_loses_count(
    calls: list[tuple[str, int]], most_bytes: int
) -> None:
    words = word_notice([sos(recorder, n, "长" * length) for n, (recorder, length) in enumerate(calls)], scene())
    lines = words.text.splitlines()
    rest = int(found[1]) if (found := re.search(r"其余(\d+)项", lines[-1])) else 0
    assert len(calls) == len(lines) - 1 - bool(rest) + rest
    sent = with_link(words.text, "https://bureau.test/#/incidents", most_bytes)
    assert len(sent.encode()) <= most_bytes
    assert sent.startswith(f"执法记录仪通知，共{len(calls)}项：")
    assert sent.endswith("/#/incidents")


def test_a_channel_cuts_a_list_between_its_lines_and_says_so() -> None:
    assert "共2项：\n1. 甲\n其余内容请在系统中查看。" == fit("共2项：\n1. 甲\n2. " + "乙" * 90, 80)
    assert fit("乙" * 90, 80).endswith("乙…")
    assert "共2项：\n1. 乙乙乙乙…" == fit("共2项：\n1. " + "乙" * 90, 30)


def test_names_cannot_steer_a_line_a_header_or_a_terminal() -> None:
    assert plain("张\u202e三\x1b[31m\r\nBcc: x\x00") == "张三[31m Bcc: x"
    crooked = person("P0031", "张\n三\u202e", "officer")
    words = word_notice([(item(), incident())], scene(NOW, crooked))
    assert "佩戴人张 三。" in words.text


def test_deadlines_of_a_provisional_year_are_marked() -> None:
    provisional = WordingContext(directory(), Weekdays(2026), NOW)
    for about, told in (
        ({}, "请今日12:31前（按暂定工作日历）"),
        ({"capacity": "subject"}, "（陈述截止3月5日24时，按暂定工作日历）"),
        ({"kind": "escalation", "capacity": "deputy"}, "逾时未签收（按暂定工作日历），现报请您处理"),
    ):
        assert told in word_notice([(item(**about), incident())], provisional).text
        assert "暂定" not in word_notice([(item(**about), incident())], scene()).text


def test_periods_name_the_day_only_where_it_is_not_today() -> None:
    begin = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert span(begin, begin + timedelta(minutes=27), begin) == "10:00–10:27"
    assert span(begin, None, begin + timedelta(days=1)) == "3月2日10:00起"
    assert span(begin, begin + timedelta(hours=20), begin) == "10:00–3月3日06:00"
    assert span(begin, begin, begin) == "10:00"


def test_lengths_are_said_as_people_do() -> None:
    assert [duration(timedelta(minutes=n)) for n in (0, 27, 60, 95)] == ["1分钟", "27分钟", "1小时", "1小时35分钟"]


def test_every_rule_of_the_catalogue_makes_a_notice_for_everybody() -> None:
    for rule in texts.TITLES:
        for capacity in ("subject", "wearer", "leader", "deputy", "head", "custodian", "command_centre"):
            for kind in ("new", "update", "escalation", "withdrawal"):
                words = said({"rule": rule}, capacity=capacity, kind=kind)
                assert words.text.endswith("。")
                assert "{" not in words.text + words.public_text + words.title


def test_titles_and_descriptions_cover_the_same_rules() -> None:
    assert texts.TITLES.keys() == texts.WHAT.keys()


def test_an_activity_without_a_recorder_is_told_by_its_unit() -> None:
    about = {"rule": "activity-unrecorded", "recorder_id": None, "starts_at": MONDAY, "evidence": {"key": "未见录制。"}}
    assert "】未见录制。第3中队（当事人张三）。" in said(about).text
    assert "】未见录制。第3中队。" in said(about).public_text
    about["evidence"] = {}
    assert "第3中队（当事人张三）10:00–10:29执法活动，未查到任何录制" in said(about).text


def test_an_incident_of_version_0_1_leads_with_its_first_reason_and_its_disclaimer_is_no_plea() -> None:
    evidence = {"sentences": ["设备自报此间无SIM卡。", "有利情节：是否人为、是否故意，系统不能判断。"]}
    text = said({"rule": "sim-removed", "evidence": evidence}).text
    assert text.startswith("【待核实，非认定】设备自报此间无SIM卡。R0017（第3中队，佩戴人张三），10:02–10:29。")
    assert 1 == text.count("系统不能判断")
    assert "有利情节" not in text
