"""Who may say and hear what, as the one rule says it and as mosquitto's files say it."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import access
from broker.access import SERVER_ACCOUNT, Account, may_publish, may_receive, may_subscribe, may_use_client_id
from broker.certificates import issue_client, new_authority
from broker.credentials import hash_secret
from telemetry.settings import BrokerSettings
from telemetry.settings_tree import Settings
from telemetry.workers import session_settings

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECRET = hash_secret("secret", b"abcdefghijkl")
A = Account("A", "recorder", SECRET)
REVOKED = Account("B", "recorder", SECRET, revoked=True)
SERVER = Account(SERVER_ACCOUNT, "server", SECRET)

LEVEL = st.one_of(
    st.sampled_from(["A", "B", "command", "heartbeat", "+", "#", "", "recorder", "v1"]), st.text(max_size=5)
)
TOPIC = st.one_of(
    st.lists(LEVEL, min_size=1, max_size=6).map("/".join),
    st.lists(LEVEL, max_size=3).map(lambda levels: "/".join(["recorder", "v1", *levels])),
    st.lists(LEVEL, max_size=4).map(lambda levels: "/".join(["$share", "g", "recorder", "v1", *levels])),
)


@given(TOPIC)
def test_a_recorder_publishes_below_its_own_id_only_and_no_command(topic: str) -> None:
    if may_publish(A, topic):
        assert topic.startswith("recorder/v1/A/")
        assert "recorder/v1/A/command" != topic
        assert not set("+#") & set(topic)


@given(TOPIC)
def test_a_recorder_subscribes_to_its_own_command_and_to_nothing_else(topic_filter: str) -> None:
    assert may_subscribe(A, topic_filter) == (topic_filter == "recorder/v1/A/command") == may_receive(A, topic_filter)


@given(TOPIC)
def test_the_server_publishes_commands_only(topic: str) -> None:
    if may_publish(SERVER, topic):
        prefix, version, recorder_id, kind = topic.split("/")
        assert ("recorder", "v1", "command") == (prefix, version, kind)
        assert Account(recorder_id, "recorder", SECRET)


@given(TOPIC)
def test_who_was_revoked_may_nothing(topic: str) -> None:
    assert not may_publish(REVOKED, topic)
    assert not may_receive(REVOKED, topic)
    assert not may_subscribe(REVOKED, topic)


def test_a_recorder_may_publish_known_and_unknown_kinds() -> None:
    assert may_publish(A, "recorder/v1/A/heartbeat")
    assert may_publish(A, "recorder/v1/A/hologram")
    assert may_publish(A, "recorder/v1/A/a/b")


@pytest.mark.parametrize(
    "topic_filter",
    [
        "recorder/v1/+/+",
        "recorder/v1/#",
        "recorder/v1/A/battery",
        "$share/ingest-x/recorder/v1/+/+",
        "$SYS/broker/log/N",
        "$SYS/broker/uptime",
        "$SYS/broker/publish/messages/dropped",
    ],
)
def test_the_server_subscribes_to_the_fleet_and_to_what_it_needs_of_the_broker(topic_filter: str) -> None:
    assert may_subscribe(SERVER, topic_filter)


@pytest.mark.parametrize(
    "topic_filter", ["#", "+/v1/#", "recorder/+/+/+", "$share/g/#", "$share/g", "$SYS/#", "$SYS/broker/#"]
)
def test_the_server_subscribes_to_nothing_else(topic_filter: str) -> None:
    assert not may_subscribe(SERVER, topic_filter)


def test_a_recorder_s_client_id_is_its_name_and_the_server_s_never_is() -> None:
    assert may_use_client_id(A, "A")
    assert not may_use_client_id(A, "B")
    assert may_use_client_id(SERVER, "anything")
    assert not may_use_client_id(SERVER, SERVER_ACCOUNT)


def test_the_server_s_name_is_nobody_else_s_and_the_one_that_is_set_where_nothing_else_is() -> None:
    with pytest.raises(ValueError, match="the server's name is 'recorder'"):
        Account("A", "server", SECRET)
    for name in (SERVER_ACCOUNT, session_settings(Settings(), "worker").client_id):
        with pytest.raises(ValueError, match="is the server's name"):
            Account(name, "recorder", SECRET)
        with pytest.raises(ValueError, match="the server's name"):
            issue_client(new_authority("a bureau", NOW), name, NOW)
    assert BrokerSettings().username == SERVER_ACCOUNT


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a b", "a:b", "a\nuser b", "执法", "a" * 33, "%u"])
def test_a_name_that_would_mean_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not 1-32 characters"):
        Account(name, "recorder", SECRET)


def test_the_files_hold_valid_accounts_and_deny_revoked_ones(tmp_path: Path) -> None:
    access.write_access_files(tmp_path, [SERVER, REVOKED, A])
    assert ["A", SERVER_ACCOUNT] == [
        line.split(":")[0] for line in (tmp_path / access.PASSWORDS).read_text().splitlines()
    ]
    assert [
        "pattern deny %c/v1/#",
        "pattern read %u/v1/#",
        "pattern write %u/v1/+/command",
        "pattern write recorder/v1/%u/#",
        "pattern read recorder/v1/%u/command",
        "user B",
        "topic deny #",
        "user recorder",
        "topic read $SYS/broker/log/N",
        "topic read $SYS/broker/uptime",
        "topic read $SYS/broker/publish/messages/dropped",
    ] == (tmp_path / access.ACL).read_text().splitlines()


def test_the_files_are_their_owner_s_alone_and_tell_when_they_are_new(tmp_path: Path) -> None:
    access.write_access_files(tmp_path, [A])
    assert {access.PASSWORDS, access.ACL, access.GENERATION} == {path.name for path in tmp_path.iterdir()}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    before = (tmp_path / access.GENERATION).read_text()
    access.write_access_files(tmp_path, [A])
    assert before != (tmp_path / access.GENERATION).read_text()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    access.write_private(path, b"old")
    with pytest.raises(TypeError):
        access.write_private(path, "no bytes")  # type: ignore[arg-type]
    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())
