"""All kinds of channels; opens them from their settings."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Final

import aiohttp
from pydantic import Field

from alerts.notices.channels.channel import Answer, Channel, Message
from alerts.notices.channels.dingtalk import Dingtalk, DingtalkSettings
from alerts.notices.channels.feishu import Feishu, FeishuSettings
from alerts.notices.channels.http import open_session
from alerts.notices.channels.sms import Sms, SmsSettings
from alerts.notices.channels.smtp import Smtp, SmtpSettings
from alerts.notices.channels.webhook import Webhook, WebhookSettings
from alerts.notices.channels.wecom_app import WecomApp, WecomAppSettings
from alerts.notices.channels.wecom_bot import WecomBot, WecomBotSettings

ChannelSettings = Annotated[
    WecomAppSettings
    | WecomBotSettings
    | DingtalkSettings
    | FeishuSettings
    | SmtpSettings
    | SmsSettings
    | WebhookSettings,
    Field(discriminator="kind"),
]
TEST_MESSAGE: Final = Message(
    key="test",
    title="执法记录仪系统：通知测试",
    text="【测试】这是一条通知测试，收到即表示此渠道可用，无需处理。",
    public_text="【测试】这是一条通知测试，收到即表示此渠道可用，无需处理。",
)


@asynccontextmanager
async def open_channels(settings: Mapping[str, ChannelSettings]) -> AsyncIterator[dict[str, Channel]]:
    """Open the channels, by name, for the duration of the block; they share one HTTP session."""
    async with open_session() as session:
        yield {name: _open(table, session) for name, table in settings.items()}


def _open(settings: ChannelSettings, session: aiohttp.ClientSession) -> Channel:  # noqa: PLR0911 - one per kind
    match settings:
        case WecomAppSettings():
            return WecomApp(settings, session)
        case WecomBotSettings():
            return WecomBot(settings, session)
        case DingtalkSettings():
            return Dingtalk(settings, session)
        case FeishuSettings():
            return Feishu(settings, session)
        case SmtpSettings():
            return Smtp(settings, session)
        case SmsSettings():
            return Sms(settings, session)
        case WebhookSettings():
            return Webhook(settings, session)


async def send_test(settings: ChannelSettings, to: str) -> Answer:
    """Send a test message by one channel to the address *to*, without queue, limits and breaker."""
    async with open_channels({"test": settings}) as channels:
        return await channels["test"].send(TEST_MESSAGE, to)
