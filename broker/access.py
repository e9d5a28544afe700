"""Who may publish and receive what: the rules in Python for amqtt, and as files for mosquitto."""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, assert_never

from broker.credentials import SecretHash, mosquitto_hash
from telemetry.domain.topics import BROKER_TOPICS, PREFIX, is_id, topic_of

AccountKind = Literal["recorder", "server"]
_ROOT, _VERSION = PREFIX.split("/")
SERVER_ACCOUNT: Final = _ROOT
"""The server's user name. It is the first level of every topic, which the patterns in `acl` need."""
_SERVER_SESSION: Final = "recorder-fleet-server-"
PASSWORDS: Final = "passwords"
ACL: Final = "acl"
GENERATION: Final = "generation"
"""Written last: a watcher of this file never reloads while the others are half written."""


def server_session(name: str) -> str:
    """The client id of the server's session *name*."""
    return f"{_SERVER_SESSION}{name}"


def is_reserved(recorder_id: str) -> bool:
    """Whether a recorder with this id, which is its user name and client id, would be the server to the broker.

    A broker ends a session when another client connects with its client id.
    """
    return recorder_id == SERVER_ACCOUNT or recorder_id.startswith(_SERVER_SESSION)


@dataclass(frozen=True, slots=True)
class Account:
    """One login. A recorder's user name is its `recorder_id`, and its client id as well.

    Raises ValueError for a name that isn't an id of the wire contract (it could mean something else in a topic or a
    file), and for a name that is reserved to the server on another account.
    """

    username: str
    kind: AccountKind
    secret: SecretHash
    revoked: bool = False

    def __post_init__(self) -> None:
        if not is_id(self.username):
            raise ValueError(f"account {self.username!r}: not 1-32 characters of A-Z a-z 0-9 _ -")
        if self.kind == "server" and self.username != SERVER_ACCOUNT:
            raise ValueError(f"account {self.username!r}: the server's name is {SERVER_ACCOUNT!r}")
        if self.kind == "recorder" and is_reserved(self.username):
            raise ValueError(f"account {self.username!r}: is the server's name at the broker")


def may_use_client_id(account: Account, client_id: str) -> bool:
    """Whether *account* may connect as *client_id*: a recorder as its user name, the server as anything else.

    The recorders' listeners use the user name as client id, so nobody can connect there with the server's account.
    """
    return (account.kind == "recorder") == (client_id == account.username)


def may_publish(account: Account, topic: str) -> bool:
    """Whether *account* may publish to *topic*: a recorder below its own id except commands, the server only commands.

    A recorder may publish unknown kinds: ingest rejects them visibly, while a broker that refuses them would disconnect
    recorders with newer firmware. mosquitto's ACL file can't exclude the command topic; there a recorder can send a
    command to itself, but to no other.
    """
    levels = topic.split("/")
    if account.revoked or topic.startswith("$") or any("+" in level or "#" in level for level in levels):
        return False
    match account.kind:
        case "recorder":
            return topic.startswith(topic_of(account.username, "")) and topic != topic_of(account.username, "command")
        case "server":
            return len(levels) == 4 and is_id(levels[2]) and topic == topic_of(levels[2], "command")
        case _:
            assert_never(account.kind)


def may_receive(account: Account, topic: str) -> bool:
    """Whether a message on *topic* may be delivered to *account*."""
    if account.revoked:
        return False
    match account.kind:
        case "recorder":
            return topic == topic_of(account.username, "command")
        case "server":
            return topic.startswith(f"{PREFIX}/") or topic in BROKER_TOPICS
        case _:
            assert_never(account.kind)


def may_subscribe(account: Account, topic_filter: str) -> bool:
    """Whether *account* may receive everything that *topic_filter* matches; it may be a shared subscription."""
    if account.kind == "server" and topic_filter.startswith("$share/"):
        _, _, group_and_filter = topic_filter.partition("/")
        _, _, topic_filter = group_and_filter.partition("/")
    return may_receive(account, topic_filter)


def passwords(accounts: Iterable[Account]) -> str:
    """Mosquitto's password file with all accounts that aren't revoked."""
    valid = (account for account in accounts if not account.revoked)
    return "".join(f"{account.username}:{mosquitto_hash(account.secret)}\n" for account in valid)


def acl(accounts: Iterable[Account]) -> str:
    """Mosquitto's ACL file, one for all listeners: 2.0.21 checks absent sessions against no listener's own file.

    `%u` is the user name that the password or the certificate proves, `%c` the client id. Denials are checked first: a
    client with the server's name as client id is denied everything, as is the server's account at the recorders'
    listeners. Elsewhere the server's name may read all topics and write commands, and every other name may write its
    own messages. (A rule `user … topic …` would be checked before the denials, and saved sessions lose it when mosquitto
    reloads the file.) The rules of a revoked account make a connection worthless that a certificate had opened, because a
    certificate is only checked at the handshake.
    """
    lines = [
        f"pattern deny %c/{_VERSION}/#",
        f"pattern read %u/{_VERSION}/#",
        f"pattern write %u/{_VERSION}/+/command",
        f"pattern write {topic_of('%u', '#')}",
        f"pattern read {topic_of('%u', 'command')}",
    ]
    for account in accounts:
        if account.revoked:
            lines += [f"user {account.username}", "topic deny #"]
        elif account.kind == "server":
            lines += [f"user {account.username}", *(f"topic read {topic}" for topic in BROKER_TOPICS)]
    return "\n".join(lines) + "\n"


def write_access_files(directory: Path, accounts: Iterable[Account]) -> None:
    """Write mosquitto's password and ACL files to *directory*, atomically and readable only by the owner.

    mosquitto reads them on SIGHUP. Raises OSError.
    """
    known = sorted(accounts, key=lambda account: account.username)
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in ((PASSWORDS, passwords(known)), (ACL, acl(known))):
        write_private(directory / name, content.encode())
    write_private(directory / GENERATION, os.urandom(16).hex().encode())


def write_private(path: Path, content: bytes) -> None:
    """Write *content* to *path* with mode 0600, atomically. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
