"""Channels: each against a stand-in that checks what it gets, in good moods and bad."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from standins import http_channels as standin
from standins.mail_server import MailServer, serving_mail

from alerts.notices.channels.channel import Answer, Channel, Message, Refused, Sent, Unknown
from alerts.notices.channels.dingtalk import DingtalkSettings
from alerts.notices.channels.feishu import FeishuSettings
from alerts.notices.channels.opening import open_channels, send_test
from alerts.notices.channels.registry import ChannelSettings
from alerts.notices.channels.sms import SmsSettings
from alerts.notices.channels.smtp import SmtpSettings
from alerts.notices.channels.webhook import WebhookSettings
from alerts.notices.channels.wecom_app import WecomAppSettings
from alerts.notices.channels.wecom_bot import WecomBotSettings

KINDS = ("wecom_app", "wecom_bot", "dingtalk", "feishu", "sms", "webhook")
MESSAGE = Message("notice-7", "标题", "张三的R0017离线27分钟", "R0017离线27分钟", "https://console.test/incidents/I1")
TO = "zhangsan"
TIMEOUT_S = 0.6


def make(kind: str, timeout_s: float = TIMEOUT_S) -> tuple[standin.StandIn, Any]:
    """A stand-in, and what makes settings for it once it has an address."""
    match kind:
        case "wecom_app":
            app = standin.WecomApp()
            return app, lambda: WecomAppSettings(
                base_url=app.url, corpid="ww1", secret=SecretStr("s3cret"), agentid=1000002, timeout_s=timeout_s
            )
        case "wecom_bot":
            bot = standin.WecomBot()
            return bot, lambda: WecomBotSettings(base_url=bot.url, key=SecretStr("bot-key"), timeout_s=timeout_s)
        case "dingtalk":
            ding = standin.Dingtalk()
            return ding, lambda: DingtalkSettings(
                base_url=ding.url,
                access_token=SecretStr("ding-token"),
                secret=SecretStr("SECding"),
                timeout_s=timeout_s,
            )
        case "feishu":
            feishu = standin.Feishu()
            return feishu, lambda: FeishuSettings(
                base_url=feishu.url, hook=SecretStr("hook-1"), secret=SecretStr("feishu-secret"), timeout_s=timeout_s
            )
        case "sms":
            sms = standin.Sms()
            return sms, lambda: SmsSettings(
                url=f"{sms.url}/sms", secret=SecretStr("sms-secret"), busy_codes=("503",), timeout_s=timeout_s
            )
        case _:
            hook = standin.Webhook()
            return hook, lambda: WebhookSettings(
                url=f"{hook.url}/notices", secret=SecretStr("hook-secret"), timeout_s=timeout_s
            )


@asynccontextmanager
async def opened(kind: str) -> AsyncIterator[tuple[standin.StandIn, Channel]]:
    stand_in, settings = make(kind)
    async with standin.serving(stand_in), open_channels({"one": settings()}) as channels:
        yield stand_in, channels["one"]


async def answer_in(kind: str, mood: str) -> tuple[Answer, standin.StandIn]:
    async with opened(kind) as (stand_in, channel):
        stand_in.mood = mood
        return await channel.send(MESSAGE, TO), stand_in


@pytest.mark.parametrize("kind", KINDS)
async def test_a_notice_arrives_signed_and_once(kind: str) -> None:
    answer, stand_in = await answer_in(kind, "ok")
    assert isinstance(answer, Sent)
    assert [] == stand_in.wrongs
    assert len(stand_in.arrived) == 1
    said = str(stand_in.arrived[0])
    assert "R0017离线27分钟" in said


@pytest.mark.parametrize("kind", ["wecom_bot", "dingtalk", "feishu", "webhook"])
async def test_a_public_channel_names_the_recorder_and_not_the_person(kind: str) -> None:
    _, stand_in = await answer_in(kind, "ok")
    assert "张三" not in str(stand_in.arrived)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mood", ["http_500", "busy"])
async def test_a_no_for_now_is_a_refusal_that_may_be_tried_again(kind: str, mood: str) -> None:
    answer, stand_in = await answer_in(kind, mood)
    assert isinstance(answer, Refused)
    assert not answer.is_final
    assert [] == stand_in.arrived


@pytest.mark.parametrize("kind", ["wecom_app", "wecom_bot", "dingtalk", "feishu", "sms"])
async def test_a_code_inside_a_200_can_be_final(kind: str) -> None:
    answer, _ = await answer_in(kind, "final")
    assert isinstance(answer, Refused)
    assert answer.is_final
    assert "channel" == answer.blame


@pytest.mark.parametrize(
    ("kind", "wait_s"), [("wecom_app", 60), ("wecom_bot", 60), ("dingtalk", 600), ("feishu", 60), ("sms", 30)]
)
async def test_too_fast_is_told_apart_with_the_time_to_wait(kind: str, wait_s: float) -> None:
    answer, _ = await answer_in(kind, "limit")
    assert isinstance(answer, Refused)
    assert ("load", wait_s) == (answer.blame, answer.after_s)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("mood", "arrived"), [("hang", 0), ("hang_after", 1), ("reset", 0), ("reset_after", 1)])
async def test_no_answer_leaves_the_outcome_unknown(kind: str, mood: str, arrived: int) -> None:
    answer, stand_in = await answer_in(kind, mood)
    assert isinstance(answer, Unknown)
    assert arrived == len(stand_in.arrived)


@pytest.mark.parametrize("kind", ["wecom_app", "wecom_bot", "dingtalk", "feishu", "sms"])
async def test_a_200_that_is_not_the_apis_does_not_count_as_sent(kind: str) -> None:
    answer, _ = await answer_in(kind, "page")
    assert isinstance(answer, Unknown)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_port_where_nobody_listens_is_a_certain_no(kind: str, unused_tcp_port: int) -> None:
    stand_in, settings = make(kind)
    stand_in.url = f"http://127.0.0.1:{unused_tcp_port}"
    answer = await send_test(settings(), TO)
    assert isinstance(answer, Refused)
    assert not answer.is_final


@pytest.mark.parametrize("kind", KINDS)
async def test_errors_tell_no_secret(kind: str, unused_tcp_port: int) -> None:
    secrets = ("s3cret", "bot-key", "SECding", "ding-token", "hook-1", "feishu-secret", "sms-secret", "hook-secret")
    stand_in, settings = make(kind)
    stand_in.url = f"http://127.0.0.1:{unused_tcp_port}"
    seen = f"{settings()!r} {await send_test(settings(), TO)!r}"
    assert not [secret for secret in secrets if secret in seen]


async def test_wecom_keeps_its_token_and_draws_a_new_one_when_it_is_refused() -> None:
    async with opened("wecom_app") as (stand_in, channel):
        assert isinstance(stand_in, standin.WecomApp)
        for n in range(3):
            assert isinstance(await channel.send(Message(f"n{n}", "", f"文{n}", ""), TO), Sent)
        assert stand_in.tokens == 1
        stand_in.token = "somebody else drew one"
        assert isinstance(await channel.send(Message("n4", "", "文4", ""), TO), Sent)
        assert (stand_in.tokens, len(stand_in.arrived)) == (2, 4)


async def test_wecom_recognises_a_notice_sent_again() -> None:
    async with opened("wecom_app") as (stand_in, channel):
        stand_in.moods.append("hang_after")
        assert isinstance(await channel.send(MESSAGE, TO), Unknown)
        assert isinstance(await channel.send(MESSAGE, TO), Sent)
        assert len(stand_in.arrived) == 1


async def test_a_person_whom_wecom_does_not_know_is_an_address_at_fault() -> None:
    async with opened("wecom_app") as (_, channel):
        answer = await channel.send(MESSAGE, "nobody")
    assert isinstance(answer, Refused)
    assert ("address", True) == (answer.blame, answer.is_final)


async def test_a_wrong_signing_secret_is_final() -> None:
    stand_in = standin.Dingtalk(secret="SECother")
    async with standin.serving(stand_in):
        settings = DingtalkSettings(
            base_url=stand_in.url, access_token=SecretStr("ding-token"), secret=SecretStr("SECding")
        )
        answer = await send_test(settings, TO)
    assert isinstance(answer, Refused)
    assert answer.is_final
    assert ["sign not match"] == stand_in.wrongs


@pytest.mark.parametrize("kind", KINDS)
async def test_the_longest_notice_fits(kind: str) -> None:
    long = Message("n", "标题", "证据" * 20_000, "证据" * 20_000, "https://console.test/incidents/I1")
    async with opened(kind) as (stand_in, channel):
        assert isinstance(await channel.send(long, TO), Sent)
        assert [] == stand_in.wrongs
    if kind != "sms":
        assert "https://console.test/incidents/I1" in str(stand_in.arrived)


@pytest.mark.parametrize("kind", ["wecom_app", "wecom_bot", "dingtalk", "feishu"])
async def test_tags_in_a_name_are_not_tags_in_the_message(kind: str) -> None:
    text = '<a href="http://evil.test">张三</a><at user_id="all"><@all>'
    async with opened(kind) as (stand_in, channel):
        await channel.send(Message("n", "t", text, text), TO)
    said = str(stand_in.arrived[0])
    assert "<a " not in said
    assert '<at user_id="all">' not in said
    assert "<@all>" not in said


async def test_a_text_fills_no_other_field_of_a_short_message() -> None:
    text = '{mobile}{key}","mobile":"13900000000&mobile=1'
    async with opened("sms") as (stand_in, channel):
        assert isinstance(await channel.send(Message("n", "t", text, text), TO), Sent)
    [arrived] = stand_in.arrived
    assert (text, TO) == (arrived["content"], arrived["mobile"])


@asynccontextmanager
async def mailing() -> AsyncIterator[tuple[MailServer, ChannelSettings]]:
    server = MailServer()
    async with serving_mail(server):
        yield (
            server,
            SmtpSettings(
                host="127.0.0.1", port=server.port, security="none", sender="fleet@bureau.test", timeout_s=TIMEOUT_S
            ),
        )


async def test_a_mail_arrives_as_text_and_as_harmless_html() -> None:
    async with mailing() as (server, settings), open_channels({"m": settings}) as channels:
        message = Message(
            "notice-9", "【待核实】R0017\r\nBcc: x@evil.test", "<script>alert(1)</script>\n张三", "", "https://c/1"
        )
        assert isinstance(await channels["m"].send(message, "li@bureau.test"), Sent)
    [mail] = server.arrived
    html = mail.get_body(("html",))
    text = mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "<script>" not in html.get_content()
    assert "张三" in text.get_content()
    assert mail["Bcc"] is None
    assert "<notice-9@bureau.test>" == mail["Message-ID"]


@pytest.mark.parametrize(
    ("mood", "is_final", "blame"),
    [("busy", False, "address"), ("final", True, "channel"), ("no_such_user", True, "address")],
)
async def test_smtp_replies_say_whether_to_try_again(mood: str, is_final: bool, blame: str) -> None:  # noqa: FBT001
    async with mailing() as (server, settings):
        server.mood = mood
        answer = await send_test(settings, "li@bureau.test")
    assert isinstance(answer, Refused)
    assert (is_final, blame) == (answer.is_final, answer.blame)


@pytest.mark.parametrize(("mood", "arrived"), [("hang_after", 1), ("reset_after", 1), ("cut", 0)])
async def test_a_mail_server_that_falls_silent_after_the_mail_leaves_it_unknown(mood: str, arrived: int) -> None:
    async with mailing() as (server, settings):
        server.mood = mood
        answer = await send_test(settings, "li@bureau.test")
        assert isinstance(answer, Unknown)
        assert arrived == len(server.arrived)


async def test_a_mail_server_that_hangs_up_before_is_a_certain_no() -> None:
    async with mailing() as (server, settings):
        server.mood = "reset"
        assert isinstance(await send_test(settings, "li@bureau.test"), Refused)


async def test_an_address_that_is_none_is_refused_before_anything_is_sent() -> None:
    async with mailing() as (server, settings):
        answer = await send_test(settings, "li@bureau.test\nBcc: x@evil.test")
    assert isinstance(answer, Refused)
    assert server.requests == 0
