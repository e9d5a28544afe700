"""All channels by kind, as settings name them."""

from typing import Annotated

from pydantic import Field

from alerts.notices.channels.dingtalk import DingtalkSettings
from alerts.notices.channels.feishu import FeishuSettings
from alerts.notices.channels.sms import SmsSettings
from alerts.notices.channels.smtp import SmtpSettings
from alerts.notices.channels.webhook import WebhookSettings
from alerts.notices.channels.wecom_app import WecomAppSettings
from alerts.notices.channels.wecom_bot import WecomBotSettings

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
