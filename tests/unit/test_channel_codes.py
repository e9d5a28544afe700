"""Channels: what their answers mean, by code, text and status."""

from typing import Any

import pytest
from pydantic import SecretStr
from standins.incident_scene import MONDAY

from alerts.notices.channels import dingtalk, feishu, wecom_app, wecom_bot
from alerts.notices.channels.answer_codes import Codes, judge
from alerts.notices.channels.channel import Answer, Refused, Reply, Sent, Unknown
from alerts.notices.channels.sms import SmsSettings, codes_of
from alerts.notices.channels.smtp import _by_reply
from alerts.notices.circuit_breaker import Breaker, Gate, after_answer

SMS = codes_of(SmsSettings(url="http://sms.test", secret=SecretStr("s"), busy_codes=("B7",), address_codes=("A1",)))


def errcode(code: object, text: str = "") -> dict[str, Any]:
    return {"errcode": code, "errmsg": text}


def feishu_says(code: object, text: str = "") -> dict[str, Any]:
    return {"code": code, "msg": text, "data": {}}


def kind(answer: Answer) -> str:
    match answer:
        case Sent():
            return "sent"
        case Unknown():
            return "unknown"
        case Refused(blame=blame, is_final=is_final):
            return f"never: {blame}" if is_final else f"later: {blame}"


OLD_FEISHU = {"StatusCode": 0, "StatusMessage": "success"}
ANSWERS: list[tuple[Codes, int, dict[str, Any], str]] = [
    (feishu.CODES, 200, feishu_says(0, "success"), "sent"),
    (feishu.CODES, 200, {"Extra": None, **OLD_FEISHU}, "sent"),
    (feishu.CODES, 200, {**OLD_FEISHU, "StatusMessage": "", "code": 9499, "msg": "too many request"}, "later: load"),
    (feishu.CODES, 200, {**OLD_FEISHU, "code": 19007, "msg": "Bot Not Enabled"}, "never: channel"),
    (feishu.CODES, 400, feishu_says(9499, "too many request"), "later: load"),
    (feishu.CODES, 200, feishu_says(9499, "Too Many Request"), "later: load"),
    (feishu.CODES, 200, feishu_says(9499, "Bad Request"), "never: content"),
    (feishu.CODES, 400, feishu_says(9499, "Bad Request"), "never: content"),
    (feishu.CODES, 200, feishu_says(11232, "frequency limited psm[lark.oapi.app_platform_runtime]"), "later: load"),
    (feishu.CODES, 400, feishu_says(99991400, "request trigger frequency limit"), "later: load"),
    (feishu.CODES, 429, feishu_says(99991400, "request trigger frequency limit"), "later: load"),
    (feishu.CODES, 429, feishu_says(19001, "?"), "later: load"),
    (feishu.CODES, 200, feishu_says(11246, "Service Internal Error"), "later: load"),
    (feishu.CODES, 200, feishu_says(11246, "create message content fail"), "never: content"),
    (feishu.CODES, 200, feishu_says(19024, "Key Words Not Found"), "never: content"),
    (feishu.CODES, 200, feishu_says(19021, "sign match fail"), "never: channel"),
    (feishu.CODES, 200, feishu_says(230999, "operate too frequently"), "later: load"),
    (feishu.CODES, 200, feishu_says(230999, "something else"), "never: channel"),
    (feishu.CODES, 404, {}, "never: channel"),
    (feishu.CODES, 200, {}, "unknown"),
    (wecom_bot.CODES, 200, errcode(0, "ok"), "sent"),
    (wecom_bot.CODES, 200, errcode("0", "ok"), "sent"),
    (wecom_bot.CODES, 200, errcode(45033, "api concurrent out of limit"), "later: load"),
    (wecom_bot.CODES, 200, errcode(45009, "api freq out of limit"), "later: load"),
    (wecom_bot.CODES, 200, errcode(45011, "api minute-quota reach limit"), "later: load"),
    (wecom_bot.CODES, 200, errcode(-1, "system busy"), "later: load"),
    (wecom_bot.CODES, 200, errcode(45002, "content size out of limit"), "never: content"),
    (wecom_bot.CODES, 200, errcode(93000, "invalid webhook url"), "never: channel"),
    (wecom_bot.CODES, 200, errcode(99999, "content length out of limit"), "never: channel"),
    (wecom_bot.CODES, 200, errcode(99999, "接口调用频率超过限制"), "later: load"),
    (wecom_bot.CODES, 503, errcode(1, "Service Unavailable"), "later: load"),
    (wecom_bot.CODES, 502, errcode(1, "bad gateway"), "later: channel"),
    (wecom_bot.CODES, 500, errcode(0, "ok"), "later: channel"),
    (wecom_app.CODES, 200, errcode(45033, "api concurrent out of limit"), "later: load"),
    (wecom_app.CODES, 200, errcode(42001, "access_token expired"), "later: load"),
    (wecom_app.CODES, 200, errcode(81013, "user & party & tag all invalid"), "never: address"),
    (wecom_app.TOKEN_CODES, 200, errcode(45009, "reach max api daily quota limit"), "later: load"),
    (wecom_app.TOKEN_CODES, 200, errcode(40001, "invalid credential"), "never: channel"),
    (dingtalk.CODES, 200, errcode(0, "ok"), "sent"),
    (dingtalk.CODES, 200, errcode(130101, "send too fast, exceed 20 times per minute"), "later: load"),
    (dingtalk.CODES, 200, errcode(410100, "发送速度太快而限流"), "later: load"),
    (dingtalk.CODES, 200, errcode(90030, "webhook over limit"), "later: load"),
    (dingtalk.CODES, 200, errcode(90018, "每秒调用次数超过限制"), "later: load"),
    (dingtalk.CODES, 200, errcode(88, "ding talk error[subcode=90018,submsg=...]"), "later: load"),
    (dingtalk.CODES, 200, errcode(88, "ding talk error[subcode=60011,submsg=没有调用该接口的权限]"), "never: channel"),
    (dingtalk.CODES, 200, errcode(310000, "keywords not in content, more: [...]"), "never: content"),
    (dingtalk.CODES, 200, errcode(310000, "sign not match, more: [...]"), "never: channel"),
    (dingtalk.CODES, 200, errcode(310000, "ip 203.0.113.7 not in whitelist"), "never: channel"),
    (dingtalk.CODES, 200, errcode(300001, "token is not exist"), "never: channel"),
    (dingtalk.CODES, 200, errcode(40035, "缺少参数 access_token"), "never: channel"),
    (dingtalk.CODES, 200, errcode(40035, "缺少参数 json"), "never: content"),
    (SMS, 200, {"code": "OK"}, "sent"),
    (SMS, 200, {"code": 0}, "sent"),
    (SMS, 200, {"code": "B7"}, "later: load"),
    (SMS, 200, {"code": "A1"}, "never: address"),
    (SMS, 200, {"code": "isv.BUSINESS_LIMIT_CONTROL", "message": "触发小时级流控Permits:5"}, "later: address"),
    (SMS, 200, {"code": "LimitExceeded.PhoneNumberDailyLimit"}, "later: address"),
    (SMS, 200, {"code": "isv.DAY_LIMIT_CONTROL"}, "later: load"),
    (SMS, 200, {"code": "isv.MOBILE_NUMBER_ILLEGAL"}, "never: address"),
    (SMS, 200, {"code": "isv.BLACK_KEY_CONTROL_LIMIT"}, "never: content"),
    (SMS, 200, {"code": "isv.AMOUNT_NOT_ENOUGH"}, "never: channel"),
    (SMS, 200, {"code": "70212", "message": "SMS 服务发送频率异常,请稍后重试"}, "later: load"),
    (SMS, 200, {"code": "1001", "message": "no credit"}, "never: channel"),
    (SMS, 200, {"code": True}, "unknown"),
]


