"""The demo's WeCom against our own channel: what the channel sends is taken, what is wrong is refused by its code."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from alerts.notices.channels.channel import Message, Refused, Sent
from alerts.notices.channels.opening import open_channels
from alerts.notices.channels.wecom_app import WecomAppSettings
from telemetry.domain.clock import wall_now
from telemetry.web.wecom_stand_in import WecomStandIn, serving_wecom

MESSAGE = Message(key="n1", title="标题", text="【待核实，非认定】R0017离线15分钟。", public_text="x")


@pytest.fixture
async def wecom() -> AsyncIterator[WecomStandIn]:
    async with serving_wecom(frozenset({"wp0001"}), wall_now) as stand_in:
        yield stand_in


async def sent(wecom: WecomStandIn, to: str, **other: Any) -> object:
    values: dict[str, Any] = {"secret": SecretStr(wecom.secret), "corpid": wecom.corpid, "agentid": wecom.agentid}
    settings = WecomAppSettings(base_url=wecom.url, **(values | other))
    async with open_channels({"wecom": settings}) as channels:
        return await channels["wecom"].send(MESSAGE, to)


async def test_a_notice_reaches_the_person_and_is_kept_as_it_was_written(wecom: WecomStandIn) -> None:
    assert isinstance(await sent(wecom, "wp0001"), Sent)
    assert [("wp0001", MESSAGE.text)] == [(one.to, one.text) for one in wecom.delivered]
    assert {} == wecom.refused


async def test_the_same_notice_sent_again_reaches_nobody_twice(wecom: WecomStandIn) -> None:
    assert isinstance(await sent(wecom, "wp0001"), Sent)
    assert isinstance(await sent(wecom, "wp0001"), Sent)
    assert 1 == len(wecom.delivered)


@pytest.mark.parametrize(
    ("to", "other", "code"),
    [
        ("wp0002", {}, 81013),
        ("wp0001", {"secret": SecretStr("another")}, 40001),
        ("wp0001", {"corpid": "another"}, 40001),
        ("wp0001", {"agentid": 7}, 40056),
    ],
)
async def test_a_stranger_a_wrong_secret_and_a_foreign_app_are_refused(
    wecom: WecomStandIn, to: str, other: dict[str, Any], code: int
) -> None:
    assert isinstance(await sent(wecom, to, **other), Refused)
    assert [] == wecom.delivered
    assert {code} == set(wecom.refused)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no json", 47001),
        (b"[]", 40008),
        (b'{"msgtype": "text", "agentid": 1000002, "touser": "wp0001"}', 44004),
        (
            b'{"msgtype": "text", "agentid": 1000002, "touser": "wp0001", "text": {"content": "%b"}}' % (b"x" * 2049),
            45002,
        ),
    ],
)
async def test_nonsense_is_refused_by_the_code_that_names_it(wecom: WecomStandIn, body: bytes, code: int) -> None:
    async with aiohttp.ClientSession() as session:
        words = {"corpid": wecom.corpid, "corpsecret": wecom.secret}
        async with session.get(f"{wecom.url}/cgi-bin/gettoken", params=words) as answer:
            token = (await answer.json())["access_token"]
        for given, expected in ((token, code), ("stale", 42001)):
            to = f"{wecom.url}/cgi-bin/message/send"
            async with session.post(to, params={"access_token": given}, data=body) as answer:
                assert expected == (await answer.json())["errcode"]
