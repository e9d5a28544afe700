"""E-mail by SMTP, as text and as HTML."""

import asyncio
import html
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from pydantic import Field, SecretStr

from alerts.notices.channels.answer_codes import is_load
from alerts.notices.channels.channel import (
    Answer,
    ChannelTable,
    Message,
    RateLimit,
    Refused,
    Sent,
    Session,
    Traits,
    Unknown,
)


class SmtpSettings(ChannelTable):
    """A mail server."""

    kind: Literal["smtp"] = "smtp"
    host: str = Field(min_length=1, title="邮件服务器", description="the mail server")
    port: int = Field(
        465, ge=1, le=65_535, title="端口：tls 为 465，starttls 为 587", description="465 with tls, 587 with starttls"
    )
    security: Literal["tls", "starttls", "none"] = Field(
        "tls", title="加密方式；none 仅限本机", description="none: only on loopback"
    )
    ca_file: str | None = Field(
        None, title="服务器证书的 CA；不填则用系统的 CA", description="CA of its certificate; system CAs if missing"
    )
    username: str = Field("", title="登录名；不填则不登录", description="empty: no login")
    password: SecretStr = Field(SecretStr(""), title="登录密码", description="its secret")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", title="发件地址", description="address it comes from")
    per_minute: int = Field(
        60, ge=1, le=10_000, title="每分钟最多几封", description="mails a minute that it may be given"
    )

    def open(self, session: Session) -> "Smtp":
        """The channel, on *session*."""
        return Smtp(self, session)

    @property
    def traits(self) -> Traits:
        """The channel's fixed properties."""
        return Traits("email", is_public=False, limits=(RateLimit(self.per_minute, 60),))


class Smtp:
    """Sends mails, one connection each: smtplib in a thread."""

    def __init__(self, settings: SmtpSettings, session: Session) -> None:
        del session  # of the channels that speak HTTP
        self._settings = settings

    async def send(self, message: Message, to: str) -> Answer:
        """Send to the address *to*."""
        try:
            mail = compose(message, self._settings.sender, to)
        except ValueError as fault:
            return Refused("address", str(fault)[:200], blame="address", is_final=True)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await asyncio.to_thread(self._deliver, mail, to)
        except TimeoutError:
            # The thread can't be stopped, so that the mail may still go out.
            return Unknown("no end within the time")

    def _deliver(self, mail: EmailMessage, to: str) -> Answer:
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as fault:
            return _refused(fault)
        try:
            answer = _hand_over(server, mail, to, self._settings.sender)
        finally:
            server.close()
        return answer

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file)
        # Pass a name, because smtplib would look up this host's name, which can take until the resolver times out.
        name = settings.sender.rpartition("@")[2]
        server = (
            smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=settings.timeout_s, context=context)
            if settings.security == "tls"
            else smtplib.SMTP(settings.host, settings.port, name, timeout=settings.timeout_s)
        )
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.username:
                server.login(settings.username, settings.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server


def compose(message: Message, sender: str, to: str) -> EmailMessage:
    """Compose the mail, with all text escaped. Raises ValueError for an invalid address."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    link = f"\n\n{message.link}" if message.link else ""
    mail.set_content(message.text + link + "\n")
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in message.text.splitlines() if line.strip())
    anchor = f'<p><a href="{html.escape(message.link)}">在系统中查看</a></p>' if message.link else ""
    mail.add_alternative(f'<html lang="zh"><body>{paragraphs}{anchor}</body></html>', subtype="html")
    return mail


def _hand_over(server: smtplib.SMTP, mail: EmailMessage, to: str, sender: str) -> Answer:
    """Send MAIL, RCPT, DATA separately: only a failure after DATA leaves the outcome unknown."""
    try:
        server.ehlo_or_helo_if_needed()
        for code, text in (server.mail(sender), server.rcpt(to)):
            if code not in {250, 251}:
                return _by_reply(code, text)
    except (OSError, smtplib.SMTPException) as fault:
        return _refused(fault)
    try:
        code, text = server.data(mail.as_bytes())
    except smtplib.SMTPDataError as fault:
        return _by_reply(fault.smtp_code, fault.smtp_error)
    except (OSError, smtplib.SMTPException) as fault:
        return Unknown(type(fault).__name__)
    return Sent() if 200 <= code < 300 else _by_reply(code, text)


def _by_reply(code: int, text: bytes | str) -> Refused:
    """RFC 5321: 4xx is temporary, 5xx permanent; 45x and 55x concern the mailbox or the mail, not the server.

    Servers report rate limits under any code, so the text decides ("550 Connection frequency limited").
    """
    words = (text.decode(errors="replace") if isinstance(text, bytes) else text)[:200]
    if code == 421 or is_load(words):
        return Refused(str(code), words, blame="load", after_s=60)
    blame: Literal["address", "content", "channel"] = "channel"
    if code in {450, 451, 452, 550, 551, 553}:
        blame = "address"
    elif code == 552:
        blame = "content"
    return Refused(str(code), words, blame=blame, is_final=code >= 500)


def _refused(fault: Exception) -> Refused:
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return _by_reply(fault.smtp_code, b"login refused: " + _bytes(fault.smtp_error))
    return Refused(type(fault).__name__, "not connected")


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
