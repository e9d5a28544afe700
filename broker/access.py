"""Who may say what on the broker: the one rule, as Python for amqtt and as the files that mosquitto reads."""

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
"""The first level of every topic: by that name alone mosquitto's ACL file can tell the server by its client id, see `acl`."""
PASSWORDS: Final = "passwords"
ACL: Final = "acl"
GENERATION: Final = "generation"
"""Written last, so that who watches it alone never reloads half of the files."""


@dataclass(frozen=True, slots=True)
class Account:
    """One login; a recorder's user name is its `recorder_id`, and its client id too.

    Raises ValueError for a name that is no id of the contract, which would mean something else in a topic or a file,
    and for the server's name on another account.
    """

    username: str
    kind: AccountKind
    secret: SecretHash
    revoked: bool = False

    def __post_init__(self) -> None:
        if not is_id(self.username):
            raise ValueError(f"account {self.username!r}: not 1-32 characters of A-Z a-z 0-9 _ -")
        if (self.kind == "server") != (self.username == SERVER_ACCOUNT):
            raise ValueError(f"account {self.username!r}: {SERVER_ACCOUNT!r} is the server's name, and nobody else's")


def may_use_client_id(account: Account, client_id: str) -> bool:
    """A recorder's client id is its user name, a worker's of the server never is.

    The recorders' doors make the user name the client id: there the server's account is worth nothing, whoever has
    its secret or a certificate with its name.
    """
    return (account.kind == "recorder") == (client_id == account.username)


def may_publish(account: Account, topic: str) -> bool:
    """Whether *account* may publish to *topic*: a recorder below its own id but no command, the server commands only.

    An unknown kind below the own id passes: ingest rejects it where everybody can see it, and a broker that refuses it
    would cut off a recorder with newer firmware. mosquitto's ACL file can't except the command from the rest; there a
    recorder can send a command to itself, and to nobody else.
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
    """Whether everything that *topic_filter* matches may be delivered to *account*; it may be a shared one."""
    if account.kind == "server" and topic_filter.startswith("$share/"):
        _, _, group_and_filter = topic_filter.partition("/")
        _, _, topic_filter = group_and_filter.partition("/")
    return may_receive(account, topic_filter)


def passwords(accounts: Iterable[Account]) -> str:
    """Mosquitto's password file: all accounts that weren't revoked."""
    valid = (account for account in accounts if not account.revoked)
    return "".join(f"{account.username}:{mosquitto_hash(account.secret)}\n" for account in valid)


def acl(accounts: Iterable[Account]) -> str:
    """Mosquitto's ACL file, one for all doors: 2.0.21 checks a session that is away by no door's own file.

    `%u` is the name that the password or the certificate has proven, `%c` the client id. Denials count first: who has
    the server's name for a client id, as the server's account has at the recorders' doors, is denied everything.
    Only then does the server's name read the fleet and write commands, and any name write below itself. (A right of
    the form `user … topic …` would count before the denials, and is lost to a saved session when mosquitto reads the
    file again.) The lines of a revoked account end a connection that a certificate had opened before: a certificate is
    asked for only once, at the handshake.
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
    """Write mosquitto's password and ACL files into *directory*, each at once or not at all, readable by its owner only.

    mosquitto takes them in on SIGHUP. Raises OSError.
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
