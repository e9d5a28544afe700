"""Checks the accounts and their rights inside amqtt, by the same rules as mosquitto's files."""

from collections.abc import Iterable
from dataclasses import dataclass

from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from broker import access
from broker.access import Account, AccountKind
from broker.credentials import matches


class AccountRegistry:
    """The present accounts; after `replace`, the next packet is checked against the new ones."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def replace(self, accounts: Iterable[Account]) -> None:
        """Replace all accounts."""
        self._accounts = {account.username: account for account in accounts}

    def account(self, username: str | None) -> Account | None:
        """The account with that name; None if it doesn't exist or is revoked."""
        found = self._accounts.get(username or "")
        return None if found is None or found.revoked else found

    def admits(
        self, username: str | None, secret: str | None, client_id: str | None, will_topic: str | None
    ) -> AccountKind | None:
        """The kind of account that may connect like this, or None. amqtt itself doesn't check the will's topic."""
        account = self.account(username)
        if account is None or secret is None or not matches(secret, account.secret):
            return None
        if client_id is None or not access.may_use_client_id(account, client_id):
            return None
        if will_topic is not None and not access.may_publish(account, will_topic):
            return None
        return account.kind


class AccessPlugin(BaseAuthPlugin, BaseTopicPlugin):
    """Asks the account registry at every CONNECT, SUBSCRIBE, PUBLISH and delivery."""

    @dataclass
    class Config:
        """The plugin's configuration, which amqtt fills by name."""

        registry: AccountRegistry

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._registry: AccountRegistry = self.config.registry

    async def authenticate(self, *, session: Session) -> bool:
        """Whether *session* may connect."""
        will_topic = session.will_topic if session.will_flag else None
        kind = self._registry.admits(session.username, session.password, session.client_id, will_topic)
        return kind is not None

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """Whether *session* may do *action* on *topic*."""
        account = self._registry.account(session.username if session else None)
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