@pytest.mark.parametrize(("codes", "status", "body", "expected"), ANSWERS, ids=lambda v: str(v)[:40])
def test_an_answer_means_what_its_code_and_its_text_say(
    codes: Codes, status: int, body: dict[str, Any], expected: str
) -> None:
    assert expected == kind(judge(Reply(status, {}, body), codes))


@pytest.mark.parametrize("text", ["天级流控Permits:40", "小时级流控Permits:5"])
def test_a_number_that_had_its_share_of_the_day_is_asked_again_hourly(text: str) -> None:
    answer = judge(Reply(200, {}, {"code": "isv.BUSINESS_LIMIT_CONTROL", "message": f"触发{text}"}), SMS)
    assert isinstance(answer, Refused)
    assert 3600 == answer.after_s


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (421, "4.7.0 Too many connections", "later: load"),
        (450, "4.2.1 mailbox busy", "later: load"),
        (451, "4.7.1 Greylisting in action", "later: address"),
        (550, "Connection frequency limited", "later: load"),
        (550, "5.1.1 no such user", "never: address"),
        (552, "5.3.4 message too big", "never: content"),
        (554, "5.7.1 refused", "never: channel"),
        (454, "4.7.0 Temporary authentication failure", "later: channel"),
    ],
)
def test_a_mail_server_s_reply_means_what_its_code_and_its_text_say(code: int, text: str, expected: str) -> None:
    assert expected == kind(_by_reply(code, text))


LOAD = [
    answer
    for codes, status, body, _ in ANSWERS
    if kind(answer := judge(Reply(status, {}, body), codes)) == "later: load"
]


@pytest.mark.parametrize("answer", LOAD, ids=lambda a: a.code)
def test_load_is_neither_a_failure_nor_proof_that_a_channel_works(answer: Answer) -> None:
    gate = Gate(failures=3, opened=1)
    after = after_answer(gate, answer, MONDAY)
    assert (3, 1) == (after.failures, after.opened)
    assert after.shut_until is not None
    assert after.shut_until > MONDAY


def test_a_number_that_had_its_share_says_nothing_of_the_gateway() -> None:
    gate = Gate(failures=Breaker().failures, shut_until=MONDAY)
    answer = Refused("isv.BUSINESS_LIMIT_CONTROL", "", blame="address", after_s=3600)
    assert gate == after_answer(gate, answer, MONDAY)


def test_a_text_that_is_not_taken_is_kept_for_people_to_see() -> None:
    after = after_answer(
        Gate(failures=2), Refused("19024", "Key Words Not Found", blame="content", is_final=True), MONDAY
    )
    assert (0, "19024: Key Words Not Found") == (after.failures, after.fault)
