"""WeCom: a group's bot, read by the whole group (developer.work.weixin.qq.com, path 91770)."""

from typing import Final, Literal

from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import BAD_KEY, BAD_TEXT, BUSY, OK, TOO_FAST, USED_UP, Code, Codes, post_json
from alerts.notices.channels.channel import (
    Answer,
    ChannelTable,
    Message,
    RateLimit,
    Session,
    Traits,
    with_link,
    without_tags,
)

MOST_BYTES: Final = 2048
LOAD: Final = {
    "-1": BUSY,
    "6000": BUSY,
    "45009": Code("later", after_s=60, by_text=((r"daily|天级", USED_UP),)),
    "45011": TOO_FAST,
    "45033": TOO_FAST,
}
"""WeCom's codes for load: busy, concurrent change of the same data, too many calls, too many at once."""
CODES: Final = Codes(
    ("errcode",),
    ("errmsg",),
    {
        "0": OK,
        **LOAD,
        "40008": BAD_TEXT,
        "40035": BAD_TEXT,
        "40058": BAD_TEXT,
        "44004": BAD_TEXT,
        "45002": BAD_TEXT,
        "93000": BAD_KEY,
        "93004": BAD_KEY,
        "93008": BAD_KEY,
    },
)


class WecomBotSettings(ChannelTable):
    """A group's bot."""

    kind: Literal["wecom_bot"] = "wecom_bot"
    base_url: str = Field(
        "https://qyapi.weixin.qq.com",
        pattern=r"^https?://\S+$",
        title="企业微信地址；私有部署填自己的地址",
        description="private WeCom: its own address",
    )
    key: SecretStr = Field(title="机器人地址中的 key", description="`key` of the bot's address")
    mentions: bool = Field(
        default=True, title="是否在群里 @ 本人", description="call the person by name (@) in the group"
    )

    def open(self, session: Session) -> "WecomBot":
        """The channel, on *session*."""
        return WecomBot(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits("wecom", is_public=True, limits=(RateLimit(20, 60),))


class WecomBot:
    """Posts to the bot's group and mentions the person."""

    def __init__(self, settings: WecomBotSettings, session: Session) -> None:
        self._settings = settings
        self._session = session

    async def send(self, message: Message, to: str) -> Answer:
        """Send; *to* is the user id to mention, or empty."""
        text: dict[str, object] = {"content": with_link(without_tags(message.public_text), message.link, MOST_BYTES)}
        if self._settings.mentions and to:
            text["mentioned_list"] = [to]
        return await post_json(
            self._session,
            f"{self._settings.base_url}/cgi-bin/webhook/send",
            {"msgtype": "text", "text": text},
            CODES,
            timeout_s=self._settings.timeout_s,
            params={"key": self._settings.key.get_secret_value()},
        )
