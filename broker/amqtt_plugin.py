"""The accounts and their rights inside amqtt: the same rule that mosquitto gets as files."""

from collections.abc import Iterable
from dataclasses import dataclass

from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from broker import access
from broker.access import Account, AccountKind
from broker.credentials import matches


class Authority:
    """The accounts as they are now; `replace` them and the next packet is judged anew."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def replace(self, accounts: Iterable[Account]) -> None:
        """From now on only these accounts exist."""
        self._accounts = {account.username: account for account in accounts}

    def account(self, username: str | None) -> Account | None:
        """The account of that name, unless it was revoked."""
        found = self._accounts.get(username or "")
        return None if found is None or found.revoked else found

    def admits(
        self, username: str | None, secret: str | None, client_id: str | None, will_topic: str | None
    ) -> AccountKind | None:
        """What kind of account may connect like this, if any; amqtt itself lets a will be published to any topic."""
        account = self.account(username)
        if account is None or secret is None or not matches(secret, account.secret):
            return None
        if client_id is None or not access.may_use_client_id(account, client_id):
            return None
        if will_topic is not None and not access.may_publish(account, will_topic):
            return None
        return account.kind


class AccessPlugin(BaseAuthPlugin, BaseTopicPlugin):
    """Asks `Authority` at every CONNECT, SUBSCRIBE, PUBLISH and delivery."""

    @dataclass
    class Config:
        """amqtt hands this in by name, from the broker's configuration."""

        authority: Authority

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._authority: Authority = self.config.authority

    async def authenticate(self, *, session: Session) -> bool:
        """Whether *session* may exist."""
        will_topic = session.will_topic if session.will_flag else None
        kind = self._authority.admits(session.username, session.password, session.client_id, will_topic)
        return kind is not None

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """Whether *session* may do *action* on *topic*."""
        account = self._authority.account(session.username if session else None)
        if account is None or not topic:
            return False
        match action:
            case Action.PUBLISH:
                return access.may_publish(account, topic)
            case Action.SUBSCRIBE:
                return access.may_subscribe(account, topic)
            case Action.RECEIVE:
                return access.may_receive(account, topic)
            case _:
                return False
